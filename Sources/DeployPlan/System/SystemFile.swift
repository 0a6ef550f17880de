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
