import FleetModel

/// Reads the agent JSON form metric by metric.
///
/// Keys that it does not know are passed over, so that agents may say more; what it knows must have the right type, once.
struct AgentJSONReader {
  struct LabelText {
    var name: JSONCursor.Text
    var value: JSONCursor.Text
  }

  var cursor: JSONCursor
  private var state = State.start

  // The last metric.
  var name = JSONCursor.Text(range: 0..<0, isEscaped: false)
  var type = MetricType.gauge
  var value = 0.0
  /// Where the value stands in the body.
  var literal = 0..<0
  var labels: [LabelText] = []

  private enum State { case start, inMetrics, done }

  init(_ body: UnsafeBufferPointer<UInt8>) { cursor = JSONCursor(body) }

  /// - Returns: false at the end of the body.
  mutating func next() throws(ExpositionFault) -> Bool {
    switch state {
    case .start:
      guard cursor.take("{") else {
        throw cursor.fault("expected an object {\"metrics\":[…]}, got \(cursor.kind())")
      }
      guard try findMetrics(first: true) else {
        throw cursor.fault("the object has no key \"metrics\"; write {\"metrics\":[…]}")
      }
      guard cursor.peek() == 91 else { throw cursor.fault("expected \"metrics\" as an array, got \(cursor.kind())") }
      cursor.position += 1
      state = .inMetrics
      if cursor.take("]") { return try finish() }
    case .inMetrics:
      if cursor.take("]") { return try finish() }
      try cursor.expect(",", "or \"]\" behind a metric")
    case .done: return false
    }
    try metric()
    return true
  }

  /// Moves behind the key `metrics`; `false` at the end of the object.
  private mutating func findMetrics(first: Bool) throws(ExpositionFault) -> Bool {
    var first = first
    while true {
      if first, cursor.take("}") { return false }
      if !first {
        if cursor.take("}") { return false }
        try cursor.expect(",", "or \"}\"")
      }
      first = false
      let key = try cursor.string("a key")
      try cursor.expect(":", "behind the key")
      if cursor.isEqual(key, "metrics") { return true }
      try cursor.skip()
    }
  }

  private mutating func finish() throws(ExpositionFault) -> Bool {
    state = .done
    if try findMetrics(first: false) { throw cursor.fault("the key \"metrics\" stands twice") }
    guard cursor.peek() == -1 else { throw cursor.fault("there is something behind the closing \"}\"") }
    return false
  }

  private mutating func metric() throws(ExpositionFault) {
    guard cursor.peek() == 123 else { throw cursor.fault("expected a metric as an object, got \(cursor.kind())") }
    let start = cursor.position
    cursor.position += 1
    labels.removeAll(keepingCapacity: true)
    type = .gauge
    var seen: UInt8 = 0
    var isFirst = true
    while !cursor.take("}") {
      if !isFirst { try cursor.expect(",", "or \"}\"") }
      isFirst = false
      _ = cursor.peek()
      let place = cursor.position
      let key = try cursor.string("a key")
      try cursor.expect(":", "behind the key")
      guard let known = try take(key) else {
        try cursor.skip()
        continue
      }
      guard seen & known == 0 else {
        throw ExpositionFault(
          offset: place, message: "the key \(quoted(cursor.bytes(key.range))) stands twice in a metric")
      }
      seen |= known
    }
    if seen & 1 == 0 { throw ExpositionFault(offset: start, message: "the metric has no \"name\"") }
    if seen & 2 == 0 {
      throw ExpositionFault(offset: start, message: "the metric \(quoted(cursor.bytes(name.range))) has no \"value\"")
    }
  }

  /// Reads the value of a known key and gives its bit; `nil` for an unknown one.
  private mutating func take(_ key: JSONCursor.Text) throws(ExpositionFault) -> UInt8? {
    if cursor.isEqual(key, "value") {
      try readValue()
      return 2
    }
    if cursor.isEqual(key, "name") {
      name = try cursor.string("\"name\"")
      guard !name.range.isEmpty else {
        throw ExpositionFault(offset: name.range.lowerBound, message: "the \"name\" of a metric is empty")
      }
      return 1
    }
    if cursor.isEqual(key, "labels") {
      try readLabels()
      return 4
    }
    if cursor.isEqual(key, "type") {
      try readType()
      return 8
    }
    return nil
  }

  /// A number, or in a string what JSON has no number for.
  mutating func readValue() throws(ExpositionFault) {
    switch cursor.peek() {
    case 45, 48...57:
      let start = cursor.position
      value = try cursor.number()
      literal = start..<cursor.position
    case 34:
      let start = cursor.position
      let text = try cursor.string("\"value\"")
      guard let number = try? FloatText.parse(cursor.bytes(text.range)) else {
        throw ExpositionFault(
          offset: start,
          message: "bad value \(quoted(cursor.bytes(text.range))): write a number, or \"NaN\", \"+Inf\", \"-Inf\"")
      }
      value = number
      literal = start..<cursor.position
    case 123, 91:
      throw cursor.fault(
        "expected \"value\" as a number, got \(cursor.kind()); send each bucket or quantile of a histogram or summary as a "
          + "metric of its own: NAME_bucket with the label le, NAME with the label quantile, NAME_sum, NAME_count")
    default: throw cursor.fault("expected \"value\" as a number, got \(cursor.kind())")
    }
  }

  private mutating func readType() throws(ExpositionFault) {
    let text = try cursor.string("\"type\"")
    let known: [(StaticString, MetricType)] = [
      ("gauge", .gauge), ("counter", .counter), ("histogram", .histogram), ("summary", .summary),
    ]
    guard let (_, found) = known.first(where: { cursor.isEqual(text, $0.0) }) else {
      throw ExpositionFault(
        offset: text.range.lowerBound,
        message: "unknown type \(quoted(cursor.bytes(text.range))); expected counter, gauge, histogram or summary")
    }
    type = found
  }

  private mutating func readLabels() throws(ExpositionFault) {
    guard cursor.peek() == 123 else { throw cursor.fault("expected \"labels\" as an object, got \(cursor.kind())") }
    cursor.position += 1
    if cursor.take("}") { return }
    repeat {
      let name = try cursor.string("a label name")
      let place = name.range.lowerBound
      if name.range.isEmpty { throw ExpositionFault(offset: place, message: "a label name is empty") }
      if cursor.isEqual(name, "__name__") {
        throw ExpositionFault(offset: place, message: "the label \"__name__\" is the metric's \"name\"; leave it out")
      }
      try cursor.expect(":", "behind the label name")
      let nameBytes = cursor.bytes(name.range)
      let value = try cursor.string("the value of the label \(quoted(nameBytes))")
      labels.append(LabelText(name: name, value: value))
    } while cursor.take(",")
    try cursor.expect("}", "or \",\" behind a label")
  }
}

extension LabelCanonicalizer {
  /// The labels of the reader's last metric, as they are.
  mutating func take(_ reader: borrowing AgentJSONReader, scratch: inout [UInt8]) {
    begin()
    func decoded(_ text: JSONCursor.Text, _ scratch: inout [UInt8], _ body: (UnsafeBufferPointer<UInt8>) -> Void) {
      if !text.isEscaped { return body(reader.cursor.bytes(text.range)) }
      scratch.removeAll(keepingCapacity: true)
      reader.cursor.decode(text, into: &scratch)
      scratch.withUnsafeBufferPointer(body)
    }
    decoded(reader.name, &scratch) { append(name: Self.metricName, value: $0, escaped: false) }
    for label in reader.labels {
      // Two scratches would be needed for a name with an escape; such names are rare enough for an array of their own.
      if label.name.isEscaped {
        var name: [UInt8] = []
        reader.cursor.decode(label.name, into: &name)
        decoded(label.value, &scratch) { append(name: name, value: $0, escaped: false) }
      } else {
        decoded(label.value, &scratch) {
          append(name: reader.cursor.bytes(label.name.range), value: $0, escaped: false)
        }
      }
    }
    finish()
  }
}
