import FleetModel

/// Makes one span of its versions.
///
/// The version of the highest rank counts (ended, then lost, then active), of equal rank the one that arrived last;
/// attributes that it does not name are taken from the others in the same order. What comes out does not depend on how the
/// versions were spread over heads and segments.
enum SpanJoin {
  /// - Parameter versions: of one trace, in the order of their arrival.
  /// - Returns: each span once, by start and then id.
  static func join(_ versions: [Span]) -> [Span] {
    var places: [SpanID: Int] = [:]
    places.reserveCapacity(versions.count)
    var spans: [Span] = []
    spans.reserveCapacity(versions.count)
    var repeated: [SpanID: [Span]] = [:]
    for version in versions {
      if let place = places[version.spanID] {
        repeated[version.spanID, default: [spans[place]]].append(version)
      } else {
        places[version.spanID] = spans.count
        spans.append(version)
      }
    }
    for (id, versions) in repeated { if let place = places[id] { spans[place] = one(versions) } }
    return spans.sorted { ($0.start, $0.spanID) < ($1.start, $1.spanID) }
  }

  /// - Parameter versions: of one span, in the order of their arrival; at least one.
  static func one(_ versions: [Span]) -> Span {
    let ordered = versions.enumerated()
      .sorted { ($0.element.state.rank, $0.offset) > ($1.element.state.rank, $1.offset) }.map(\.element)
    var span = ordered[0]
    var keys = Set(span.attributes.map(\.key))
    for version in ordered.dropFirst() {
      let more = version.attributes.filter { !keys.contains($0.key) }
      span.attributes += more
      keys.formUnion(more.map(\.key))
    }
    return span
  }
}
