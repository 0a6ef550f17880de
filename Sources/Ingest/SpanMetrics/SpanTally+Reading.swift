import FleetModel

/// What a row of an operation says.
struct OperationReading: Sendable {
  var key: UInt64
  var latency: NativeHistogram
  var slowest: SpanObservation?
}

/// What a row of an edge says.
struct EdgeReading: Sendable {
  var key: UInt64
  var failed: Double
  var server: NativeHistogram
  /// `nil` where no caller said.
  var client: NativeHistogram?
  var slowest: SpanObservation?
  var slowestCall: SpanObservation?
  var lastFailed: SpanObservation?
}

/// Rows that went: their series end.
struct GoneRows: Sendable {
  var operations: [UInt64] = []
  var edges: [UInt64] = []
  var renumbered: Renumbering?
}

/// What the tally says, for the series.
extension SpanTally {
  mutating func readOperations(_ range: Range<Int>) -> [OperationReading] {
    range.clamped(to: 0..<operations.count).map { position in
      let key = operations.key(at: position)
      return operations.withRow(position) { row in
        OperationReading(key: key, latency: row.latency.histogram, slowest: row.slowest.take())
      }
    }
  }

  mutating func readEdges(_ range: Range<Int>) -> [EdgeReading] {
    range.clamped(to: 0..<edges.count).map { position in
      let key = edges.key(at: position)
      return edges.withRow(position) { row in
        defer { row.lastFailed = nil }
        return EdgeReading(
          key: key, failed: row.failed, server: row.server.histogram,
          client: row.client.count > 0 ? row.client.histogram : nil, slowest: row.slowest.take(),
          slowestCall: row.slowestCall.take(), lastFailed: row.lastFailed)
      }
    }
  }

  /// Without the metric's name.
  func operationLabels(_ key: UInt64) -> [Label] {
    var labels = [
      Label("span_kind", Self.name(of: RowKey.kind(key))), Label("status_code", Self.name(of: RowKey.state(key))),
    ]
    let (agent, name) = (RowKey.agent(key), RowKey.name(key))
    if agent != RowKey.overflow { labels.append(Label("agent_id", agents.text(agent))) }
    if name != RowKey.overflow { labels.append(Label("span_name", names.text(name))) }
    if agent == RowKey.overflow || name == RowKey.overflow { labels.append(SpanMetricName.overflow) }
    return labels
  }

  func edgeLabels(_ key: UInt64) -> [Label] {
    if key == RowKey.edgeOverflow { return [SpanMetricName.overflow] }
    let server = agents.text(RowKey.server(key))
    // Rules look for agents by the last one.
    let labels = [Label("client", agents.text(RowKey.client(key))), Label("server", server), Label("agent_id", server)]
    return RowKey.isMessage(key) ? labels + [Label("connection_type", "messaging_system")] : labels
  }

  /// Lets go of rows in which nothing was counted for long, of children that have waited too long, and of names that no row
  /// has any more.
  mutating func expire(now: UInt32) -> GoneRows {
    recent.expire(now: now)
    let lifetime = UInt32(clamping: configuration.seriesLifetime.components.seconds)
    var gone = GoneRows()
    gone.operations = operations.removeAll { now &- $0.counted > lifetime }
    gone.edges = edges.removeAll { now &- $0.counted > lifetime }
    gone.renumbered = renumber()
    return gone
  }

  /// Lets go of names that no row has, once they are many; agents, which remembered spans have too, only when there is no room
  /// for others, and those spans with them.
  ///
  /// - Returns: `nil` where nothing has changed.
  private mutating func renumber() -> Renumbering? {
    let isCrowded = agents.count >= configuration.maximumAgents
    guard isCrowded || names.count > 2 * operations.count + 1024 else { return nil }
    var changed = Renumbering()
    var keptNames = NameNumbers(names.hash)
    var keptAgents = NameNumbers(agents.hash)
    for position in 0..<operations.count {
      let key = operations.key(at: position)
      Self.keep(RowKey.name(key), of: names, in: &keptNames, &changed.names)
      Self.keep(RowKey.agent(key), of: agents, in: &keptAgents, &changed.agents)
    }
    for position in 0..<edges.count {
      let key = edges.key(at: position)
      Self.keep(RowKey.client(key), of: agents, in: &keptAgents, &changed.agents)
      Self.keep(RowKey.server(key), of: agents, in: &keptAgents, &changed.agents)
    }
    names = keptNames
    if isCrowded, keptAgents.count < agents.count {
      agents = keptAgents
      recent.forget()
    } else {
      changed.agents = [:]
    }
    operations.rekey { RowKey.operation($0, changed) }
    edges.rekey { RowKey.edge($0, changed) }
    return changed
  }

  private static func keep(
    _ number: Int32, of names: borrowing NameNumbers, in kept: inout NameNumbers, _ changed: inout [Int32: Int32]
  ) {
    guard number != RowKey.overflow, changed[number] == nil else { return }
    var text = names.text(number)
    changed[number] = text.withUTF8 { utf8 in
      let bytes = UnsafeRawBufferPointer(utf8)
      return kept.find(bytes) ?? kept.add(bytes)
    }
  }

  /// As the OpenTelemetry collector's `spanmetrics` connector writes it.
  private static func name(of kind: SpanKind) -> String {
    switch kind {
    case .unspecified: "SPAN_KIND_UNSPECIFIED"
    case .internal: "SPAN_KIND_INTERNAL"
    case .server: "SPAN_KIND_SERVER"
    case .client: "SPAN_KIND_CLIENT"
    case .producer: "SPAN_KIND_PRODUCER"
    case .consumer: "SPAN_KIND_CONSUMER"
    }
  }

  private static func name(of state: SpanState) -> String {
    switch state {
    case .ok: "STATUS_CODE_OK"
    case .error: "STATUS_CODE_ERROR"
    case .completed, .active, .lost: "STATUS_CODE_UNSET"
    }
  }
}
