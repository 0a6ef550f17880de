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
        if let histogram = item.histogram {
          json.raw(",\"histogram\":")
          json.sample(item.time.milliseconds, histogram)
        } else {
          json.raw(",\"value\":")
          json.sample(item.time.milliseconds, item.value)
        }
        json.raw("}")
      }
    case .matrix(let series):
      list(series) { json, item in
        json.raw("{\"metric\":")
        json.labels(item.labels)
        if item.samples.count > 0 {
          json.raw(",\"values\":")
          json.samples(item.samples)
        }
        if !item.histograms.isEmpty {
          json.raw(",\"histograms\":")
          json.list(item.histograms.timestamps.indices) { json, index in
            json.sample(item.histograms.timestamps[index], item.histograms.values[index])
          }
        }
        json.raw("}")
      }
    }
  }

  /// A time beside a scalar or a string, which is a plain number: `4.5`, not `4.500`.
  private mutating func seconds(_ milliseconds: Int64) { raw(GoText.decimal(Double(milliseconds) / 1000)) }

  /// `[1435781451.781,{"count":"3","sum":"4.5","buckets":[[0,"1","2","3"]]}]`.
  mutating func sample(_ milliseconds: Int64, _ histogram: NativeHistogram) {
    raw("[")
    time(milliseconds)
    raw(",{\"count\":")
    value(histogram.count)
    raw(",\"sum\":")
    value(histogram.sum)
    let buckets = histogram.apiBuckets()
    if !buckets.isEmpty {
      raw(",\"buckets\":")
      list(buckets) { json, bucket in
        json.raw("[")
        json.integer(bucket.boundaries)
        for number in [bucket.lower, bucket.upper, bucket.count] {
          json.raw(",")
          json.value(number)
        }
        json.raw("]")
      }
    }
    raw("}]")
  }

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
