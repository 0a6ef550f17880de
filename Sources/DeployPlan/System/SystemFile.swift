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

    public init(
      system: FleetSystem?, diagnostics: [Diagnostic], places: SourcePlaces = SourcePlaces(text: "", places: [:])
    ) {
      self.system = system
      self.diagnostics = diagnostics
      self.places = places
    }
  }

  /// - Parameter file: its name for messages.
  public static func read(_ text: String, file: String) -> Reading {
    let reader = Reader(file: file)
    let parsing = YAMLParsing(text)
    for diagnostic in parsing.diagnostics { reader.add(diagnostic) }
    guard let tree = parsing.tree else { return Reading(system: nil, diagnostics: reader.sortedDiagnostics) }
    let system = SystemDeclaration.shape.read(tree, reader, "")
    if var system {
      SystemChecks.run(&system, reader)
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
  public static func shown(_ text: String) -> String? {
    let reader = Reader(file: "")
    guard let tree = YAMLParsing(text).tree else { return nil }
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

  /// Whether a file is meant to be a system file: it has the key `system`. `false` where it cannot be read at all.
  public static func isMeant(by bytes: [UInt8]) -> Bool {
    guard case .success(let text) = YAMLGuard.text(of: bytes) else { return false }
    return YAMLParsing(text).tree?["system"] != nil
  }

  /// The same for the bytes of a file, which may be anything.
  public static func read(bytes: [UInt8], file: String) -> Reading {
    switch YAMLGuard.text(of: bytes) {
    case .success(let text): return read(text, file: file)
    case .failure(var problem):
      problem.file = file
      return Reading(system: nil, diagnostics: [problem])
    }
  }
}
