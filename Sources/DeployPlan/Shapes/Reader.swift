import FleetModel

/// Collects what goes wrong while a tree is decoded, and remembers where each value stands and which are sound.
///
/// Checks between values run after the decoding. They ask ``isSound(_:)`` first, so that a value that could not be read
/// does not draw a second error through the default that stands in its place.
final class Reader {
  /// More than this are not told one by one.
  static let maximumDiagnostics = 500

  /// Whose habits of writing YAML are taken.
  enum Dialect {
    /// A text is a text: what other programs might read as a number is to be quoted, and a key has a value.
    case skep
    /// As Go programs read it: any scalar is a text, and a key without a value, or with an empty one where that means
    /// nothing, is as good as none.
    case go
  }

  let file: String
  let dialect: Dialect
  private(set) var diagnostics: [Diagnostic] = []
  private var omitted = 0
  private(set) var places: [String: YAMLTree.Place] = [:]
  private var unsound: Set<String> = []
  /// Where texts stand that must not be shown.
  private(set) var secretPlaces: Set<YAMLTree.Place> = []
  /// Those of them that must not be shown wherever they stand.
  private(set) var secretTexts: Set<String> = []

  init(file: String, dialect: Dialect = .skep) {
    self.file = file
    self.dialect = dialect
  }

  /// - Parameter text: where it is a secret in itself, which an anchor may have brought elsewhere too.
  func note(secretAt place: YAMLTree.Place, text: String? = nil) {
    secretPlaces.insert(place)
    if let text { secretTexts.insert(text) }
  }

  func note(_ path: String, at place: YAMLTree.Place) { places[path] = place }

  /// Whether the file gives this value at all.
  func isGiven(_ path: String) -> Bool { places[path] != nil }

  /// Whether no error was found at any of `paths` or above.
  func isSound(_ paths: String...) -> Bool { isSound(paths) }

  func isSound(_ paths: [String]) -> Bool {
    paths.allSatisfy { path in
      var path = Substring(path)
      while true {
        if unsound.contains(String(path)) { return false }
        guard let parent = Self.parent(of: path) else { return true }
        path = parent
      }
    }
  }

  /// - Parameters:
  ///   - path: the value that is wrong, or the mapping that lacks something.
  ///   - place: where it stands; without it that of `path`, or of the nearest value around it.
  ///   - spoils: the paths whose values must not be looked at again.
  func error(
    _ path: String, at place: YAMLTree.Place? = nil, _ message: String, mend: String? = nil, spoils: [String]? = nil
  ) {
    unsound.formUnion(spoils ?? [path])
    add(.error, path, place, message, mend)
  }

  /// Marks a value as not to be looked at again, without an error of its own.
  func spoil(_ path: String) { unsound.insert(path) }

  func warn(_ path: String, at place: YAMLTree.Place? = nil, _ message: String, mend: String? = nil) {
    add(.warning, path, place, message, mend)
  }

  /// A problem found before decoding, whose place it brings itself.
  func add(_ diagnostic: Diagnostic) {
    var diagnostic = diagnostic
    diagnostic.file = file
    append(diagnostic)
  }

  private func add(
    _ level: Diagnostic.Level, _ path: String, _ place: YAMLTree.Place?, _ message: String, _ mend: String?
  ) {
    let place = place ?? self.place(of: path)
    append(
      Diagnostic(
        level, file: file, line: place?.line, column: place?.column, path: path, message: message, mend: mend))
  }

  private func append(_ diagnostic: Diagnostic) {
    if diagnostics.count < Self.maximumDiagnostics || diagnostic.level == .error && !hasErrors {
      diagnostics.append(diagnostic)
    } else {
      omitted += 1
    }
  }

  var hasErrors: Bool { diagnostics.contains { $0.level == .error } }

  private func place(of path: String) -> YAMLTree.Place? {
    var path = Substring(path)
    while true {
      if let place = places[String(path)] { return place }
      guard let parent = Self.parent(of: path) else { return places[""] }
      path = parent
    }
  }

  /// `a.b[2]` → `a.b` → `a` → the empty path.
  private static func parent(of path: Substring) -> Substring? {
    if path.isEmpty { return nil }
    guard let cut = path.utf8.lastIndex(where: { $0 == UInt8(ascii: ".") || $0 == UInt8(ascii: "[") }) else {
      return ""
    }
    return path[..<cut]
  }

  /// All problems in the order of the file.
  var sortedDiagnostics: [Diagnostic] {
    let sorted = diagnostics.enumerated().sorted { left, right in
      (left.element.line ?? 0, left.element.column ?? 0, left.offset)
        < (right.element.line ?? 0, right.element.column ?? 0, right.offset)
    }.map(\.element)
    guard omitted > 0 else { return sorted }
    return sorted + [
      Diagnostic(.warning, file: file, message: "\(omitted) further problems are not shown", mend: "mend these first")
    ]
  }
}

/// Paths within a document.
enum Path {
  static func key(_ key: String, in path: String) -> String {
    let plain =
      !key.isEmpty
      && key.utf8.allSatisfy {
        (48...57).contains($0) || (65...90).contains($0) || (97...122).contains($0) || $0 == 95 || $0 == 45
      }
    if plain { return path.isEmpty ? key : "\(path).\(key)" }
    return "\(path)[\"\(YAMLTree.shortened(key))\"]"
  }

  static func index(_ index: Int, in path: String) -> String { "\(path)[\(index)]" }

  /// The path around `path`, and the step from there; `nil` for that of the document.
  static func parent(of path: String) -> (parent: String, step: DocumentPath.Step)? {
    guard let steps = try? DocumentPath(path).steps, let last = steps.last else { return nil }
    var parent = ""
    for step in steps.dropLast() {
      switch step {
      case .key(let key), .name(let key): parent = Path.key(key, in: parent)
      case .index(let index): parent = Path.index(index, in: parent)
      }
    }
    return (parent, last)
  }
}
