import DeployPlan
import FleetModel

/// Tells what is wrong with a policy where it stands in its file.
struct NotificationPlaces {
  private let places: SourcePlaces
  private let file: String?

  init(_ places: SourcePlaces, file: String?) {
    self.places = places
    self.file = file
  }

  func diagnostic(
    _ level: Diagnostic.Level = .error, at path: String, _ message: String, mend: String? = nil
  ) -> Diagnostic {
    let place = nearest(path)
    return Diagnostic(
      level, file: file, line: place?.line, column: place?.column, path: path, message: message, mend: mend)
  }

  /// The same for a line, from 1, of the text at `path`.
  func diagnostic(line: Int, of text: String, at path: String, _ message: String, mend: String?) -> Diagnostic {
    guard line > 1, places[path] != nil else { return diagnostic(at: path, message, mend: mend) }
    let lines = text.split(separator: "\n", omittingEmptySubsequences: false)
    let offset = lines.prefix(line - 1).reduce(0) { $0 + $1.utf8.count + 1 }
    let place = places.place(of: offset, in: text, at: path)
    return Diagnostic(
      file: file, line: place?.line, column: place?.column, path: path, message: message, mend: mend)
  }

  /// The path of a time interval of the policy, whichever of the two keys it stands under: the older one's come first.
  func interval(_ index: Int) -> String {
    var older = 0
    while places["mute_time_intervals[\(older)]"] != nil { older += 1 }
    return index < older ? "mute_time_intervals[\(index)]" : "time_intervals[\(index - older)]"
  }

  private func nearest(_ path: String) -> (line: Int, column: Int)? {
    var path = Substring(path)
    while true {
      if let place = places[String(path)] { return place }
      guard let cut = path.lastIndex(where: { $0 == "." || $0 == "[" }) else { return nil }
      path = path[..<cut]
    }
  }
}
