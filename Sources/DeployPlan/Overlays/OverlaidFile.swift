public import FleetModel

/// A file with the overlay of one environment on it.
struct OverlaidFile {
  /// The merged file; the file as it stands where there is no such environment.
  let tree: YAMLTree
  private let lacksEnvironment: Bool
  private let reader: Reader

  /// - Parameter problems: of the text itself.
  init(_ file: YAMLTree, _ environment: String, _ problems: [Diagnostic], file name: String) {
    let reader = Reader(file: name)
    for problem in problems { reader.add(problem) }
    self.reader = reader
    var merge = OverlayMerge(environment: environment, reader: reader)
    if let overlay = Self.overlay(environment, of: file, reader) {
      tree = merge.merged(file, with: overlay)
    } else {
      tree = file
    }
    lacksEnvironment = file["environments"]?[environment] == nil
  }

  /// The overlay without the keys that no overlay has.
  static func overlay(_ environment: String, of file: YAMLTree, _ reader: Reader) -> YAMLTree? {
    let environments = file["environments"]
    guard let overlay = environments?[environment] else {
      let names = environments?.entries.map(\.key) ?? []
      let known = names.isEmpty ? "the file has no environments" : "known are \(names.joined(separator: ", "))"
      reader.error(
        "environments", at: environments?.place ?? file.place,
        "there is no environment \"\(YAMLTree.shortened(environment))\"",
        mend: KeyDistance.nearest(to: environment, among: names).map { "did you mean \"\($0)\"?" } ?? known)
      return nil
    }
    let path = Path.key(environment, in: "environments")
    if overlay.isNull {
      reader.error(path, at: overlay.place, "has no value", mend: "write {} for an overlay that changes nothing")
      return nil
    }
    guard var read = Shapes.raw(known: SystemDeclaration.overlayKeys).read(overlay, reader, path) else { return nil }
    read.content = .mapping(read.entries.filter { SystemDeclaration.overlayKeys.contains($0.key) })
    return read
  }

  /// - Parameter text: of the file, in which the places are.
  func reading(_ text: String) -> SystemFile.Reading {
    var reading = SystemFile.read(tree, reader, text)
    reading.lacksEnvironment = lacksEnvironment
    return reading
  }
}

extension SystemFile.Reading {
  /// More are refused: each is the whole file once more.
  private static let maximumEnvironments = 64

  /// The same with what is wrong with the file in each of its environments, told once.
  func checkingOverlays(of tree: YAMLTree, file: String, text: String) -> SystemFile.Reading {
    let names = tree["environments"]?.entries.map(\.key) ?? []
    if names.isEmpty { return self }
    var checked = self
    guard names.count <= Self.maximumEnvironments else {
      let place = tree["environments"]?.place
      checked.diagnostics.append(
        Diagnostic(
          file: file, line: place?.line, column: place?.column, path: "environments",
          message: "\(names.count) environments are more than \(Self.maximumEnvironments)",
          mend: "write a file of their own for some"))
      checked.system = nil
      return checked
    }
    var known = Set(diagnostics.map(Told.init))
    for name in names {
      // What is no overlay at all was told when the file was read.
      guard case .mapping? = tree["environments"]?[name]?.content else { continue }
      var reading = OverlaidFile(tree, name, [], file: file).reading(text)
      reading.diagnostics = reading.diagnostics.filter { known.insert(Told($0)).inserted }
      let told = reading.diagnostics.map { $0.told(in: name) }
      checked.diagnostics += told
      if told.contains(where: { $0.level == .error }) { checked.system = nil }
      checked.environments[name] = reading
    }
    checked.diagnostics = checked.diagnostics.inOrderOfTheFile
    return checked
  }

  /// What makes two problems the same one.
  private struct Told: Hashable {
    let line: Int?
    let column: Int?
    let message: String

    init(_ diagnostic: Diagnostic) {
      line = diagnostic.line
      column = diagnostic.column
      message = diagnostic.message
    }
  }
}

extension Diagnostic {
  /// The same, said of one environment; what names the overlay's own path says it already.
  public func told(in environment: String) -> Diagnostic {
    if path.hasPrefix("environments") { return self }
    var told = self
    told.message = "in environment \(environment): \(message)"
    return told
  }
}

extension [Diagnostic] {
  /// By line and column; those of one place as they were found.
  public var inOrderOfTheFile: [Diagnostic] {
    enumerated().sorted { left, right in
      (left.element.line ?? 0, left.element.column ?? 0, left.offset)
        < (right.element.line ?? 0, right.element.column ?? 0, right.offset)
    }.map(\.element)
  }
}
