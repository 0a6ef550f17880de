import ArgumentParser
import DeployPlan
import FleetModel
import SkepDeploy

struct DeployCheckCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "check",
    abstract: "Check what would be applied: types, names, references, policy, and whether monitoring sees the fleet.",
    discussion: """
      A system file is checked first, then what is rendered from it. Directories and other files are taken for manifests of \
      somebody else's. Warnings do not change the exit status. --rules lists what is looked for, and --explain says why and how \
      a finding is put aside.
      """)

  @Argument(
    help: "A system file, or directories and files of manifests; - for standard input. system.yaml if not given.")
  var files: [String] = []

  @Flag(help: "List all rules.")
  var rules = false

  @Option(help: "Say why a rule is there, what to do, and how to put a finding of it aside.")
  var explain: String?

  @Flag(help: "Show findings that are waived too.")
  var waived = false

  @OptionGroup var overlay: EnvironmentOptions
  @OptionGroup var output: OutputOptions

  func run() throws {
    if rules { return try RuleCatalogue.list(output.output) }
    if let explain { return try RuleCatalogue.explain(explain, output.output) }
    let names = files.isEmpty ? ["system.yaml"] : files
    var result = CheckResult()
    if names.count == 1, let name = names.first, !DirectoryListing.isFolder(name) {
      let bytes = try InputFile.read(name)
      if SystemFile.isMeant(by: bytes) {
        try result.check(systemFile: name, bytes, environment: overlay.environment)
        return try finish(result, name)
      }
      result.add(bytes, file: name)
    } else {
      for name in names {
        for path in try ManifestPaths.below(name) {
          let bytes = try InputFile.read(path)
          // Of a folder it may be what the objects beside it were rendered from; taken for an object it would be all errors.
          if SystemFile.isMeant(by: bytes) {
            throw CommandFailure.badInput("\(path): is a system file; check it by itself: skep deploy check \(path)")
          }
          result.add(bytes, file: path, isFound: path != name)
        }
      }
    }
    if overlay.environment != nil { throw CommandFailure.badInput("--environment goes with a system file") }
    if result.objects == 0, result.problems.isEmpty {
      throw CommandFailure.badInput("\(names.joined(separator: ", ")): holds neither a system file nor an object")
    }
    result.checkManifests()
    try finish(result, names.count == 1 ? names[0] : "\(names.count) places")
  }

  private func finish(_ result: CheckResult, _ name: String) throws {
    switch output.output {
    case .json: Terminal.print(try JSONText.of(CheckAnswer(result)))
    case .text:
      for problem in result.problems { Terminal.print(Terminal.safe(problem.description)) }
      for finding in result.findings where waived || finding.waiver == nil {
        Terminal.print(Terminal.safe(finding.description))
      }
      Terminal.print("\(Terminal.safe(name)): \(result.summary)")
    }
    if result.errors > 0 { throw ExitCode(1) }
  }
}

/// The files of manifests that a name on the command line stands for.
enum ManifestPaths {
  private static let endings = [".yaml", ".yml", ".json"]
  private static let maximumDepth = 16

  /// A file itself; of a folder all YAML and JSON files below it, sorted, but for what tells Kustomize what to do.
  static func below(_ name: String) throws(CommandFailure) -> [String] {
    guard DirectoryListing.isFolder(name) else { return [name] }
    var found: [String] = []
    var folders = [(path: name.hasSuffix("/") && name.count > 1 ? String(name.dropLast()) : name, depth: 0)]
    while let folder = folders.popLast() {
      for entry in try DirectoryListing.entries(of: folder.path) {
        let path = "\(folder.path)/\(entry.name)"
        if entry.isFolder {
          if folder.depth < maximumDepth { folders.append((path, folder.depth + 1)) }
        } else if endings.contains(where: entry.name.hasSuffix), !entry.name.hasPrefix("kustomization.") {
          found.append(path)
        }
      }
    }
    guard !found.isEmpty else { throw .badInput("\(name): holds no .yaml, .yml or .json file") }
    return found.sorted()
  }
}

/// What a check found.
struct CheckResult {
  /// Of the files themselves.
  var problems: [Diagnostic] = []
  var findings: [CheckFinding] = []
  private var manifests: [Manifest] = []
  private var systemName: String?
  /// The environments that were checked beside the file as it stands.
  private var environments: [String] = []

  var errors: Int { problems.filter { $0.level == .error }.count + findings.filter(\.isError).count }
  var warnings: Int {
    problems.filter { $0.level == .warning }.count
      + findings.filter { $0.waiver == nil && $0.diagnostic.level == .warning }.count
  }
  var waivers: Int { findings.filter { $0.waiver != nil }.count }
  var objects: Int { manifests.count }

  var summary: String {
    func count(_ number: Int, _ word: String) -> String { "\(number) \(word)\(number == 1 ? "" : "s")" }
    let what = systemName.map { "system \($0), " } ?? ""
    let others = environments.isEmpty ? "" : " (and environments \(environments.joined(separator: ", ")))"
    return "\(what)\(count(objects, "object"))\(others): \(count(errors, "error")), \(count(warnings, "warning"))"
      + (waivers > 0 ? ", \(waivers) waived" : "")
  }

  /// - Parameter isFound: whether the file stands in a folder, and was not named itself.
  mutating func add(_ bytes: [UInt8], file: String, isFound: Bool = false) {
    let read = ManifestFile.read(bytes: bytes, file: file == "-" ? "standard input" : file, isFound: isFound)
    manifests += read.manifests
    problems += read.diagnostics
  }

  mutating func checkManifests() {
    findings = DeployCheck.findings(in: manifests, of: nil, expressions: .promQL)
  }

  /// - Parameter environment: without one the file is checked as it stands, and in each of its environments.
  mutating func check(systemFile file: String, _ bytes: [UInt8], environment: String?) throws(CommandFailure) {
    let input = try SystemInput(checking: file, bytes: bytes, environment: environment, lints: true)
    problems = input.diagnostics
    guard let system = input.system else { return }
    systemName = system.name
    let checked = Self.rendered(from: system, input, file: file)
    manifests = checked.manifests
    findings = checked.findings
    problems += checked.problems
    if environment != nil { return }
    var told = Set(findings.map { Told($0, in: system.namespace) })
    var known = Set(problems)
    for name in system.environments.keys.sorted() {
      // What is wrong with the file in an environment was told when it was read.
      let input = try SystemInput(checking: file, bytes: bytes, environment: name, lints: false)
      guard let system = input.system else { continue }
      environments.append(name)
      let checked = Self.rendered(from: system, input, file: file)
      for var finding in checked.findings where told.insert(Told(finding, in: system.namespace)).inserted {
        finding.diagnostic = finding.diagnostic.told(in: name)
        findings.append(finding)
      }
      problems += checked.problems.filter { known.insert($0).inserted }.map { $0.told(in: name) }
    }
  }

  /// What makes two findings the same one, in whatever namespace.
  private struct Told: Hashable {
    let rule: CheckRule.ID
    let line: Int?
    let path: String
    let message: String
    let isWaived: Bool

    init(_ finding: CheckFinding, in namespace: String) {
      rule = finding.rule
      line = finding.diagnostic.line
      path = finding.diagnostic.path.replacing("\(namespace)/", with: "")
      message = finding.diagnostic.message.replacing("\(namespace)/", with: "")
      isWaived = finding.waiver != nil
    }
  }

  private static func rendered(
    from system: FleetSystem, _ input: SystemInput, file: String
  ) -> (manifests: [Manifest], findings: [CheckFinding], problems: [Diagnostic]) {
    do throws(RenderingError) {
      let rendered = try RenderedSystem(system, ruleGroups: input.ruleGroups)
      let manifests = rendered.manifests
      var agents: [Manifest.ID: String] = [:]
      let positions = Dictionary(uniqueKeysWithValues: system.agents.enumerated().map { ($1.agentID.name, $0) })
      for manifest in manifests {
        if let index = manifest.labels["agent-id"].flatMap({ positions[$0] }) {
          agents[manifest.id] = "agents[\(index)]"
        }
      }
      let findings = rendered.findings().map { finding in
        var finding = finding
        // What is rendered stands in no file: the agent does that it belongs to.
        if finding.diagnostic.line == nil, let path = finding.subject.flatMap({ agents[$0] }) {
          let place = input.places[path]
          finding.diagnostic.file = file == "-" ? "standard input" : file
          finding.diagnostic.line = place?.line
          finding.diagnostic.column = place?.column
        } else {
          finding.diagnostic = input.located(finding.diagnostic, file: file)
        }
        return finding
      }
      return (manifests, findings, [])
    } catch {
      return ([], [], error.diagnostics.map { input.located($0, file: file) })
    }
  }
}
