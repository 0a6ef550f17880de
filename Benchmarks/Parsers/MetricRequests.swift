import WireFormats

/// What a request of OTLP with 1,000 counters' points of six attributes costs until it is a message of remote write.
enum MetricRequests {
  static func measure() {
    let body = body()
    let decoder = OTLPMetricsDecoder()
    let clock = ContinuousClock()
    var best = Duration.seconds(1000)
    for _ in 0..<200 {
      do {
        best = min(best, try clock.measure { _ = try decoder.decode(body, as: .protobuf) })
      } catch {
        fatalError("\(error)")
      }
    }
    let seconds = Double(best.components.attoseconds) / 1e18 + Double(best.components.seconds)
    print("OTLP metrics, \(body.count) bytes: \((seconds * 1e10 / 1000).rounded() / 10) ns a point of 6 attributes")
  }

  private static func body() -> [UInt8] {
    var sum: [UInt8] = []
    for index in 0..<1000 {
      var point: [UInt8] = [0x19]
      withUnsafeBytes(of: UInt64(1_700_000_000_000_000_000).littleEndian) { point += $0 }
      point.append(0x31)
      withUnsafeBytes(of: UInt64(index * 37).littleEndian) { point += $0 }
      for (key, value) in [
        ("operation", "operation-\(index % 6)"), ("peer.service", "agent-00\(index % 5)"), ("status", "ok"),
        ("zone", "zone-\(index % 60)"), ("http.request.method", "POST"), ("task.id", "task-\(index)"),
      ] { point += attribute(0x3a, key, value) }
      sum += field(0x0a, point)
    }
    sum += [0x10, 2, 0x18, 1]
    let metric =
      field(0x0a, Array("agent.requests".utf8)) + field(0x1a, Array("{request}".utf8)) + field(0x3a, sum)
    let resource = field(0x0a, attribute(0x0a, "service.name", "planner"))
    return field(0x0a, resource + field(0x12, field(0x12, metric)))
  }

  private static func attribute(_ tag: UInt8, _ key: String, _ value: String) -> [UInt8] {
    field(tag, field(0x0a, Array(key.utf8)) + field(0x12, field(0x0a, Array(value.utf8))))
  }

  private static func field(_ tag: UInt8, _ content: [UInt8]) -> [UInt8] {
    var length = content.count
    var head = [tag]
    while length >= 0x80 {
      head.append(UInt8(truncatingIfNeeded: length) | 0x80)
      length >>= 7
    }
    return head + [UInt8(truncatingIfNeeded: length)] + content
  }
}
