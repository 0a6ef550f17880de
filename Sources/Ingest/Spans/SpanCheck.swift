import FleetModel

/// Looks at each span of a batch and refuses those that are not to be stored. Linear in the records, without allocation for
/// spans that are good.
struct SpanCheck {
  private let limits: SpanLimits
  private let agent: AgentID?
  private let others: Set<SpanKey>
  /// Nanoseconds since 1970; spans that ended before, or begin or end after, are refused.
  private let oldest: Int64
  private let newest: Int64

  /// - Parameters:
  ///   - agent: the one agent whose spans the sender may write; `nil` for any.
  ///   - others: spans in flight that are not this agent's.
  init(_ limits: SpanLimits, from agent: AgentID?, now: Timestamp, inFlightOfOthers others: Set<SpanKey> = []) {
    self.limits = limits
    self.agent = agent
    self.others = others
    let now = now.nanoseconds
    oldest = now.subtractingSaturating(limits.retention.wholeNanoseconds)
    newest = now.addingSaturating(limits.maximumAhead.wholeNanoseconds)
  }

  /// Removes from `batch` the spans that are refused, and notes them in `outcome`.
  func run(on batch: inout SpanBatch, _ outcome: inout SpanOutcome) {
    let wideResources = batch.resources.map { isWide($0.attributes, limits.resourceBytes, batch) }
    let anyWide = wideResources.contains(true)
    var refused: [Int] = []
    for position in batch.spans.indices {
      let problem = problem(of: batch.spans[position], batch)
      if let problem {
        outcome.refuse(problem.reason, 1, "span \(batch.spans[position].spanID): \(problem.words)")
        refused.append(position)
      } else if anyWide, wideResources[Int(batch.spans[position].resource)] {
        outcome.refuse(
          .limit, 1,
          "span \(batch.spans[position].spanID): its resource has more than \(limits.attributes) attributes or "
            + "\(limits.resourceBytes) bytes")
        refused.append(position)
      }
    }
    if !refused.isEmpty {
      var next = 0
      var position = -1
      batch.spans.removeAll { _ in
        position += 1
        guard next < refused.count, refused[next] == position else { return false }
        next += 1
        return true
      }
    }
    outcome.refusedPositions = refused
    outcome.taken = batch.spans.count
  }

  private struct Problem {
    var reason: SpanOutcome.Reason
    var words: String

    init(_ reason: SpanOutcome.Reason, _ words: String) {
      self.reason = reason
      self.words = words
    }
  }

  private func problem(of span: SpanRecord, _ batch: SpanBatch) -> Problem? {
    if let agent, !batch.bytes[span.agent.range].elementsEqual(agent.name.utf8) {
      return Problem(
        .forbidden,
        "it is of agent \"\(batch.text(span.agent).prefix(100))\", and this token may write for \"\(agent)\" alone")
    }
    if !others.isEmpty, others.contains(SpanKey(traceID: span.traceID, spanID: span.spanID)) {
      return Problem(.forbidden, "it is in flight as a span of another agent, and this token may write for one alone")
    }
    if max(span.start, span.end) > newest {
      return Problem(
        .future, "it starts or ends more than a day ahead; send nanoseconds since 1970, and check the clock")
    }
    if max(span.start, span.end) < oldest, span.state != .active {
      return Problem(
        .old, "it ended longer ago than spans are kept; send nanoseconds since 1970, or raise tracing.retention")
    }
    return sizeProblem(of: span, batch)
  }

  private func sizeProblem(of span: SpanRecord, _ batch: SpanBatch) -> Problem? {
    func over(_ what: String, _ limit: Int) -> Problem { Problem(.limit, "\(what); at most \(limit) are taken") }
    let counts = (span.attributes.count, span.events.count, span.links.count)
    if span.operation.count > limits.operationBytes {
      return over("its name has \(span.operation.count) bytes", limits.operationBytes)
    }
    if span.agent.count > limits.agentBytes {
      return over("its agent's name has \(span.agent.count) bytes", limits.agentBytes)
    }
    if counts.0 > limits.attributes { return over("it has \(counts.0) attributes", limits.attributes) }
    if counts.1 > limits.events { return over("it has \(counts.1) events", limits.events) }
    if counts.2 > limits.links { return over("it has \(counts.2) links", limits.links) }
    var bytes = Int(span.operation.count) + Int(span.statusMessage.count) + Int(span.traceState.count)
    bytes += Self.bytes(of: span.attributes, batch)
    for position in span.events.range {
      let event = batch.events[position]
      if event.attributes.count > limits.attributes {
        return over("an event of it has \(event.attributes.count) attributes", limits.attributes)
      }
      bytes += Int(event.name.count) + Self.bytes(of: event.attributes, batch)
    }
    for position in span.links.range {
      let link = batch.links[position]
      if link.attributes.count > limits.attributes {
        return over("a link of it has \(link.attributes.count) attributes", limits.attributes)
      }
      bytes += Int(link.traceState.count) + Self.bytes(of: link.attributes, batch)
    }
    if bytes > limits.spanBytes { return over("its text has \(bytes) bytes", limits.spanBytes) }
    return nil
  }

  private func isWide(_ attributes: BatchRange, _ maximum: Int, _ batch: SpanBatch) -> Bool {
    attributes.count > limits.attributes || Self.bytes(of: attributes, batch) > maximum
  }

  private static func bytes(of attributes: BatchRange, _ batch: SpanBatch) -> Int {
    batch.attributes.withUnsafeBufferPointer { all in
      var bytes = 0
      for position in attributes.range {
        bytes += Int(all[position].key.count)
        if all[position].kind.isText { bytes += Int(all[position].text.count) }
      }
      return bytes
    }
  }
}

extension Duration {
  var wholeNanoseconds: Int64 {
    let (value, overflow) = wholeMilliseconds.multipliedReportingOverflow(by: 1_000_000)
    return overflow ? .max : value
  }
}

extension Int64 {
  fileprivate func addingSaturating(_ other: Int64) -> Int64 {
    let (value, overflow) = addingReportingOverflow(other)
    return overflow ? (other < 0 ? .min : .max) : value
  }

  fileprivate func subtractingSaturating(_ other: Int64) -> Int64 {
    let (value, overflow) = subtractingReportingOverflow(other)
    return overflow ? (other < 0 ? .max : .min) : value
  }
}
