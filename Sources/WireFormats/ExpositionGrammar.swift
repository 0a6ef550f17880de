import FleetModel

/// Where one label stands in the body: its name and its value without the quotes, still escaped.
struct LabelSpan {
  var name: Range<Int32>
  var value: Range<Int32>
}

/// Reads a body in one of the two text formats entry by entry, and accepts what Prometheus 3's scrape parser accepts
/// (prometheus/prometheus `model/textparse`), which is laxer than either specification.
///
/// What the fast path and the complete reading do not know better than this, they ask it, so all three agree. The bytes at
/// `base` must outlive the value.
struct ExpositionGrammar {
  enum Entry { case end, help, type, unit, comment, series }

  let base: UnsafePointer<UInt8>
  let count: Int
  let openMetrics: Bool
  /// Of the next unread byte.
  var position = 0

  // What the last entry held; spans into the body.
  var name: Range<Int> = 0..<0
  var text: Range<Int> = 0..<0
  var labels: [LabelSpan] = []
  /// Where the value's first character stands.
  var valueStart = 0
  var value = 0.0
  var timestamp: Int64?
  var exemplar: Exemplar?
  var exemplarLabels: [LabelSpan] = []

  /// The family named by the last TYPE line, `nil` before the first.
  var family: (name: Range<Int>, type: MetricType)?

  /// OpenMetrics: something after a value that ends the reading with an error, but only after that sample was given out.
  private(set) var deferred: ExpositionFault?

  struct Exemplar {
    var value: Double
    var timestamp: Int64?
  }

  init(_ body: UnsafeBufferPointer<UInt8>, openMetrics: Bool) {
    // An empty body may have no address; nothing is ever read through this one then.
    base = body.baseAddress ?? UnsafePointer(bitPattern: 1)!
    count = body.count
    self.openMetrics = openMetrics
  }

  /// The byte at `index`. Past the end: -1, except that a text body counts as ended by a newline.
  @inline(__always)
  func at(_ index: Int) -> Int { index < count ? Int(base[index]) : index == count && !openMetrics ? 10 : -1 }

  func bytes(_ range: Range<Int>) -> UnsafeBufferPointer<UInt8> {
    UnsafeBufferPointer(start: base + range.lowerBound, count: min(range.upperBound, count) - range.lowerBound)
  }

  func bytes(_ range: Range<Int32>) -> UnsafeBufferPointer<UInt8> {
    bytes(Int(range.lowerBound)..<Int(range.upperBound))
  }

  /// Reads the next entry.
  mutating func next() throws(ExpositionFault) -> Entry {
    if let deferred { throw deferred }
    return openMetrics ? try nextOpenMetrics() : try nextText()
  }

  private mutating func nextText() throws(ExpositionFault) -> Entry {
    while true {
      skipBlanks()
      let character = at(position)
      switch character {
      // Prometheus takes a NUL in this place for the end of the body.
      case -1, 0: return .end
      case 10: position += 1
      case 35:
        if let entry = try textComment() { return entry }
        return .end
      case 123: return try series(named: nil)
      case _ where isNameStart(character): return try series(named: scanName())
      default: throw fault("expected a metric name, \"{\" or \"#\" at the start of a line, got \(described(position))")
      }
    }
  }

  private mutating func nextOpenMetrics() throws(ExpositionFault) -> Entry {
    let character = at(position)
    switch character {
    case -1: throw fault("the body does not end with \"# EOF\"; was it cut off?")
    case 35: return try openMetricsComment()
    case 123: return try series(named: nil)
    case _ where isNameStart(character): return try series(named: scanName())
    default:
      throw fault(
        "expected a metric name, \"{\" or \"# \" at the start of a line, got \(described(position)); "
          + "OpenMetrics has no blank lines and no indentation")
    }
  }

  // MARK: - Series

  private mutating func series(named plain: Range<Int>?) throws(ExpositionFault) -> Entry {
    let start = position
    labels.removeAll(keepingCapacity: true)
    name = plain ?? 0..<0
    if !openMetrics { skipBlanks() }
    if at(position) == 123 {
      position += 1
      try labelList(exemplar: false, named: plain != nil)
    }
    if name.isEmpty {
      throw ExpositionFault(
        offset: start, message: "the series has no metric name; write name{…} or {\"name\",…}")
    }
    if openMetrics {
      guard at(position) == 32 else { throw fault("expected one space and a value, got \(described(position))") }
      position += 1
    } else {
      skipBlanks()
    }
    valueStart = position
    try tail()
    return .series
  }

  /// What follows the labels: value, timestamp, exemplar, end of line. `position` is at the value's first character.
  mutating func tail() throws(ExpositionFault) {
    timestamp = nil
    exemplar = nil
    value = try float(stopAtBrace: !openMetrics, what: "value")
    openMetrics ? try openMetricsTail() : try textTail()
  }

  private mutating func textTail() throws(ExpositionFault) {
    skipBlanks()
    let start = position
    var time: Int64 = 0
    while case let digit = at(position), digit >= 48, digit <= 57 {
      let (product, overflow) = time.multipliedReportingOverflow(by: 10)
      let (sum, carried) = product.addingReportingOverflow(Int64(digit - 48))
      guard !overflow, !carried else {
        throw ExpositionFault(offset: start, message: "the timestamp does not fit into 64 bits of milliseconds")
      }
      time = sum
      position += 1
    }
    if position > start {
      timestamp = time
      skipBlanks()
    }
    guard at(position) == 10 else {
      throw fault(
        timestamp == nil
          ? "expected a timestamp in whole milliseconds or the end of the line, got \(described(position))"
          : "expected the end of the line after the timestamp, got \(described(position))")
    }
    position += 1
  }

  private mutating func openMetricsTail() throws(ExpositionFault) {
    if at(position) == 32, !isExemplarStart {
      guard case let next = at(position + 1), next > 0, next != 32, next != 10 else {
        // Prometheus has given the sample out before it stumbles over this.
        deferred =
          at(position + 1) == -1
          ? missingEnd(at: count)
          : ExpositionFault(
            offset: position, message: "expected a timestamp, an exemplar or the end of the line after the value")
        return
      }
      position += 1
      timestamp = try seconds(what: "timestamp")
      guard isExemplarStart || at(position) == 10 else {
        throw fault("expected the end of the line or \" # {\" after the timestamp, got \(described(position))")
      }
    }
    if isExemplarStart { return try readExemplar() }
    switch at(position) {
    case 10: position += 1
    case -1: throw missingEnd(at: count)
    default: deferred = fault("expected a space or the end of the line after the value, got \(described(position))")
    }
  }

  private var isExemplarStart: Bool {
    at(position) == 32 && at(position + 1) == 35 && at(position + 2) == 32 && at(position + 3) == 123
  }

  private mutating func readExemplar() throws(ExpositionFault) {
    position += 4
    exemplarLabels.removeAll(keepingCapacity: true)
    try labelList(exemplar: true, named: true)
    guard at(position) == 32 else {
      throw fault("expected one space and a value after the exemplar's labels, got \(described(position))")
    }
    position += 1
    var read = Exemplar(value: try float(stopAtBrace: false, what: "exemplar value"))
    if at(position) == 32 {
      guard case let next = at(position + 1), next > 0, next != 32, next != 10 else {
        throw fault("expected a timestamp or the end of the line after the exemplar")
      }
      position += 1
      read.timestamp = try seconds(what: "exemplar timestamp")
    }
    switch at(position) {
    case 10: position += 1
    case -1: throw missingEnd(at: count)
    default: throw fault("expected the end of the line after the exemplar, got \(described(position))")
    }
    exemplar = read
  }

  private func missingEnd(at offset: Int) -> ExpositionFault {
    ExpositionFault(offset: offset, message: "the body does not end with \"# EOF\"; was it cut off?")
  }

  // MARK: - Numbers

  private mutating func token(stopAtBrace: Bool) -> Range<Int> {
    let start = position
    while case let character = at(position), character > 0, character != 32, character != 10,
      !stopAtBrace || character != 9 && character != 123
    {
      position += 1
    }
    return start..<position
  }

  private mutating func float(stopAtBrace: Bool, what: String) throws(ExpositionFault) -> Double {
    let range = token(stopAtBrace: stopAtBrace)
    guard !range.isEmpty else { throw fault("expected a \(what), got \(described(position))") }
    do {
      return try FloatText.parse(bytes(range))
    } catch {
      let mend =
        switch error {
        case .syntax where bytes(range).last == 13: "lines must end in a newline alone, without carriage return"
        case .syntax: "write a decimal number, +Inf, -Inf or NaN"
        case .unsupported: "hexadecimal numbers, underscores and native histograms are not part of the format"
        case .range: "it is beyond the range of a 64-bit float"
        }
      throw ExpositionFault(offset: range.lowerBound, message: "bad \(what) \(quoted(bytes(range))): \(mend)")
    }
  }

  /// OpenMetrics times are seconds; like Prometheus, cut to milliseconds, and what does not fit becomes the least time.
  private mutating func seconds(what: String) throws(ExpositionFault) -> Int64 {
    let start = position
    let value = try float(stopAtBrace: false, what: what)
    guard value.isFinite else {
      throw ExpositionFault(
        offset: start, message: "bad \(what) \(quoted(bytes(start..<position))): it must be a finite number of seconds")
    }
    return Int64(exactly: (value * 1000).rounded(.towardZero)) ?? .min
  }

  // MARK: - Characters

  func isNameStart(_ character: Int) -> Bool {
    character | 0x20 >= 97 && character | 0x20 <= 122 && character >= 65 || character == 95 || character == 58
  }

  /// A metric name without quotes; a label's has no colon.
  mutating func scanName(colon: Bool = true) -> Range<Int> {
    let start = position
    while case let character = at(position),
      isNameStart(character) && (colon || character != 58) || character >= 48 && character <= 57
    {
      position += 1
    }
    return start..<position
  }

  @inline(__always)
  mutating func skipBlanks() {
    while position < count, base[position] == 32 || base[position] == 9 { position += 1 }
  }

  func fault(_ message: String) -> ExpositionFault { ExpositionFault(offset: position, message: message) }

  func described(_ index: Int) -> String {
    if index >= count { return "the end of the body" }
    if base[index] == newline { return "the end of the line" }
    return quoted(UnsafeBufferPointer(start: base + index, count: 1))
  }
}
