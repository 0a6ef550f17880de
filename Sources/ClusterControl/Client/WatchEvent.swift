public import DeployPlan
import FleetModel

/// What a watch tells.
public enum WatchEvent: Sendable, Hashable {
  /// All that there is: what is not in it is not there (any more). Comes first, and again whenever the server no longer knows what
  /// changed since.
  case initial([LiveObject])
  /// There is a new object, or one has changed.
  case applied(LiveObject)
  /// An object is gone, or the selector no longer means it.
  case deleted(LiveObject)
  /// The server does not answer: the watch goes on trying, and what was told may be out of date.
  case interrupted(ClusterError)
}

/// One line of a watch (<https://kubernetes.io/docs/reference/using-api/api-concepts/#efficient-detection-of-changes>).
enum WatchLine: Sendable, Hashable {
  case applied(LiveObject)
  case deleted(LiveObject)
  /// Nothing has changed until this resource version.
  case bookmark(String)
  case failed(JSONValue)

  /// - Returns: `nil` for what is no line of a watch.
  init?(_ bytes: [UInt8]) {
    guard let line = try? JSONParser.parse(bytes), let object = line["object"] else { return nil }
    switch line["type"]?.string {
    case "ADDED", "MODIFIED": self = .applied(LiveObject(object))
    case "DELETED": self = .deleted(LiveObject(object))
    case "BOOKMARK": self = .bookmark(LiveObject(object).resourceVersion)
    case "ERROR": self = .failed(object)
    default: return nil
    }
  }
}

/// Cuts a stream of bytes into lines.
struct LineSplitter: Sendable {
  private var rest: [UInt8] = []
  /// Of `rest`, how much holds no end of a line.
  private var searched = 0

  /// How much waits for its end.
  var pending: Int { rest.count }

  mutating func append(_ bytes: some Sequence<UInt8>) { rest += bytes }

  /// The next whole line without its end; `nil` if there is none yet.
  mutating func next() -> [UInt8]? {
    guard let end = rest[searched...].firstIndex(of: UInt8(ascii: "\n")) else {
      searched = rest.count
      return nil
    }
    let line = Array(rest[..<end])
    rest.removeSubrange(...end)
    searched = 0
    return line
  }
}
