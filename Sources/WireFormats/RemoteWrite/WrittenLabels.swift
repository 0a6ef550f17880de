import FleetModel

/// Labels that cannot be those of a series.
public struct WrittenLabelFlaw: Error, Sendable, Hashable, CustomStringConvertible {
  public var problem: String
  public var description: String { problem }
}

/// Puts a series' labels, checked one by one in the order in which they were sent, into the form in which the store takes them.
struct WrittenLabels {
  private var encoded: [UInt8] = []
  private var previous: UnsafeRawBufferPointer?
  private var hasName = false

  init(reserving bytes: Int) { encoded.reserveCapacity(bytes) }

  /// A label with an empty value is left out, as everywhere in Prometheus.
  ///
  /// - Parameter name: stays readable until the next call.
  mutating func add(_ name: UnsafeRawBufferPointer, _ value: UnsafeRawBufferPointer) throws(WrittenLabelFlaw) {
    if let problem = Self.problem(in: name, value, after: previous) { throw WrittenLabelFlaw(problem: problem) }
    previous = name
    if value.isEmpty { return }
    if name.elementsEqual(LabelSet.metricName.utf8) { hasName = true }
    append(name)
    append(value)
  }

  /// - Throws: ``WrittenLabelFlaw`` if there is no metric's name among them.
  func finish() throws(WrittenLabelFlaw) -> LabelSet {
    guard hasName else { throw WrittenLabelFlaw(problem: "a series has no label __name__") }
    return LabelSet(canonicalEncoding: encoded)
  }

  private static func problem(
    in name: UnsafeRawBufferPointer, _ value: UnsafeRawBufferPointer, after previous: UnsafeRawBufferPointer?
  ) -> String? {
    if name.isEmpty { return "a label has no name" }
    guard let text = String(validating: name, as: UTF8.self) else { return "the name of a label is not UTF-8" }
    guard String(validating: value, as: UTF8.self) != nil else { return "the value of label \"\(text)\" is not UTF-8" }
    guard let previous else { return nil }
    if previous.elementsEqual(name) { return "label \"\(text)\" is given twice" }
    return previous.lexicographicallyPrecedes(name) ? nil : "the labels are not sorted: \"\(text)\" comes too late"
  }

  private mutating func append(_ text: UnsafeRawBufferPointer) {
    var length = text.count
    while length >= 0x80 {
      encoded.append(UInt8(truncatingIfNeeded: length) | 0x80)
      length >>= 7
    }
    encoded.append(UInt8(truncatingIfNeeded: length))
    encoded.append(contentsOf: text)
  }
}
