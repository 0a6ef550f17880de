public import FleetModel

/// Reads Alertmanager's configuration files (`alertmanager.yml`): bytes → ``YAMLTree`` → typed values → what must hold
/// between them.
///
/// What is taken and what is refused is that of Alertmanager 0.25 to 0.28
/// (<https://prometheus.io/docs/alerting/latest/configuration/>), its tolerances included: a text may be a bare number, and
/// a key may have no value. Of what Alertmanager has and Skep has not a file is refused with a word that says so. Templates
/// and time zones are texts here: who can look at them checks them.
public enum AlertmanagerFile {
  /// Everything that one reading gives.
  public struct Reading: Sendable {
    /// `nil` if `diagnostics` has an error.
    public var policy: NotificationPolicy? { diagnostics.contains { $0.level == .error } ? nil : found }
    /// What could be read, for further checks; `nil` where there is no tree to speak of.
    public var found: NotificationPolicy?
    /// In the order of the file.
    public var diagnostics: [Diagnostic]
    /// Where the values stand: `receivers[0].slack_configs[1].title`.
    public var places: SourcePlaces

    public init(found: NotificationPolicy?, diagnostics: [Diagnostic], places: SourcePlaces) {
      self.found = found
      self.diagnostics = diagnostics
      self.places = places
    }
  }

  /// - Parameter file: its name for messages.
  public static func read(_ text: String, file: String) -> Reading {
    let reader = Reader(file: file, dialect: .go)
    let parsing = YAMLParsing(text, emptyMend: "begin it with \"route:\" and name a receiver")
    for diagnostic in parsing.diagnostics { reader.add(diagnostic) }
    let keys = parsing.tree.flatMap { AlertmanagerDeclaration.shape.read($0, reader, "") }
    return Reading(
      found: keys?.policy, diagnostics: reader.sortedDiagnostics,
      places: SourcePlaces(text: text, places: reader.places))
  }

  /// The same for the bytes of a file, which may be anything.
  public static func read(bytes: [UInt8], file: String) -> Reading {
    switch YAMLGuard.text(of: bytes) {
    case .success(let text): return read(text, file: file)
    case .failure(var problem):
      problem.file = file
      return Reading(found: nil, diagnostics: [problem], places: SourcePlaces(text: "", places: [:]))
    }
  }
}
