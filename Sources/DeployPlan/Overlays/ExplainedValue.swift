public import FleetModel

/// One value of a system file, and where it comes from.
public struct ExplainedValue: Sendable, Hashable {
  /// As diagnostics write it: `agents[0].resources.cpu_limit`.
  public var path: String
  /// The same with the names of things for their indices: `agents[planner].resources.cpu_limit`.
  public var name: String
  /// On one line, as it would stand in the file; `<secret>` for what is never shown, `nil` for what is not set.
  public var value: String?
  public var origin: Origin
  /// What the key means.
  public var meaning: String

  public enum Origin: Sendable, Hashable {
    case file(Place)
    /// Said by the overlay of the chosen environment.
    case overlay(Place, replacing: Replaced?)
    /// A default; `because` says what made it, where that is not the key's own default.
    case standard(because: String?)
    /// No one says it, and it has no default.
    case notSet
  }

  /// What stood in the file before the overlay.
  public struct Replaced: Sendable, Hashable {
    public var value: String
    public var place: Place
  }

  public struct Place: Sendable, Hashable {
    public var line: Int
    public var column: Int

    init(_ place: YAMLTree.Place) {
      line = place.line
      column = place.column
    }
  }
  /// What of it an overlay has taken away.
  public var takenAway: TakenAway?

  public struct TakenAway: Sendable, Hashable {
    /// Of the overlay's `null`.
    public var place: Place
    public var replaced: Replaced
  }
}

extension SystemFile {
  /// Says what the values at and below a key are, and where each comes from.
  ///
  /// The file may have mistakes: what is asked is what stands there.
  ///
  /// - Parameters:
  ///   - key: a path such as `agents[planner].resources.cpu_limit`.
  ///   - environment: the overlay that is laid onto the file.
  /// - Throws: that the text is no YAML, that there is no such environment, or that there is no such key.
  public static func explain(
    _ key: String, in text: String, file: String, environment: String? = nil
  ) throws(Diagnostic) -> [ExplainedValue] {
    let path = try DocumentPath(key)
    let parsing = YAMLParsing(text)
    guard let tree = parsing.tree else {
      var problem = parsing.diagnostics.first ?? Diagnostic(message: "cannot be parsed as YAML")
      problem.file = file
      throw problem
    }
    let reader = Reader(file: file)
    var merge = OverlayMerge(environment: environment ?? "", reader: reader)
    var merged = tree
    if let environment {
      guard let overlay = OverlaidFile.overlay(environment, of: tree, reader) else {
        throw reader.diagnostics.first ?? Diagnostic(file: file, message: "there is no environment \"\(environment)\"")
      }
      merged = merge.merged(tree, with: overlay)
    }
    // What is read tells what is secret, and what defaults came to.
    let reading = read(merged, reader, text)
    return try Explanation(merged: merged, merge: merge, reader: reader, system: reading.system).values(at: path)
  }
}
