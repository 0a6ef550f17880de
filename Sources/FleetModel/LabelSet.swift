/// One `name="value"` pair of a series.
public struct Label: Hashable, Sendable {
  public var name: String
  public var value: String

  public init(_ name: String, _ value: String) {
    self.name = name
    self.value = value
  }
}

/// The labels that identify a series, the metric's name among them as `__name__`; sorted by name, no name twice.
///
/// Held as one run of bytes, for each label in turn: length of the name (LEB128), name, length of the value, value.
/// Equality and hashing work on these bytes, so they cost one pass and no allocation. An empty value counts as no label,
/// as everywhere in Prometheus.
public struct LabelSet: Hashable, Sendable {
  /// The label that holds the metric's name.
  public static let metricName = "__name__"

  /// The canonical bytes; see the type's description.
  public let encoded: [UInt8]

  public init() { encoded = [] }

  /// Takes labels in any order. Where a name occurs twice the last one counts; those with an empty value are left out.
  /// O(n log n) in the number of labels.
  public init(_ labels: some Sequence<Label>) {
    var sorted = Array(labels)
    if !zip(sorted, sorted.dropFirst()).allSatisfy({ $0.name.utf8.lexicographicallyPrecedes($1.name.utf8) }) {
      sorted = Dictionary(sorted.map { ($0.name, $0) }, uniquingKeysWith: { $1 }).values
        .sorted { $0.name.utf8.lexicographicallyPrecedes($1.name.utf8) }
    }
    var bytes: [UInt8] = []
    bytes.reserveCapacity(sorted.reduce(0) { $0 + $1.name.utf8.count + $1.value.utf8.count + 4 })
    for label in sorted where !label.value.isEmpty {
      Self.append(label.name, to: &bytes)
      Self.append(label.value, to: &bytes)
    }
    encoded = bytes
  }

  /// Takes bytes that already are a canonical encoding (see the type's description): names rising, none twice, no empty
  /// value. For parsers that write this form themselves; nothing is checked. O(1).
  public init(canonicalEncoding bytes: [UInt8]) { encoded = bytes }

  public init(_ labels: [String: String]) { self.init(labels.map { Label($0.key, $0.value) }) }

  private static func append(_ text: String, to bytes: inout [UInt8]) {
    var text = text
    text.withUTF8 { utf8 in
      var length = utf8.count
      while length >= 0x80 {
        bytes.append(UInt8(truncatingIfNeeded: length) | 0x80)
        length >>= 7
      }
      bytes.append(UInt8(truncatingIfNeeded: length))
      bytes.append(contentsOf: utf8)
    }
  }

  public var isEmpty: Bool { encoded.isEmpty }

  /// The value of the label called `name`; `nil` if there is none. O(bytes of the set).
  public subscript(name: String) -> String? {
    for label in self where label.name == name { return label.value }
    return nil
  }

  /// The metric's name, empty if the set has none.
  public var metricName: String { self[Self.metricName] ?? "" }

  /// This set with `name` set to `value`, or without `name` where `value` is empty.
  public func setting(_ name: String, to value: String) -> LabelSet {
    LabelSet(self.filter { $0.name != name } + [Label(name, value)])
  }

  /// This set without the labels in `names`.
  public func removing(_ names: String...) -> LabelSet { LabelSet(self.filter { !names.contains($0.name) }) }

  public var dictionary: [String: String] {
    Dictionary(self.map { ($0.name, $0.value) }, uniquingKeysWith: { $1 })
  }
}

extension LabelSet: Sequence {
  public func makeIterator() -> Iterator { Iterator(bytes: encoded) }

  public struct Iterator: IteratorProtocol {
    let bytes: [UInt8]
    var position = 0

    public mutating func next() -> Label? {
      guard position < bytes.count else { return nil }
      let name = text()
      return Label(name, text())
    }

    private mutating func text() -> String {
      var length = 0
      var shift = 0
      while true {
        let byte = bytes[position]
        position += 1
        length |= Int(byte & 0x7f) << shift
        if byte < 0x80 { break }
        shift += 7
      }
      defer { position += length }
      return String(decoding: bytes[position..<position + length], as: UTF8.self)
    }
  }
}

extension LabelSet: CustomStringConvertible {
  /// As Prometheus writes a series: `up{agent_id="planner"}`.
  public var description: String {
    var name = ""
    var pairs: [String] = []
    for label in self {
      if label.name == Self.metricName {
        name = label.value
      } else {
        pairs.append("\(label.name)=\"\(Self.escape(label.value))\"")
      }
    }
    return pairs.isEmpty && !name.isEmpty ? name : "\(name){\(pairs.joined(separator: ", "))}"
  }

  private static func escape(_ value: String) -> String {
    var text = ""
    for character in value.unicodeScalars {
      switch character {
      case "\\": text += "\\\\"
      case "\"": text += "\\\""
      case "\n": text += "\\n"
      default: text.unicodeScalars.append(character)
      }
    }
    return text
  }
}
