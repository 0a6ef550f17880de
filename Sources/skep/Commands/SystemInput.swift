import ArgumentParser
import ControlPlane
import DeployPlan
import FleetModel
import PromQL
import SystemPackage

/// Which overlay of a system file's `environments` counts.
struct EnvironmentOptions: ParsableArguments {
  @Option(help: "The overlay of the system file's environments that is laid onto it.")
  var environment: String?
}

/// A system file with everything that it names, read and checked.
struct SystemInput {
  /// `nil` if there is an error.
  var system: FleetSystem?
  /// All problems, of the system file first.
  var diagnostics: [Diagnostic]
  var places: SourcePlaces
  /// What its rule files say.
  var ruleGroups: [RuleGroup]

  /// - Parameters:
  ///   - file: as the user names it; `-` is standard input.
  ///   - lints: whether to say what expressions surely do not mean.
  /// - Throws: ``CommandFailure`` if there is no such environment.
  init(
    checking file: String, bytes: [UInt8], environment: String?, lints: Bool
  ) throws(CommandFailure) {
    let name = file == "-" ? "standard input" : file
    var reading = SystemFile.readWithRules(bytes: bytes, file: name, environment: environment, lints: lints)
    if reading.lacksEnvironment { throw .badInput(reading.diagnostics.filter { $0.path == "environments" }) }
    var ruleGroups: [RuleGroup] = []
    var problems: [Diagnostic] = []
    if let system = reading.system {
      let own = Self.read(filesOf: system, reading.places, file, lints: lints)
      ruleGroups = own.rules
      problems = own.diagnostics
      for (name, overlaid) in reading.environments.sorted(by: { $0.key < $1.key }) {
        guard let system = overlaid.system else { continue }
        let others = Self.read(filesOf: system, overlaid.places, file, lints: lints).diagnostics
        problems += others.filter { !problems.contains($0) }.map { $0.told(in: name) }
      }
    }
    if problems.contains(where: { $0.level == .error }) { reading.system = nil }
    system = reading.system
    diagnostics = reading.diagnostics + problems
    places = reading.places
    self.ruleGroups = ruleGroups
  }

  private static func read(
    filesOf system: FleetSystem, _ places: SourcePlaces, _ file: String, lints: Bool
  ) -> (rules: [RuleGroup], diagnostics: [Diagnostic]) {
    // Nothing says beside what relative names of standard input begin.
    let isRelative = !system.namedFiles.allSatisfy { $0.hasPrefix("/") }
    if file == "-", isRelative { return ([], []) }
    let path = file == "-" ? nil : FilePath(file)
    let rules = RuleFileSet(system.ruleFiles, beside: path).read(linter: lints ? system.expressionLinter : nil)
    let notifications = NotificationFiles(system, file: path, places: places).read()
    return (rules.groups, rules.diagnostics + notifications.diagnostics)
  }

  /// Reads a system file for a run: prints every problem, ends with 2 where one is an error.
  ///
  /// - Parameters:
  ///   - bytes: of the file, where they have been read.
  ///   - refusing: further problems that keep the system from being used here.
  static func read(
    _ file: String, bytes: [UInt8]? = nil, environment: String?,
    refusing others: (FleetSystem) -> [Diagnostic] = { _ in [] }
  ) throws(CommandFailure) -> (system: FleetSystem, input: SystemInput) {
    let content: [UInt8]
    if let bytes { content = bytes } else { content = try InputFile.read(file) }
    let input = try SystemInput(
      checking: file, bytes: content, environment: environment, lints: false)
    let further = (input.system.map(others) ?? []).map { problem in
      var problem = problem
      problem.file = file
      return problem
    }
    let problems = input.diagnostics + further
    guard let system = input.system, !problems.contains(where: { $0.level == .error }) else {
      throw .badInput(problems)
    }
    for problem in problems { StandardError.print(problem.description) }
    return (system, input)
  }
}

extension FleetSystem {
  /// The files that it names, of which relative ones begin beside it.
  fileprivate var namedFiles: [String] { ruleFiles + templates + (alertmanagerConfig.map { [$0] } ?? []) }
}
