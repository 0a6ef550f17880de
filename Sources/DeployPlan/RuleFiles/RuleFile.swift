public import FleetModel

/// Reads Prometheus' rule files: bytes → ``YAMLTree`` → rule groups → what must hold between their keys.
///
/// What is taken and what is refused is that of Prometheus 3 with UTF-8 names
/// (<https://prometheus.io/docs/prometheus/latest/configuration/recording_rules/>). Expressions and templates are texts here:
/// who knows both languages checks them.
public enum RuleFile {
  /// Everything that one reading gives.
  public struct Reading: Sendable {
    /// `nil` if `diagnostics` has an error.
    public var groups: [RuleGroup]? { diagnostics.contains { $0.level == .error } ? nil : found }
    /// All groups of the file as far as they could be read, for further checks; with blanks where there are errors.
    public var found: [RuleGroup]
    /// In the order of the file.
    public var diagnostics: [Diagnostic]
    /// Where the values stand: `groups[0].rules[2].expr`.
    public var places: SourcePlaces

    public init(found: [RuleGroup], diagnostics: [Diagnostic], places: SourcePlaces) {
      self.found = found
      self.diagnostics = diagnostics
      self.places = places
    }
  }

  /// - Parameter file: its name for messages.
  public static func read(_ text: String, file: String) -> Reading {
    let reader = Reader(file: file)
    let parsing = YAMLParsing(text, emptyAllowed: true)
    for diagnostic in parsing.diagnostics { reader.add(diagnostic) }
    var document = RuleFileDeclaration.Document()
    if let tree = parsing.tree, let read = RuleFileDeclaration.shape.read(tree, reader, "") { document = read }
    let groups = document.groups.map { group in
      var group = group
      group.file = file
      return group
    }
    return Reading(
      found: groups, diagnostics: reader.sortedDiagnostics, places: SourcePlaces(text: text, places: reader.places))
  }

  /// The same for the bytes of a file, which may be anything.
  public static func read(bytes: [UInt8], file: String) -> Reading {
    switch YAMLGuard.text(of: bytes) {
    case .success(let text): return read(text, file: file)
    case .failure(var problem):
      problem.file = file
      return Reading(found: [], diagnostics: [problem], places: SourcePlaces(text: "", places: [:]))
    }
  }

  /// The path of a rule's key within its file: `groups[0].rules[2].expr`.
  public static func path(group: Int, rule: Int, _ keys: [String] = []) -> String {
    keys.reduce(Path.index(rule, in: Path.key("rules", in: Path.index(group, in: "groups")))) { Path.key($1, in: $0) }
  }
}
