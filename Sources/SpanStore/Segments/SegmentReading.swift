import FleetModel

extension Segment: SpanSource {
  func mayHold(_ trace: TraceID) -> Bool { !places(of: trace).isEmpty }

  func isInOnePlace(_ trace: TraceID) -> Bool { places(of: trace).count == 1 }

  func spans(of trace: TraceID, only ids: Set<SpanID>?, _ reading: inout SpanReading) -> [Span] {
    var found: [Span] = []
    for place in places(of: trace) {
      guard let block = reading.block(place.block, of: self), let index = block.find(trace, near: place.trace) else {
        continue
      }
      var spans = PackedSpans()
      var rows = BlockRows(block)
      do throws(SpanDamage) {
        try rows.append(index, only: ids, to: &spans)
        for number in 0..<spans.rows.count { if let span = spans.span(spans.rows[number]) { found.append(span) } }
      } catch {
        condemn(place.block, error)
      }
    }
    return found
  }

  func outlines(of trace: TraceID, _ reading: inout SpanReading) -> [SpanOutline] {
    var found: [SpanOutline] = []
    for place in places(of: trace) {
      guard let block = reading.block(place.block, of: self), let index = block.find(trace, near: place.trace) else {
        continue
      }
      do throws(SpanDamage) {
        found += try block.outlines(of: index, &reading.names)
      } catch {
        condemn(place.block, error)
      }
    }
    return found
  }

  var parts: [SpanPart] {
    footer.blocks.enumerated().map { SpanPart(number: $0.offset, starts: $0.element.starts) }
  }

  func mayFit(_ part: Int, _ query: TraceQuery) -> Bool {
    let block = footer.blocks[part]
    if block.pairs.isEmpty { return true }
    let agent = query.agent.map { name in footer.names.firstIndex(of: name).map { UInt32($0) } ?? .max }
    let operation = query.operation.map { name in footer.names.firstIndex(of: name).map { UInt32($0) } ?? .max }
    // With attributes, a start may be joined with an end that lies elsewhere.
    let states = query.stateBits
    let unfinished: UInt8 = query.attributes.isEmpty ? 0 : 1 << SpanState.active.rawValue | 1 << SpanState.lost.rawValue
    return block.pairs.contains { pair in
      pair.states & unfinished != 0
        || (agent == nil || agent == pair.agent) && (operation == nil || operation == pair.operation)
          && pair.states & states != 0 && pair.longest >= query.minimumDuration ?? 0
    }
  }

  func candidates(in part: Int, _ query: TraceQuery, _ reading: inout SpanReading) -> [TraceCandidate] {
    guard mayFit(part, query), let block = reading.block(part, of: self) else { return [] }
    do throws(SpanDamage) {
      return try BlockSearch(query, block).candidates()
    } catch {
      condemn(part, error)
      return []
    }
  }

  func names(
    during range: Range<Int64>, _ reading: inout SpanReading, _ visit: (String, String, SpanKind) -> Void
  ) {
    var seen: Set<UInt64> = []
    for (number, entry) in footer.blocks.enumerated() {
      guard entry.starts.lowerBound < range.upperBound, entry.starts.upperBound >= range.lowerBound else { continue }
      let isWithin = range.contains(entry.starts.lowerBound) && range.contains(entry.starts.upperBound)
      if isWithin, !entry.pairs.isEmpty {
        for pair in entry.pairs {
          let key = UInt64(pair.agent) << 35 | UInt64(pair.operation) << 3 | UInt64(pair.kind & 7)
          guard seen.insert(key).inserted else { continue }
          visit(
            footer.names[Int(pair.agent)], footer.names[Int(pair.operation)],
            SpanKind(rawValue: pair.kind) ?? .unspecified)
        }
      } else if let block = reading.block(number, of: self) {
        do throws(SpanDamage) { try block.names(during: range, visit) } catch { condemn(number, error) }
      }
    }
  }
}

extension OpenBlock {
  func names(during range: Range<Int64>, _ visit: (String, String, SpanKind) -> Void) throws(SpanDamage) {
    let starts = try fixed(BlockLayout.Section.starts)
    let origins = try fixed(BlockLayout.Section.origins)
    let operations = try fixed(BlockLayout.Section.operations)
    var seen: Set<UInt64> = []
    for trace in 0..<traceCount {
      for row in traceRows[trace]..<traceRows[trace + 1]
      where range.contains(traceStarts[trace] &+ Int64(bitPattern: starts[row])) {
        guard seen.insert(origins[row] << 32 | operations[row]).inserted else { continue }
        let (origin, operation) = (try origin(row), try operation(row))
        visit(
          names.strings[Int(origin.agent)], names.strings[Int(operation.name)],
          SpanKind(rawValue: operation.kind) ?? .unspecified)
      }
    }
  }

  /// The spans of a trace in outline.
  func outlines(of trace: Int, _ table: inout NameTable) throws(SpanDamage) -> [SpanOutline] {
    let rows = traceRows[trace]..<traceRows[trace + 1]
    let parents = try parents(of: rows, in: trace)
    let starts = try fixed(BlockLayout.Section.starts)
    let durations = try fixed(BlockLayout.Section.durations)
    let wanted = outlineColumns
    var ranks = wanted.isEmpty ? [] : try takeRanks(before: rows.lowerBound)
    var outlines: [SpanOutline] = []
    outlines.reserveCapacity(rows.count)
    for row in rows {
      let start = traceStarts[trace] &+ Int64(bitPattern: starts[row])
      let (origin, operation, state) = (try origin(row), try operation(row), try state(row))
      guard let id = SpanID(rawValue: spanID(row)) else { throw SpanDamage("a span has the id zero") }
      var outline = SpanOutline(
        spanID: id, parent: parents[row - rows.lowerBound], start: start,
        end: state.hasEnded ? start &+ Int64(bitPattern: durations[row]) : start,
        agent: nameID(origin.agent, &table), operation: nameID(operation.name, &table),
        kind: SpanKind(rawValue: operation.kind) ?? .unspecified, state: state)
      outline.instance = try instanceID(origin.resource, &table)
      if !wanted.isEmpty {
        for column in try shape(row) {
          let number = Int(column)
          let rank = ranks[number]
          ranks[number] += 1
          guard let key = wanted[number] else { continue }
          if let value = try value(number, rank) { outline.set(key, value, &table) }
        }
      }
      outlines.append(outline)
    }
    if !wanted.isEmpty { giveBack(ranks, before: rows.upperBound) }
    return outlines
  }
}

extension SpanReading {
  /// Blocks that are kept open: those of the traces of one answer are mostly neighbours.
  static var mostBlocks: Int { 24 }

  /// An open block; `nil` where it is damaged.
  mutating func block(_ number: Int, of segment: Segment) -> OpenBlock? {
    let key = BlockKey(segment: ObjectIdentifier(segment), number: number)
    clock += 1
    if let open = blocks[key] {
      blocks[key]?.used = clock
      return open.block
    }
    guard let block = segment.open(number) else { return nil }
    if blocks.count >= Self.mostBlocks, let oldest = blocks.min(by: { $0.value.used < $1.value.used })?.key {
      blocks[oldest] = nil
    }
    blocks[key] = (block, clock)
    return block
  }

  struct BlockKey: Hashable {
    var segment: ObjectIdentifier
    var number: Int
  }
}
