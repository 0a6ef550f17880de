import ArgumentParser
import DeployPlan
import FleetModel
import SkepDeploy

struct DeployRender: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "render",
    abstract: "Print or write everything that a system file needs on Kubernetes. The same file gives the same bytes.",
    discussion: """
      Without --directory, --kustomize and --diff one YAML stream is printed, for `kubectl apply --filename -`. In a directory \
      each agent has a file of its own; files that were rendered from this system and no longer belong are removed, those of \
      others are left alone. --only with a directory takes the files that hold what it names, whole.
      """)

  @Argument(help: "The system file; - for standard input.")
  var file: String

  @Option(help: "Write files into this directory.")
  var directory: String?

  @Option(help: "Write a Kustomize base into this directory.")
  var kustomize: String?

  @Option(help: "Show what would change in this directory, and exit with 1 if anything would.")
  var diff: String?

  @Option(help: "Write Prometheus' and Grafana's own files into this directory, for those outside of Kubernetes.")
  var monitoring: String?

  @Option(help: "Only an agent, a kind or one object as Kind/name; may be repeated.")
  var only: [String] = []

  @Option(help: "A key, such as agents[planner].resources, whose values are explained in place of rendering.")
  var explain: String?

  @OptionGroup var overlay: EnvironmentOptions
  @OptionGroup var output: OutputOptions

  func run() throws {
    if let explain {
      try KeyExplanation(file: file, bytes: try InputFile.read(file), environment: overlay.environment)
        .print(explain, output.output)
      return
    }
    let places = [directory, kustomize, diff].compactMap { $0 }
    if places.count > 1 {
      throw CommandFailure.badInput("--directory, --kustomize and --diff exclude each other; give one of them")
    }
    let (rendered, _) = try RenderInput.rendered(file, environment: overlay.environment)
    let selection = try ManifestSelection(only, of: rendered.manifests, system: rendered.system)
    if let monitoring {
      let count = try MonitoringDirectory(root: monitoring, rendered: rendered).write()
      if places.isEmpty {
        Terminal.print("\(monitoring): \(count) files for Prometheus and Grafana")
        return
      }
    }
    if let diff {
      try show(changes(rendered, in: diff, form: try Self.form(of: diff), selection))
    } else if let kustomize {
      try write(rendered, into: kustomize, form: .kustomize, selection)
    } else if let directory {
      try write(rendered, into: directory, form: .directory, selection)
    } else {
      let selected = rendered.manifests.filter(selection.contains)
      let text = output.output == .json ? ManifestText.json(selected) : ManifestText.yaml(selected)
      Terminal.print(text, terminator: "")
    }
  }

  /// As the directory is written already.
  private static func form(of directory: String) throws(CommandFailure) -> RenderedFiles.Form {
    try DirectoryListing.entries(of: directory).contains { $0.name == "kustomization.yaml" } ? .kustomize : .directory
  }

  private func changes(
    _ rendered: RenderedSystem, in directory: String, form: RenderedFiles.Form, _ selection: ManifestSelection
  ) throws(CommandFailure) -> [RenderedDirectory.Change] {
    var files = rendered.files(form)
    if !selection.isEverything {
      let held = Set(RenderedFiles(rendered.manifests.filter(selection.contains), form: .directory).files.map(\.path))
      files = files.filter { held.contains($0.path) }
    }
    return try RenderedDirectory(root: directory, system: rendered.system).changes(
      to: files, isAll: selection.isEverything)
  }

  private func write(
    _ rendered: RenderedSystem, into directory: String, form: RenderedFiles.Form, _ selection: ManifestSelection
  ) throws {
    let changes = try changes(rendered, in: directory, form: form, selection)
    try RenderedDirectory(root: directory, system: rendered.system).apply(changes)
    switch output.output {
    case .json: Terminal.print(try JSONText.of(changes.map(FileEntry.init)))
    case .text:
      for change in changes { Terminal.print("\(FileEntry(change).change) \(directory)/\(change.path)") }
      if changes.isEmpty { Terminal.print("\(directory): nothing changed") }
    }
  }

  private func show(_ changes: [RenderedDirectory.Change]) throws {
    switch output.output {
    case .json: Terminal.print(try JSONText.of(changes.map { FileEntry($0, withDiff: true) }))
    case .text:
      for change in changes {
        let text = UnifiedDiff.text(change.old, change.new, path: change.path)
        Terminal.print(Terminal.safeLines(text), terminator: "")
      }
    }
    if !changes.isEmpty { throw ExitCode(1) }
  }

  private struct FileEntry: Encodable {
    let path: String
    /// `wrote`, `changed` or `removed`.
    let change: String
    var diff: String?

    init(_ change: RenderedDirectory.Change) { self.init(change, withDiff: false) }

    init(_ change: RenderedDirectory.Change, withDiff: Bool) {
      path = change.path
      self.change = change.new == nil ? "removed" : change.old == nil ? "wrote" : "changed"
      if withDiff { diff = UnifiedDiff.text(change.old, change.new, path: change.path) }
    }
  }
}

/// A system file, rendered.
enum RenderInput {
  /// - Throws: ``CommandFailure`` (2) with every problem of the file, or of what keeps it from being rendered.
  static func rendered(
    _ file: String, environment: String?
  ) throws(CommandFailure) -> (system: RenderedSystem, input: SystemInput) {
    let (system, input) = try SystemInput.read(file, environment: environment)
    do throws(RenderingError) {
      return (try RenderedSystem(system, ruleGroups: input.ruleGroups), input)
    } catch {
      throw .badInput(error.diagnostics.map { input.located($0, file: file) })
    }
  }
}

extension SystemInput {
  /// The problem with the place of the value that it names, where it has none.
  func located(_ problem: Diagnostic, file: String) -> Diagnostic {
    guard problem.line == nil else { return problem }
    var problem = problem
    problem.file = problem.file ?? (file == "-" ? "standard input" : file)
    if let place = places[problem.path] {
      problem.line = place.line
      problem.column = place.column
    }
    return problem
  }
}
