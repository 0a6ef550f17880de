import FleetModel
import Yams

/// Parses one YAML document into a ``YAMLTree``: text → guard → parser (Yams) → tree.
///
/// Duplicate keys do not end the reading: Yams throws at the first one, so the earlier of the two is renamed in the
/// text with a mark that no key has, and the parse is tried again.
struct YAMLParsing {
  /// `nil` where the document cannot be read at all.
  private(set) var tree: YAMLTree?
  private(set) var diagnostics: [Diagnostic] = []

  private static let maximumDepth = 64
  private static let maximumNodes = 300_000
  private static let markStart: Unicode.Scalar = "\u{E000}"
  private static let markEnd: Unicode.Scalar = "\u{E001}"

  /// The lines that hold renamed keys, to give columns of the text as the user wrote it.
  private var markedLines: [Int: [Unicode.Scalar]] = [:]
  private var nodes = 0
  private var gaveUp = false
  /// Whether a file without content is no mistake.
  private let emptyAllowed: Bool
  private let emptyMend: String
  /// How many lines of the file stand before the text.
  private let lineOffset: Int

  /// - Parameter lineOffset: how many lines of the file stand before `text`: places are of the file.
  init(
    _ text: String, emptyAllowed: Bool = false, emptyMend: String = "begin it with \"system: NAME\"",
    lineOffset: Int = 0
  ) {
    self.emptyAllowed = emptyAllowed
    self.emptyMend = emptyMend
    self.lineOffset = lineOffset
    let root = guardedRoot(of: text)
    if lineOffset > 0 {
      for index in diagnostics.indices { diagnostics[index].line = diagnostics[index].line.map { $0 + lineOffset } }
    }
    guard let root else { return }
    let converted = convert(root, depth: 0)
    if converted.isNull {
      reportEmpty()
    } else if !gaveUp {
      tree = converted
    }
  }

  private mutating func guardedRoot(of text: String) -> Node? {
    var text = text
    if text.unicodeScalars.first == "\u{FEFF}" { text.unicodeScalars.removeFirst() }
    text.makeContiguousUTF8()
    if let problem = YAMLGuard.sizeProblem(bytes: text.utf8.count) ?? YAMLGuard.complexKey(in: text) {
      diagnostics.append(problem)
      return nil
    }
    return parse(text)
  }

  /// The document's root, duplicates renamed; `nil` after an error or where there is no document.
  private mutating func parse(_ original: String) -> Node? {
    var text = original
    let renamable = !text.unicodeScalars.contains { $0 == Self.markStart || $0 == Self.markEnd }
    // Each attempt reads the whole text again: the total stays below a few megabytes.
    let attempts = renamable ? max(1, min(64, (2 << 20) / max(1, text.utf8.count))) : 0
    for attempt in 0...attempts {
      do {
        let parser = try Parser(yaml: text, resolver: .basic, constructor: .default, encoding: .utf8)
        if let root = try parser.singleRoot() { return root }
        reportEmpty()
        return nil
      } catch YamlError.duplicatedKeysInMapping(let keys, let context) {
        if attempt < attempts, let key = keys.first,
          let renamed = rename(key, at: context.mark, in: text, number: attempt)
        {
          text = renamed
          continue
        }
        let key = keys.first.map { Self.unmarked($0) } ?? ""
        diagnostics.append(
          Diagnostic(
            line: context.mark.line, column: context.mark.column,
            message: "the key \"\(YAMLTree.shortened(key))\" is given twice",
            mend: "remove one of the two"))
        return nil
      } catch {
        diagnostics.append(YAMLSyntaxError.diagnostic(for: error, in: text))
        return nil
      }
    }
    return nil
  }

  private mutating func reportEmpty() {
    if emptyAllowed { return }
    diagnostics.append(
      Diagnostic(line: 1, column: 1, message: "the file is empty", mend: emptyMend))
  }

  private mutating func rename(_ key: String, at mark: Mark, in text: String, number: Int) -> String? {
    let scalars = text.unicodeScalars
    guard var index = Self.index(of: mark, in: scalars), index < scalars.endIndex else { return nil }
    if scalars[index] == "\"" || scalars[index] == "'" { index = scalars.index(after: index) }
    // Anything but the bare key (an anchor, a tag, an escape) is left alone: the one error is then reported by itself.
    guard scalars[index...].starts(with: key.unicodeScalars) else { return nil }
    var renamed = text
    renamed.unicodeScalars.insert(
      contentsOf: [Self.markStart] + "\(number)".unicodeScalars + [Self.markEnd], at: index)
    markedLines = [:]
    for line in renamed.unicodeScalars.split(omittingEmptySubsequences: false, whereSeparator: { $0 == "\n" })
      .enumerated()
    where line.element.contains(Self.markStart) {
      markedLines[line.offset + 1] = Array(line.element)
    }
    renamed.makeContiguousUTF8()
    return renamed
  }

  private static func index(
    of mark: Mark, in scalars: String.UnicodeScalarView
  ) -> String.UnicodeScalarView.Index? {
    var index = scalars.startIndex
    for _ in 1..<max(1, mark.line) {
      guard let newline = scalars[index...].firstIndex(of: "\n") else { return nil }
      index = scalars.index(after: newline)
    }
    return scalars.index(index, offsetBy: mark.column - 1, limitedBy: scalars.endIndex)
  }

  private static func unmarked(_ key: String) -> String {
    guard key.unicodeScalars.first == markStart, let end = key.unicodeScalars.firstIndex(of: markEnd) else {
      return key
    }
    return String(key.unicodeScalars[key.unicodeScalars.index(after: end)...])
  }

  private func place(_ mark: Mark?) -> YAMLTree.Place {
    guard let mark else { return YAMLTree.Place(line: lineOffset + 1, column: 1) }
    var column = mark.column
    if let line = markedLines[mark.line] {
      var inside = false
      for scalar in line.prefix(max(0, mark.column - 1)) {
        if scalar == Self.markStart { inside = true }
        if inside { column -= 1 }
        if scalar == Self.markEnd { inside = false }
      }
    }
    return YAMLTree.Place(line: mark.line + lineOffset, column: column)
  }

  // MARK: - Nodes

  private mutating func convert(_ node: Node, depth: Int) -> YAMLTree {
    let here = place(node.mark)
    nodes += 1
    if gaveUp || nodes > Self.maximumNodes || depth > Self.maximumDepth {
      if !gaveUp {
        gaveUp = true
        diagnostics.append(
          depth > Self.maximumDepth
            ? Diagnostic(
              line: here.line, column: here.column, message: "nested deeper than \(Self.maximumDepth) levels",
              mend: "write it flatter")
            : Diagnostic(
              line: here.line, column: here.column, message: "aliases expand to more than \(Self.maximumNodes) nodes",
              mend: "use fewer aliases of aliases"))
      }
      return YAMLTree(content: .scalar("", plain: true), place: here)
    }
    switch node {
    case .scalar(let scalar):
      refuse(tag: scalar.tag.rawValue, expected: "str", at: here)
      let plain = scalar.style == .plain && scalar.tag.rawValue != Self.tagPrefix + "str"
      return YAMLTree(content: .scalar(scalar.string, plain: plain), place: here)
    case .sequence(let sequence):
      refuse(tag: sequence.tag.rawValue, expected: "seq", at: here)
      return YAMLTree(content: .sequence(sequence.map { convert($0, depth: depth + 1) }), place: here)
    case .mapping(let mapping):
      refuse(tag: mapping.tag.rawValue, expected: "map", at: here)
      return YAMLTree(content: .mapping(entries(of: mapping, depth: depth)), place: here)
    case .alias:
      return YAMLTree(content: .scalar("", plain: true), place: here)
    }
  }

  private static let tagPrefix = "tag:yaml.org,2002:"

  private mutating func refuse(tag: String, expected: String, at place: YAMLTree.Place) {
    guard !tag.isEmpty, tag != "!", tag != Self.tagPrefix + expected else { return }
    diagnostics.append(
      Diagnostic(
        line: place.line, column: place.column, message: "the tag \"\(YAMLTree.shortened(tag))\" has no meaning here",
        mend: "remove it"))
  }

  private mutating func entries(of mapping: Node.Mapping, depth: Int) -> [YAMLTree.Entry] {
    var own: [YAMLTree.Entry] = []
    var positions: [String: Int] = [:]
    var merged: [YAMLTree.Entry] = []
    for (keyNode, valueNode) in mapping {
      let keyPlace = place(keyNode.mark)
      guard case .scalar(let scalar) = keyNode else {
        diagnostics.append(
          Diagnostic(
            line: keyPlace.line, column: keyPlace.column, message: "a list or a mapping cannot be a key",
            mend: "use a plain word as the key"))
        continue
      }
      let key = Self.unmarked(scalar.string)
      let value = convert(valueNode, depth: depth + 1)
      if key == "<<", scalar.style == .plain {
        merged += mergeEntries(value)
        continue
      }
      if let first = positions[key] {
        diagnostics.append(
          Diagnostic(
            line: keyPlace.line, column: keyPlace.column,
            message: "the key \"\(YAMLTree.shortened(key))\" is given twice, first on line \(own[first].place.line)",
            mend: "remove one of the two"))
        own[first].value = value
      } else {
        positions[key] = own.count
        own.append(YAMLTree.Entry(key: key, place: keyPlace, value: value))
      }
    }
    for entry in merged where positions[entry.key] == nil {
      positions[entry.key] = own.count
      own.append(entry)
    }
    return own
  }

  /// What a merge key (`<<`, <https://yaml.org/type/merge.html>) brings in; earlier mappings win.
  private mutating func mergeEntries(_ value: YAMLTree) -> [YAMLTree.Entry] {
    switch value.content {
    case .mapping(let entries): return entries
    case .sequence(let items): return items.flatMap { mergeEntries($0) }
    case .scalar:
      if !gaveUp {
        diagnostics.append(
          Diagnostic(
            line: value.place.line, column: value.place.column,
            message: "\"<<\" takes a mapping or a list of mappings, found \(value.kind)",
            mend: "give it an alias of a mapping, such as *defaults"))
      }
      return []
    }
  }
}
