/// One problem in something that a user wrote: where, what, and how to mend it.
///
/// Printed as `system.yaml:14:9: error: unknown key "agent"; did you mean "agents"?`: lower case, no full stop.
public struct Diagnostic: Sendable, Hashable, Error, CustomStringConvertible {
  public enum Level: String, Sendable, Hashable { case error, warning }

  public var level: Level
  /// The file as the user named it; `nil` where the input has no name.
  public var file: String?
  /// From 1; `nil` where unknown.
  public var line: Int?
  /// From 1, in characters; `nil` where unknown.
  public var column: Int?
  /// The place within the document, such as `agents[2].ports[0]`; empty for the document itself.
  public var path: String
  /// What is wrong, the value named.
  public var message: String
  /// How to mend it; `nil` where the message says it.
  public var mend: String?

  public init(
    _ level: Level = .error, file: String? = nil, line: Int? = nil, column: Int? = nil, path: String = "",
    message: String, mend: String? = nil
  ) {
    self.level = level
    self.file = file
    self.line = line
    self.column = column
    self.path = path
    self.message = message
    self.mend = mend
  }

  public var description: String {
    var place = file ?? ""
    if let line { place += (place.isEmpty ? "line " : ":") + "\(line)" }
    if line != nil, let column { place += ":\(column)" }
    if !place.isEmpty { place += ": " }
    let subject = path.isEmpty ? "" : "\(path): "
    return "\(place)\(level.rawValue): \(subject)\(message)" + (mend.map { "; \($0)" } ?? "")
  }
}
