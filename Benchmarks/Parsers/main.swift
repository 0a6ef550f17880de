import FleetModel
import WireFormats

/// What one body of 200 series costs `CollectionParser`: unchanged, with new values, at first sight. Prints nanoseconds of
/// wall time a sample and gigabytes a second, the best of several rounds.
func measure(_ name: String, format: ExpositionFormat, bodies: [[UInt8]], fresh: Bool) {
  var parser = CollectionParser(seed: 1)
  var collection = ParsedCollection()
  var best = Duration.seconds(1000)
  var samples = 0
  let bytes = bodies.reduce(0) { $0 + $1.count }
  for _ in 0..<40 {
    samples = 0
    let clock = ContinuousClock()
    let time = clock.measure {
      for body in bodies {
        if fresh { parser = CollectionParser(seed: 1) }
        do {
          try parser.parse(body, format: format, into: &collection)
        } catch {
          fatalError("\(error)")
        }
        parser.commit()
        samples += collection.samples.count
      }
    }
    best = min(best, time)
  }
  let seconds = Double(best.components.attoseconds) / 1e18 + Double(best.components.seconds)
  let nanoseconds = (seconds * 1e10 / Double(samples)).rounded() / 10
  let speed = (Double(bytes) / seconds / 1e7).rounded() / 100
  print("\(name): \(nanoseconds) ns a sample, \(speed) GB/s, \(parser.residentBytes / 200) bytes kept a series")
}

func json(_ text: [UInt8]) -> [UInt8] {
  let document = ExpositionDocument(text, format: .prometheusText)
  var metrics: [String] = []
  for case .series(let series) in document.entries {
    let labels = series.labels.filter { $0.name != "__name__" }.map { "\"\($0.name)\":\"\($0.value)\"" }
    let name = series.labels.first { $0.name == "__name__" }?.value ?? ""
    metrics.append(
      "{\"name\":\"\(name)\",\"type\":\"gauge\",\"value\":\(series.value),\"labels\":{\(labels.joined(separator: ","))}}"
    )
  }
  return Array("{\"metrics\":[\(metrics.joined(separator: ",\n"))]}".utf8)
}

var agent = AgentBody(agent: 7)
var bodies: [[UInt8]] = []
for _ in 0..<100 {
  agent.step()
  bodies.append(agent.render())
}
let same = Array(repeating: bodies[0], count: 100)
// One series more in every second body, one less in the next.
let churn = bodies.enumerated().map {
  $0.offset % 2 == 0 ? $0.element : Array("agent_restarts_total 1\n".utf8) + $0.element
}
let openMetrics = bodies.map { $0 + Array("# EOF\n".utf8) }
let objects = bodies.map(json)

print("body: \(bodies[0].count) bytes, 200 series")
measure("text, unchanged", format: .prometheusText, bodies: same, fresh: false)
measure("text, new values", format: .prometheusText, bodies: bodies, fresh: false)
measure("text, one series comes and goes", format: .prometheusText, bodies: churn, fresh: false)
measure("text, first sight", format: .prometheusText, bodies: bodies, fresh: true)
measure("OpenMetrics, new values", format: .openMetrics, bodies: openMetrics, fresh: false)
measure("OpenMetrics, first sight", format: .openMetrics, bodies: openMetrics, fresh: true)
measure("JSON, new values", format: .agentJSON, bodies: objects, fresh: false)
measure("JSON, first sight", format: .agentJSON, bodies: objects, fresh: true)
WriteRequests.measure()
TraceRequests.measure()
MetricRequests.measure()
