public import FleetModel

/// Reads files of Kubernetes objects: YAML streams, `List`s and JSON.
///
/// Bytes → documents, cut at `---` → trees (``YAMLParsing``, each with its bounds) → objects, `List`s taken apart.
public enum ManifestFile {
  /// The longest file that is read, in bytes: 20,000 objects as Skep renders them. A document has the bound of any
  /// YAML that Skep reads.
  static let maximumBytes = 64 << 20
  static let maximumDocuments = 50_000
  /// How deep `List`s may stand in each other.
  private static let maximumLists = 8

  /// The objects in the order of the file, and what keeps others from being read.
  /// - Parameters:
  ///   - file: its name for messages.
  ///   - isFound: whether nobody named the file, and it only stands in a folder of manifests: where it holds no object at
  ///     all, it is passed over with a warning.
  public static func read(
    bytes: [UInt8], file: String, isFound: Bool = false
  ) -> (manifests: [Manifest], diagnostics: [Diagnostic]) {
    switch YAMLGuard.text(of: bytes, maximumBytes: maximumBytes) {
    case .success(let text): return read(text, file: file, isFound: isFound)
    case .failure(var problem):
      problem.file = file
      return ([], [problem])
    }
  }

  /// The same for text.
  public static func read(
    _ text: String, file: String, isFound: Bool = false
  ) -> (manifests: [Manifest], diagnostics: [Diagnostic]) {
    if var problem = YAMLGuard.sizeProblem(bytes: text.utf8.count, maximumBytes: maximumBytes) {
      problem.file = file
      return ([], [problem])
    }
    var reading = Reading(file: file)
    let documents = documents(of: text)
    if documents.count > maximumDocuments {
      let message = "has \(documents.count) documents; at most \(maximumDocuments) are read"
      return ([], [Diagnostic(file: file, message: message, mend: "split the file")])
    }
    for document in documents {
      let parsing = YAMLParsing(document.text, emptyAllowed: true, lineOffset: document.linesBefore)
      reading.diagnostics += parsing.diagnostics.map {
        var diagnostic = $0
        diagnostic.file = file
        return diagnostic
      }
      guard let tree = parsing.tree else { continue }
      reading.take(tree, depth: 0)
    }
    if isFound, reading.manifests.isEmpty, reading.diagnostics.isEmpty, let first = reading.strangers.first {
      var problem = first
      problem.level = .warning
      problem.message += " and is passed over"
      problem.mend = "keep it in a folder of its own"
      return ([], [problem])
    }
    return (reading.manifests, reading.diagnostics + reading.strangers)
  }

  /// What one file holds.
  private struct Reading {
    let file: String
    var manifests: [Manifest] = []
    var diagnostics: [Diagnostic] = []
    /// Of documents that are no objects.
    var strangers: [Diagnostic] = []

    mutating func take(_ tree: YAMLTree, depth: Int) {
      guard case .mapping = tree.content else {
        return strange(tree, "this is no Kubernetes object but \(tree.kind)")
      }
      let manifest = Manifest(tree: tree, file: file)
      if tree["apiVersion"] == nil, tree["kind"] == nil {
        return strange(tree, "this is no Kubernetes object: it has neither apiVersion nor kind")
      }
      guard manifest.kind.hasSuffix("List"), let items = tree["items"], case .sequence(let objects) = items.content
      else {
        manifests.append(manifest)
        return
      }
      guard depth < ManifestFile.maximumLists else {
        diagnostics.append(
          Diagnostic(
            file: file, line: tree.place.line, column: tree.place.column,
            message: "lists stand more than \(ManifestFile.maximumLists) deep in each other",
            mend: "write the objects as documents"))
        return
      }
      for object in objects { take(object, depth: depth + 1) }
    }

    private mutating func strange(_ tree: YAMLTree, _ message: String) {
      strangers.append(
        Diagnostic(
          file: file, line: tree.place.line, column: tree.place.column, message: message,
          mend: "begin it with \"apiVersion:\" and \"kind:\""))
    }
  }

  /// One document's text and how many lines of the file stand before it.
  struct Document {
    var text: String
    var linesBefore: Int
  }

  /// The file cut before each line that begins with `---`, which is a marker wherever it stands
  /// (<https://yaml.org/spec/1.2.2/#912-document-markers>). Documents of blank lines and comments are left out.
  static func documents(of text: String) -> [Document] {
    var text = text
    text.makeContiguousUTF8()
    var documents: [Document] = []
    let bytes = text.utf8
    var start = bytes.startIndex
    var startLine = 0
    var line = 0
    var position = bytes.startIndex
    var hasContent = false
    func close(at end: String.Index) {
      if hasContent { documents.append(Document(text: String(text[start..<end]), linesBefore: startLine)) }
      hasContent = false
    }
    while position < bytes.endIndex {
      let end = bytes[position...].firstIndex(of: UInt8(ascii: "\n")) ?? bytes.endIndex
      let content = bytes[position..<end]
      if content.starts(with: "---".utf8), content.dropFirst(3).first.map({ isBlank($0) }) ?? true {
        close(at: position)
        start = position
        startLine = line
        hasContent = !content.dropFirst(3).drop(while: isBlank).isEmpty
      } else if let first = content.first(where: { !isBlank($0) }), first != UInt8(ascii: "#") {
        hasContent = true
      }
      position = end == bytes.endIndex ? end : bytes.index(after: end)
      line += 1
    }
    close(at: bytes.endIndex)
    return documents
  }

  private static func isBlank(_ byte: UInt8) -> Bool { byte == 32 || byte == 9 || byte == 13 }
}
