public import FleetModel

/// A body read in full, for people who check an exporter: every entry in order, and the first error.
///
/// The same grammar as ``CollectionParser``'s, so both accept the same bodies and see the same samples. Costs allocations for
/// every entry.
public struct ExpositionDocument: Sendable, Hashable {
  public enum Entry: Sendable, Hashable {
    case help(metric: String, text: String)
    case type(metric: String, type: MetricType)
    case unit(metric: String, text: String)
    /// With its `#`.
    case comment(String)
    case series(Series)
  }

  public struct Series: Sendable, Hashable {
    /// Sorted by name, `__name__` among them; of equal names the last; with those whose value is empty.
    public var labels: [Label]
    /// Of a native histogram the number of observations.
    public var value: Double
    public var timestamp: Timestamp?
    public var exemplars: [Exemplar]
    public var histogram: NativeHistogram?

    /// As Prometheus prints it: the shortest text that reads back the same.
    public var valueText: String { FloatText.format(value) }
  }

  public struct Exemplar: Sendable, Hashable {
    public var labels: [Label]
    public var value: Double
    public var timestamp: Timestamp?
  }

  /// Up to the error, if there is one.
  public private(set) var entries: [Entry] = []
  public private(set) var error: ExpositionError?

  public init(_ body: [UInt8], format: ExpositionFormat) {
    self = body.withUnsafeBytes { ExpositionDocument($0, format: format) }
  }

  public init(_ body: UnsafeRawBufferPointer, format: ExpositionFormat) {
    let bytes = body.bindMemory(to: UInt8.self)
    guard bytes.count < 1 << 30 else {
      error = ExpositionError(line: 1, column: 1, message: "the body has \(bytes.count) bytes; 1 GiB is too many")
      return
    }
    do {
      switch format {
      case .agentJSON: try readJSON(bytes)
      case .prometheusProtobuf: try readFamilies(body)
      case .prometheusText, .openMetrics: try readText(bytes, openMetrics: format == .openMetrics)
      }
    } catch {
      self.error = ExpositionError(error, in: bytes, format)
    }
  }

  private mutating func readText(_ body: UnsafeBufferPointer<UInt8>, openMetrics: Bool) throws(ExpositionFault) {
    var grammar = ExpositionGrammar(body, openMetrics: openMetrics)
    while true {
      let entry = try grammar.next()
      switch entry {
      case .end: return
      case .help:
        var text: [UInt8] = []
        LabelCanonicalizer.unescape(grammar.bytes(grammar.text), quotes: openMetrics, into: &text)
        entries.append(.help(metric: Self.string(grammar.bytes(grammar.name)), text: Self.string(text)))
      case .type:
        entries.append(
          .type(metric: Self.string(grammar.bytes(grammar.name)), type: grammar.family?.type ?? .unknown))
      case .unit:
        entries.append(
          .unit(metric: Self.string(grammar.bytes(grammar.name)), text: Self.string(grammar.bytes(grammar.text))))
      case .comment: entries.append(.comment(Self.string(grammar.bytes(grammar.text))))
      case .series: entries.append(.series(Self.series(grammar)))
      }
    }
  }

  private static func series(_ grammar: borrowing ExpositionGrammar) -> Series {
    var labels = [Label(LabelSet.metricName, unescaped(grammar.bytes(grammar.name)))]
    for label in grammar.labels {
      let name = unescaped(grammar.bytes(label.name))
      var value = unescaped(grammar.bytes(label.value))
      let type = grammar.family?.type
      if name == "le" && type == .histogram || name == "quantile" && type == .summary {
        value = LabelCanonicalizer.normalized(grammar.bytes(label.value)) ?? value
      }
      labels.append(Label(name, value))
    }
    var exemplars: [Exemplar] = []
    if let exemplar = grammar.exemplar {
      // Prometheus leaves the escapes in an exemplar's labels as they are.
      let labels = grammar.exemplarLabels.map { label in
        Label(string(grammar.bytes(label.name)), string(grammar.bytes(label.value)))
      }
      exemplars.append(
        Exemplar(
          labels: sorted(labels), value: exemplar.value,
          timestamp: exemplar.timestamp.map { Timestamp(milliseconds: $0) }))
    }
    return Series(
      labels: sorted(labels), value: grammar.value,
      timestamp: grammar.timestamp.map { Timestamp(milliseconds: $0) }, exemplars: exemplars)
  }

  private mutating func readFamilies(_ body: UnsafeRawBufferPointer) throws(ExpositionFault) {
    var reader = FamilyReader(body)
    var families = FamilyEntries(body)
    defer { entries = families.entries }
    try reader.run(&families)
  }

  private mutating func readJSON(_ body: UnsafeBufferPointer<UInt8>) throws(ExpositionFault) {
    var reader = AgentJSONReader(body)
    var types: [String: MetricType] = [:]
    while try reader.next() {
      let name = reader.cursor.string(reader.name)
      if types[name] != reader.type {
        types[name] = reader.type
        entries.append(.type(metric: name, type: reader.type))
      }
      var labels = [Label(LabelSet.metricName, name)]
      for label in reader.labels {
        labels.append(Label(reader.cursor.string(label.name), reader.cursor.string(label.value)))
      }
      entries.append(.series(Series(labels: Self.sorted(labels), value: reader.value, timestamp: nil, exemplars: [])))
    }
  }

  /// By name in byte order; of equal names the last stays.
  static func sorted(_ labels: [Label]) -> [Label] {
    var result: [Label] = []
    for label in labels.sorted(by: { $0.name.utf8.lexicographicallyPrecedes($1.name.utf8) }) {
      if let last = result.last, last.name.utf8.elementsEqual(label.name.utf8) { result.removeLast() }
      result.append(label)
    }
    return result
  }

  private static func unescaped(_ bytes: UnsafeBufferPointer<UInt8>) -> String {
    var text: [UInt8] = []
    LabelCanonicalizer.unescape(bytes, quotes: true, into: &text)
    return string(text)
  }

  private static func string(_ bytes: some Collection<UInt8>) -> String { String(decoding: bytes, as: UTF8.self) }
}
