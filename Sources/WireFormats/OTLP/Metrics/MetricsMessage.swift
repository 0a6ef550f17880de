import FleetModel

/// Reads an `ExportMetricsServiceRequest` (`opentelemetry/proto/metrics/v1/metrics.proto`) and writes what it holds as a
/// `prometheus.WriteRequest`. Fields may come in any order, as protobuf allows.
///
/// 1. A resource gives `job`, `instance`, the agent and `target_info`; 2. a metric its family's name and metadata; 3. each of its
/// points labels, and one series or, of a classic histogram or summary, several.
struct MetricsMessage {
  let message: UnsafeRawBufferPointer
  let limits: OTLPLimits
  var output = WireBytes()
  var points = 0
  private(set) var rejections = OTLPRejections()
  var labels = PointLabels()
  /// The attributes of the point that is being read.
  var attributes: [Range<Int>] = []
  /// The exemplars of the point that is being read.
  var exemplars: [PointExemplar] = []
  var records: RecordCount
  private var resource = Resource()

  /// What the points of one resource have in common.
  private struct Resource {
    var job: [UInt8] = []
    var instance: [UInt8] = []
    var agent: [UInt8] = []
    var rank = AgentName.unknown
    /// Those that say something in `target_info`.
    var attributes: [Range<Int>] = []
    /// Of the latest point, in milliseconds; `nil` before the first.
    var latest: Int64?
    var flaw: String?
  }

  init(_ message: UnsafeRawBufferPointer, _ limits: OTLPLimits) {
    self.message = message
    self.limits = limits
    records = RecordCount(limit: limits.records, of: "data points, metrics, resources and scopes")
  }

  mutating func read() throws(WireFault) {
    output.reserve(message.count * 2)
    var cursor = WireCursor(message, 0..<message.count)
    while !cursor.isAtEnd {
      let tag = try cursor.varint()
      if tag == 0x0a { try readResourceMetrics(try cursor.content()) } else { try cursor.skip(tag) }
    }
  }

  func bytes(_ range: Range<Int>) -> UnsafeRawBufferPointer { UnsafeRawBufferPointer(rebasing: message[range]) }

  // MARK: resources

  private mutating func readResourceMetrics(_ range: Range<Int>) throws(WireFault) {
    try records.note(at: range.lowerBound)
    resource = try readResource(range)
    var cursor = WireCursor(message, range)
    while !cursor.isAtEnd {
      let tag = try cursor.varint()
      guard tag == 0x12 else {
        try cursor.skip(tag)
        continue
      }
      let scope = try cursor.content()
      try records.note(at: scope.lowerBound)
      var fields = WireCursor(message, scope)
      while !fields.isAtEnd {
        let tag = try fields.varint()
        if tag == 0x12 { try readMetric(try fields.content()) } else { try fields.skip(tag) }
      }
    }
    if let time = resource.latest { try writeTargetInfo(at: time) }
  }

  private func readResource(_ range: Range<Int>) throws(WireFault) -> Resource {
    var resource = Resource()
    var namespace: [UInt8] = []
    var name: [UInt8] = []
    try ResourceFields.attributes(of: range, in: message) { content throws(WireFault) in
      let attribute = try KeyedValue(message, content)
      if let problem = problem(in: attribute) { resource.flaw = resource.flaw ?? problem }
      guard case .string(let text) = attribute.value else { return resource.attributes.append(content) }
      note(attribute.key, text, in: &resource)
      switch bytes(attribute.key) {
      case let key where key.elementsEqual("service.name".utf8): name = Array(message[text])
      case let key where key.elementsEqual("service.namespace".utf8): namespace = Array(message[text])
      case let key where key.elementsEqual("service.instance.id".utf8): resource.instance = Array(message[text])
      default: resource.attributes.append(content)
      }
    }
    if resource.attributes.count > limits.attributes {
      resource.flaw = resource.flaw ?? "it has more than \(limits.attributes) attributes"
    }
    if !name.isEmpty { resource.job = namespace.isEmpty ? name : namespace + [UInt8(ascii: "/")] + name }
    if resource.agent.isEmpty { resource.agent = Array("unknown_service".utf8) }
    return resource
  }

  private func note(_ key: Range<Int>, _ text: Range<Int>, in resource: inout Resource) {
    let rank = AgentName.rank(of: bytes(key), ofResource: true)
    guard rank < resource.rank, !text.isEmpty else { return }
    resource.rank = rank
    resource.agent = Array(message[text])
  }

  private mutating func writeTargetInfo(at time: Int64) throws(WireFault) {
    guard !resource.attributes.isEmpty, !resource.job.isEmpty || !resource.instance.isEmpty else { return }
    labels.begin()
    for content in resource.attributes { _ = try addAttribute(content) }
    addOwnLabels(agent: resource.agent)
    labels.addSlot("__name__", .metricName)
    labels.finish()
    let name = Array("target_info".utf8)
    writeFamily(
      name: name, type: .gauge, help: Array("Attributes of the resource that sent metrics.".utf8)[...], unit: [])
    writeSeries(name: name) { $0.sample(time, 1) }
  }

  private mutating func addOwnLabels(agent: [UInt8]) {
    if !resource.job.isEmpty { labels.addOwn("job", resource.job) }
    if !resource.instance.isEmpty { labels.addOwn("instance", resource.instance) }
    if !labels.hasAttribute("agent_id") { labels.addOwn("agent_id", agent) }
  }

  // MARK: points

  mutating func reject(_ count: Int = 1, _ metric: MetricFields, _ words: String) {
    let name = quoted(bytes(metric.name).assumingMemoryBound(to: UInt8.self))
    rejections.add(count, "metric \(name): \(words)")
  }

  /// What is wrong with all points of the resource.
  var flaw: String? { resource.flaw.map { "its resource cannot be read: \($0)" } }

  /// Makes the labels of the point whose attributes were read.
  ///
  /// - Parameter bound: the name of the label that tells the series of the point apart.
  /// - Returns: what is wrong with them.
  mutating func makeLabels(bound: StaticString?) throws(WireFault) -> String? {
    if attributes.count > limits.attributes {
      return "a point has \(attributes.count) attributes and may have \(limits.attributes); record fewer"
    }
    labels.begin()
    var agent = resource.agent
    var rank = AgentName.unknown
    for content in attributes {
      let (attribute, problem) = try addAttribute(content)
      if let problem { return problem }
      guard case .string(let text) = attribute.value, !text.isEmpty else { continue }
      let found = AgentName.rank(of: bytes(attribute.key), ofResource: false)
      if found < rank {
        rank = found
        agent = Array(message[text])
      }
    }
    addOwnLabels(agent: agent)
    labels.addSlot("__name__", .metricName)
    if let bound { labels.addSlot(bound, .bound) }
    labels.finish()
    return nil
  }

  /// - Returns: the attribute, and what is wrong with it.
  private mutating func addAttribute(_ content: Range<Int>) throws(WireFault) -> (KeyedValue, String?) {
    let attribute = try KeyedValue(message, content)
    if let problem = problem(in: attribute) { return (attribute, problem) }
    do throws(NestedValue.Flaw) {
      try labels.addAttribute(bytes(attribute.key)) { text throws(NestedValue.Flaw) in
        try LabelText.append(attribute.value, of: message, limits, to: &text)
      }
    } catch {
      let key = quoted(bytes(attribute.key).assumingMemoryBound(to: UInt8.self))
      return (attribute, "the value of attribute \(key) \(error.problem)")
    }
    return (attribute, nil)
  }

  private func problem(in attribute: KeyedValue) -> String? {
    if attribute.key.isEmpty { return "an attribute has no key" }
    if let problem = WireText.problem(of: bytes(attribute.key), limits) { return problem }
    guard case .string(let text) = attribute.value else { return nil }
    return WireText.problem(of: bytes(text), limits)
  }

  /// Whether there is room for so many series of the point whose labels were made.
  func hasRoom(forSeries count: Int, _ name: [UInt8]) -> Bool {
    let each = labels.byteCount + name.count + 64
    return output.count + count * each <= limits.writtenBytes
  }

  /// Notes that a point was taken.
  mutating func took(at time: Int64) {
    points += 1
    resource.latest = max(resource.latest ?? time, time)
  }

  /// Writes a `prometheus.TimeSeries` with the labels that were made last.
  @inline(__always)
  mutating func writeSeries(name: [UInt8], bound: [UInt8] = [], _ content: (inout WireBytes) -> Void) {
    let labels = labels
    output.message(0x0a) {
      labels.write(name: name, bound: bound, to: &$0)
      content(&$0)
    }
  }

  /// Writes a `prometheus.MetricMetadata`.
  mutating func writeFamily(name: [UInt8], type: MetricType, help: ArraySlice<UInt8>, unit: [UInt8]) {
    let number: Int64 =
      switch type {
      case .counter: 1
      case .gauge: 2
      case .histogram: 3
      case .summary: 5
      case .gaugehistogram, .info, .stateset, .unknown: 0
      }
    output.message(0x1a) {
      $0.number(0x08, number)
      $0.field(0x12, name)
      $0.field(0x22, help)
      $0.field(0x2a, unit)
    }
  }
}

/// A `KeyValue`.
struct KeyedValue {
  private(set) var key: Range<Int>
  private(set) var value = AnyValue.none

  init(_ message: UnsafeRawBufferPointer, _ range: Range<Int>) throws(WireFault) {
    key = range.lowerBound..<range.lowerBound
    var cursor = WireCursor(message, range)
    while !cursor.isAtEnd {
      let tag = try cursor.varint()
      switch tag {
      case 0x0a: key = try cursor.content()
      case 0x12: value = try AnyValue(message, try cursor.content())
      default: try cursor.skip(tag)
      }
    }
  }
}

/// Values of attributes as labels have them: OpenTelemetry's string form of a non-string attribute value
/// (<https://opentelemetry.io/docs/specs/otel/common/#attribute-value>).
enum LabelText {
  static func append(
    _ value: AnyValue, of message: UnsafeRawBufferPointer, _ limits: OTLPLimits, to text: inout [UInt8]
  ) throws(NestedValue.Flaw) {
    switch value {
    case .none: break
    case .string(let range): text.append(contentsOf: message[range])
    case .bool(let value): text.append(contentsOf: (value ? "true" : "false").utf8)
    case .int(let value): text.append(contentsOf: String(value).utf8)
    case .double(let bits): text.append(contentsOf: number(Double(bitPattern: bits)).utf8)
    case .bytes(let range): Base64Text.append(UnsafeRawBufferPointer(rebasing: message[range]), to: &text)
    case .array, .list:
      var json = NestedValue(message, limits)
      try json.write(value, to: &text)
    }
  }

  /// As JavaScript, and so Go's JSON, writes numbers: with an exponent below 1e-6 and from 1e21 on.
  static func number(_ value: Double) -> String {
    if !value.isFinite || value == 0 { return FloatText.formatPlain(value) }
    if value.magnitude >= 1e-6, value.magnitude < 1e21 { return FloatText.formatPlain(value) }
    return FloatText.format(value).replacing("e-0", with: "e-")
  }
}
