import FleetModel
import HTTPTypes
import NIOCore
import PromQL

/// `/federate`: the latest samples of chosen series, for another Prometheus to collect (Prometheus' `web/federate.go`).
struct FederateRoute: Sendable {
  var operations: any QueryOperations

  /// Names are written in the old alphabet: what asks for more is not told apart.
  private static let contentType = "text/plain; version=0.0.4; charset=utf-8; escaping=underscores"

  var route: APIRoute {
    PrometheusRoutes.get(
      path: "/federate", operationID: "federate", summary: "The latest sample of each series that selectors match",
      takesLong: true,
      parameters: [APIRoute.Parameter(name: "match[]", kind: .text, summary: "A selector; may be given several times")],
      answers: [.init(status: 200, summary: "Prometheus text", content: .text("text/plain"))]
    ) { [operations] request in
      let sets: [[LabelMatcher]]
      do throws(FormFields.ParameterProblem) { sets = try request.form.selectors() } catch {
        return .text(error.message + "\n", status: .badRequest)
      }
      let now = operations.now()
      let text = (["federate"] + request.form.all("match[]")).joined(separator: " ")
      return try await operations.run(text, within: nil) { turn in
        var latest = LatestSamples()
        for matchers in sets {
          try turn.check()
          latest.add(
            try await operations.source.select(matchers, from: now - operations.limits.lookback, through: now))
        }
        return APIResponse(status: .ok, contentType: Self.contentType, content: .bytes(latest.text()))
      }
    }
  }
}

/// The last sample of each of a number of series, and how they are written in the text format.
struct LatestSamples {
  private struct Item {
    var name: String
    var labels: LabelSet
    var time: Int64
    var value: Double
  }

  private var items: [Item] = []
  private var known: Set<LabelSet> = []

  /// Takes the last sample of each series; none of a series that has ended.
  mutating func add(_ series: [SelectedSeries]) {
    for one in series {
      guard let time = one.samples.timestamps.last, let value = one.samples.values.last, !StaleMarker.isStale(value)
      else { continue }
      // The text format has no native histograms: as with Prometheus, a series whose latest sample is one is left out.
      if let last = one.histograms.timestamps.last, last > time { continue }
      let name = one.labels.metricName
      // A series without a name cannot be written.
      guard !name.isEmpty, known.insert(one.labels).inserted else { continue }
      items.append(Item(name: name, labels: one.labels, time: time, value: value))
    }
  }

  /// The samples by metric, each metric under a line that says that its type is not known.
  func text() -> ByteBuffer {
    var buffer = ByteBufferAllocator().buffer(capacity: items.reduce(64) { $0 + $1.labels.encoded.count * 2 + 48 })
    var current: String?
    var written = ""
    let sorted = items.sorted {
      $0.name == $1.name
        ? LabelSet.precedes($0.labels, $1.labels) : $0.name.utf8.lexicographicallyPrecedes($1.name.utf8)
    }
    for item in sorted {
      if item.name != current {
        current = item.name
        written = EscapedName.underscored(item.name)
        buffer.writeString("# TYPE \(written) untyped\n")
      }
      buffer.writeString(written)
      Self.write(item.labels, to: &buffer)
      buffer.writeWithUnsafeMutableBytes(minimumWritableBytes: SampleText.longestValue + SampleText.longestTime + 3) {
        bytes in
        guard let base = bytes.baseAddress?.assumingMemoryBound(to: UInt8.self) else { return 0 }
        base[0] = UInt8(ascii: " ")
        var count = 1 + SampleText.write(general: item.value, to: base + 1)
        base[count] = UInt8(ascii: " ")
        count += 1
        if item.time < 0 {
          base[count] = UInt8(ascii: "-")
          count += 1
        }
        count += SampleText.write(item.time.magnitude, to: base + count)
        base[count] = UInt8(ascii: "\n")
        return count + 1
      }
    }
    return buffer
  }

  /// Who collects this puts the label `instance` on whatever lacks it, unless it is there and empty.
  private static func write(_ labels: LabelSet, to buffer: inout ByteBuffer) {
    var separator: StaticString = "{"
    var hasInstance = false
    for label in labels where label.name != LabelSet.metricName {
      if label.name == "instance" { hasInstance = true }
      buffer.writeStaticString(separator)
      buffer.writeString(EscapedName.underscored(label.name))
      buffer.writeStaticString("=\"")
      for byte in label.value.utf8 {
        switch byte {
        case UInt8(ascii: "\\"): buffer.writeStaticString("\\\\")
        case UInt8(ascii: "\""): buffer.writeStaticString("\\\"")
        case UInt8(ascii: "\n"): buffer.writeStaticString("\\n")
        default: buffer.writeInteger(byte)
        }
      }
      buffer.writeStaticString("\"")
      separator = ","
    }
    if !hasInstance {
      buffer.writeStaticString(separator)
      buffer.writeStaticString("instance=\"\"")
    }
    buffer.writeStaticString("}")
  }
}
