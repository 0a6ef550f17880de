/// Writes a ``YAMLTree`` as YAML: block style, two spaces of indentation, keys in the order given, one way for each value.
///
/// The same tree always gives the same bytes, and no line is folded. Texts are quoted as ``ScalarStyle`` says; scalars
/// that the tree calls plain (numbers, booleans, and whatever a foreign file writes without quotes) stand as they are.
public enum CanonicalYAML {
  /// The document without a leading `---`, with a line feed at its end. O(bytes).
  public static func text(of tree: YAMLTree) -> String {
    var text = ""
    append(tree, to: &text)
    return text
  }

  static func append(_ tree: YAMLTree, to text: inout String) {
    write(tree, indentation: 0, to: &text)
    if text.utf8.last != 10 { text += "\n" }
  }

  /// Writes what follows the indentation of its first line. The depth of trees is bounded by who makes them.
  private static func write(_ tree: YAMLTree, indentation: Int, to text: inout String) {
    switch tree.content {
    case .scalar(let scalar, let plain): write(scalar, plain: plain, indentation: indentation, to: &text)
    case .sequence(let items) where items.isEmpty: text += "[]"
    case .mapping(let entries) where entries.isEmpty: text += "{}"
    case .sequence(let items):
      for (index, item) in items.enumerated() {
        if index > 0 { beginLine(indentation, &text) }
        text += "- "
        write(item, indentation: indentation + 2, to: &text)
      }
    case .mapping(let entries):
      for (index, entry) in entries.enumerated() {
        if index > 0 { beginLine(indentation, &text) }
        if ScalarStyle.isPlain(entry.key) { text += entry.key } else { writeQuoted(entry.key, to: &text) }
        text += ":"
        if entry.value.isNested { beginLine(indentation + 2, &text) } else { text += " " }
        write(entry.value, indentation: indentation + 2, to: &text)
      }
    }
  }

  private static func beginLine(_ indentation: Int, _ text: inout String) {
    if text.utf8.last != 10 { text += "\n" }
    for _ in 0..<indentation { text += " " }
  }

  private static func write(_ scalar: String, plain: Bool, indentation: Int, to text: inout String) {
    // A foreign file's plain text over several lines has been folded already.
    if plain, !scalar.utf8.contains(10) {
      text += scalar.isEmpty ? "null" : scalar
      return
    }
    switch ScalarStyle(of: scalar) {
    case .plain: text += scalar
    case .quoted: writeQuoted(scalar, to: &text)
    case .literal: writeLiteral(scalar, indentation: indentation, to: &text)
    }
  }

  private static func writeLiteral(_ scalar: String, indentation: Int, to text: inout String) {
    let feeds = scalar.utf8.reversed().prefix { $0 == 10 }.count
    text += feeds == 0 ? "|-\n" : feeds == 1 ? "|\n" : "|+\n"
    // At the top of a document a block would not stand out from the next one.
    let margin = String(repeating: " ", count: max(2, indentation))
    let lines = scalar.utf8.dropLast(min(feeds, 1)).split(separator: 10, omittingEmptySubsequences: false)
    for line in lines {
      if !line.isEmpty { text += margin + String(Substring(line)) }
      text += "\n"
    }
  }

  /// <https://yaml.org/spec/1.1/#escaping%20in%20double-quoted%20style/>, of which only what JSON has too, and `\U`.
  private static func writeQuoted(_ scalar: String, to text: inout String) {
    text += "\""
    for character in scalar.unicodeScalars {
      switch character {
      case "\"": text += "\\\""
      case "\\": text += "\\\\"
      case "\n": text += "\\n"
      case "\t": text += "\\t"
      case "\r": text += "\\r"
      case _ where ScalarStyle.isPrintable(character): text.unicodeScalars.append(character)
      default:
        let digits = String(character.value, radix: 16)
        let width = digits.utf8.count <= 4 ? 4 : 8
        text += (width == 4 ? "\\u" : "\\U") + String(repeating: "0", count: width - digits.utf8.count) + digits
      }
    }
    text += "\""
  }
}

extension YAMLTree {
  /// Whether it takes lines of its own.
  fileprivate var isNested: Bool {
    switch content {
    case .scalar: false
    case .sequence(let items): !items.isEmpty
    case .mapping(let entries): !entries.isEmpty
    }
  }
}
