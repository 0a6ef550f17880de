public import FleetModel

/// Reads system files (`system.yaml`): bytes → ``YAMLTree`` → typed values → checks between values.
public enum SystemFile {
  /// Everything that one reading gives: the system, unless there was an error, and all problems found.
  public struct Reading: Sendable {
    /// `nil` if `diagnostics` has an error.
    public var system: FleetSystem?
    /// In the order of the file.
    public var diagnostics: [Diagnostic]
    /// Where the values stand: `alert_rules[2].expr`.
    public var places: SourcePlaces
    /// What the file says in each of its environments, by name; empty where one was chosen. Their problems are those
    /// that the file as it stands does not have.
    public var environments: [String: Reading] = [:]
    /// Whether an environment was chosen that the file does not have.
    public var lacksEnvironment = false

    public init(
      system: FleetSystem?, diagnostics: [Diagnostic], places: SourcePlaces = SourcePlaces(text: "", places: [:])
    ) {
      self.system = system
      self.diagnostics = diagnostics
      self.places = places
    }
  }

  /// - Parameters:
  ///   - file: its name for messages.
  ///   - environment: the overlay of `environments` that is laid onto the file. Without one the file is read as it
  ///     stands, and each overlay is checked too: what is wrong with one is an error of the file.
  public static func read(_ text: String, file: String, environment: String? = nil) -> Reading {
    let parsing = YAMLParsing(text)
    guard let tree = parsing.tree else {
      let reader = Reader(file: file)
      for diagnostic in parsing.diagnostics { reader.add(diagnostic) }
      return Reading(system: nil, diagnostics: reader.sortedDiagnostics)
    }
    if let environment {
      return OverlaidFile(tree, environment, parsing.diagnostics, file: file).reading(text)
    }
    let reader = Reader(file: file)
    for diagnostic in parsing.diagnostics { reader.add(diagnostic) }
    return read(tree, reader, text).checkingOverlays(of: tree, file: file, text: text)
  }

  /// Typed values → checks between values.
  static func read(_ tree: YAMLTree, _ reader: Reader, _ text: String) -> Reading {
    if var system = SystemDeclaration.shape.read(tree, reader, "") {
      SystemChecks.run(&system, reader)
      ControlPlaneChecks.run(&system, tree, reader)
      if !reader.hasErrors {
        return Reading(
          system: system, diagnostics: reader.sortedDiagnostics,
          places: SourcePlaces(text: text, places: reader.places))
      }
    }
    return Reading(system: nil, diagnostics: reader.sortedDiagnostics)
  }

  /// The file's YAML as it may be shown: without comments, and with `<secret>` in place of every text that the file's
  /// declaration calls one, of the texts of environment variables, and of whatever stands under keys that are not read
  /// (`environments`, `x-…`). `nil` if the text is no YAML.
  ///
  /// - Parameter environment: the overlay that is laid onto it.
  public static func shown(_ text: String, environment: String? = nil) -> String? {
    let reader = Reader(file: "")
    guard var tree = YAMLParsing(text).tree else { return nil }
    if let environment { tree = OverlaidFile(tree, environment, [], file: "").tree }
    _ = SystemDeclaration.shape.read(tree, reader, "")
    return YAMLWriting.text(of: tree) { path, place, text in
      let isSecret = reader.secretPlaces.contains(place) || reader.secretTexts.contains(text)
      let isRead = path.first.map { $0 != "environments" && !$0.hasPrefix("x-") } ?? true
      if isSecret || !isRead { return "<secret>" }
      // A user's name and password in a URL.
      let shown = text.contains("://") ? WebAddress.shown(text) : text
      return shown == text ? nil : shown
    }
  }

  /// Whether a file is meant to be a system file: it is no object of Kubernetes and has `system`, however misspelt, or a key
  /// that only system files have. Of several documents the first counts. `false` where it cannot be read at all.
  public static func isMeant(by bytes: [UInt8]) -> Bool {
    guard case .success(let text) = YAMLGuard.text(of: bytes) else { return false }
    guard let tree = YAMLParsing(text).tree ?? firstDocument(of: text) else { return false }
    if tree["system"] != nil { return true }
    let keys = tree.entries.map(\.key)
    if keys.contains(where: ["apiVersion", "kind"].contains) { return false }
    return keys.contains { ownKeys.contains($0) || KeyDistance.nearest(to: $0, among: ["system"]) != nil }
  }

  /// Keys of the document that neither an Alertmanager's configuration nor a Prometheus' has.
  private static let ownKeys: Set<String> = [
    "agents", "alert_rules", "recording_rules", "mesh", "waivers", "environments",
  ]

  private static func firstDocument(of text: String) -> YAMLTree? {
    var lines: [Substring] = []
    for line in text.split(separator: "\n", omittingEmptySubsequences: false) {
      let isMark = line == "---" || line.hasPrefix("--- ") || line == "---\r"
      if isMark, lines.contains(where: { !$0.allSatisfy(\.isWhitespace) && !$0.hasPrefix("#") }) { break }
      if !isMark { lines.append(line) }
    }
    return YAMLParsing(lines.joined(separator: "\n")).tree
  }

  /// The same for the bytes of a file, which may be anything.
  public static func read(bytes: [UInt8], file: String, environment: String? = nil) -> Reading {
    switch YAMLGuard.text(of: bytes) {
    case .success(let text): return read(text, file: file, environment: environment)
    case .failure(var problem):
      problem.file = file
      return Reading(system: nil, diagnostics: [problem])
    }
  }
}
