import FleetModel
import PromQL

/// How results of queries are written (`web/api/v1/json_codec.go`).
extension PrometheusJSON {
  mutating func write(_ value: QueryValue) {
    switch value {
    case .scalar(let number, let time):
      raw("[")
      seconds(time.milliseconds)
      raw(",\"")
      raw(GoText.decimal(number))
      raw("\"]")
    case .string(let literal, let time):
      raw("[")
      seconds(time.milliseconds)
      raw(",")
      string(literal.text)
      raw("]")
    case .vector(let samples):
      list(samples) { json, item in
        json.raw("{\"metric\":")
        json.labels(item.labels)
        json.raw(",\"value\":")
        json.sample(item.time.milliseconds, item.value)
        json.raw("}")
      }
    case .matrix(let series):
      list(series) { json, item in
        json.raw("{\"metric\":")
        json.labels(item.labels)
        json.raw(",\"values\":")
        json.samples(item.samples)
        json.raw("}")
      }
    }
  }

  /// A time beside a scalar or a string, which is a plain number: `4.5`, not `4.500`.
  private mutating func seconds(_ milliseconds: Int64) { raw(GoText.decimal(Double(milliseconds) / 1000)) }

  mutating func list<Item>(_ items: some Sequence<Item>, _ write: (inout PrometheusJSON, Item) -> Void) {
    raw("[")
    var isFirst = true
    for item in items {
      if !isFirst { raw(",") }
      isFirst = false
      write(&self, item)
    }
    raw("]")
  }
}

extension QueryValue {
  var typeName: String {
    switch self {
    case .scalar: "scalar"
    case .string: "string"
    case .vector: "vector"
    case .matrix: "matrix"
    }
  }

  /// About how long the answer gets: better than growing the buffer again and again.
  var estimatedBytes: Int {
    switch self {
    case .scalar, .string: 256
    case .vector(let samples): 256 + samples.reduce(0) { $0 + $1.labels.encoded.count + 96 }
    case .matrix(let series):
      256 + series.reduce(0) { $0 + $1.labels.encoded.count + 96 + $1.samples.count * 28 }
    }
  }

  /// Keeps the first `limit` series; whether there were more.
  mutating func truncate(to limit: Int) -> Bool {
    switch self {
    case .vector(let samples) where samples.count > limit: self = .vector(Array(samples.prefix(limit)))
    case .matrix(let series) where series.count > limit: self = .matrix(Array(series.prefix(limit)))
    default: return false
    }
    return true
  }
}

/// What a query took, in the shape of Prometheus' `util/stats/query_stats.go`.
struct QueryTimings {
  var waited: Duration
  var evaluation: Duration
  var total: Duration

  func json(_ statistics: QueryStatistics) -> JSONValue {
    let samples: [JSONValue.Member] = [
      .init(key: "totalQueryableSamples", value: .number(Double(statistics.samplesRead))),
      .init(key: "peakSamples", value: .number(Double(statistics.peakPoints))),
    ]
    return [
      "timings": [
        "evalTotalTime": .number(evaluation.seconds), "resultSortTime": 0,
        "queryPreparationTime": 0, "innerEvalTime": .number(evaluation.seconds),
        "execQueueTime": .number(waited.seconds), "execTotalTime": .number(total.seconds),
      ],
      "samples": .object(samples),
    ]
  }
}
