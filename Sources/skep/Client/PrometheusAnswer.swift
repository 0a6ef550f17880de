import FleetModel

/// An answer of the Prometheus API (<https://prometheus.io/docs/prometheus/latest/querying/api/#format-overview>).
struct PrometheusAnswer<Payload: Decodable>: Decodable {
  var status: String
  var data: Payload?
  var errorType: String?
  var error: String?
  var warnings: [String]?
  var infos: [String]?
}

/// What a query gives.
struct QueryData: Decodable {
  enum Value {
    case vector([AnsweredSeries])
    case matrix([AnsweredSeries])
    case scalar(AnsweredSample)
    case string(String)
  }

  var value: Value

  private enum Key: String, CodingKey { case resultType, result }

  init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: Key.self)
    switch try container.decode(String.self, forKey: .resultType) {
    case "vector": value = .vector(try container.decode([AnsweredSeries].self, forKey: .result))
    case "matrix": value = .matrix(try container.decode([AnsweredSeries].self, forKey: .result))
    case "scalar": value = .scalar(try container.decode(AnsweredSample.self, forKey: .result))
    case "string":
      var pair = try container.nestedUnkeyedContainer(forKey: .result)
      _ = try pair.decode(Double.self)
      value = .string(try pair.decode(String.self))
    case let other:
      throw DecodingError.dataCorruptedError(
        forKey: .resultType, in: container, debugDescription: "unknown type of result \(other)")
    }
  }
}

/// A series of an answer: one sample of an instant query, any number of a range query.
struct AnsweredSeries: Decodable {
  var labels: [String: String]
  var samples: [AnsweredSample]
  var histograms: [AnsweredHistogram]

  private enum Key: String, CodingKey { case metric, value, values, histogram, histograms }

  init(labels: [String: String], samples: [AnsweredSample]) {
    self.labels = labels
    self.samples = samples
    histograms = []
  }

  init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: Key.self)
    labels = try container.decode([String: String].self, forKey: .metric)
    samples = try container.decodeIfPresent([AnsweredSample].self, forKey: .values) ?? []
    histograms = try container.decodeIfPresent([AnsweredHistogram].self, forKey: .histograms) ?? []
    if let sample = try container.decodeIfPresent(AnsweredSample.self, forKey: .value) { samples.append(sample) }
    if let one = try container.decodeIfPresent(AnsweredHistogram.self, forKey: .histogram) { histograms.append(one) }
  }

  var labelSet: LabelSet { LabelSet(labels) }
}

/// `[1700000000.5, "1.5"]`.
struct AnsweredSample: Decodable {
  /// Since 1970.
  var seconds: Double
  /// As it stands in the answer.
  var text: String

  var value: Double {
    switch text {
    case "+Inf": .infinity
    case "-Inf": -.infinity
    default: Double(text) ?? .nan
    }
  }

  init(seconds: Double, text: String) {
    self.seconds = seconds
    self.text = text
  }

  init(from decoder: any Decoder) throws {
    var container = try decoder.unkeyedContainer()
    seconds = try container.decode(Double.self)
    text = try container.decode(String.self)
  }
}

/// `[1700000000.5, {"count":"3","sum":"4.5","buckets":[[0,"1","2","3"]]}]`.
struct AnsweredHistogram: Decodable {
  struct Content: Decodable {
    var count: String
    var sum: String
    var buckets: [Bucket]?
  }

  struct Bucket: Decodable {
    /// Which bounds belong to it: 0 the upper, 1 the lower, 2 none, 3 both.
    var bounds: Int
    var lower: String
    var upper: String
    var count: String

    init(from decoder: any Decoder) throws {
      var container = try decoder.unkeyedContainer()
      bounds = try container.decode(Int.self)
      lower = try container.decode(String.self)
      upper = try container.decode(String.self)
      count = try container.decode(String.self)
    }

    var text: String {
      "\(bounds == 1 || bounds == 3 ? "[" : "(")\(lower),\(upper)\(bounds == 0 || bounds == 3 ? "]" : ")"):\(count)"
    }
  }

  var seconds: Double
  var content: Content

  init(from decoder: any Decoder) throws {
    var container = try decoder.unkeyedContainer()
    seconds = try container.decode(Double.self)
    content = try container.decode(Content.self)
  }

  /// `{count:3, sum:4.5, (1,2]:3}`.
  var text: String {
    "{"
      + (["count:\(content.count)", "sum:\(content.sum)"] + (content.buckets ?? []).map(\.text))
      .joined(separator: ", ") + "}"
  }
}

/// Any JSON, to print what was answered as it is.
enum AnyJSON: Codable {
  case null
  case bool(Bool)
  case number(Double)
  case text(String)
  case array([AnyJSON])
  case object([String: AnyJSON])

  init(from decoder: any Decoder) throws {
    let container = try decoder.singleValueContainer()
    if container.decodeNil() {
      self = .null
    } else if let value = try? container.decode(Bool.self) {
      self = .bool(value)
    } else if let value = try? container.decode(Double.self) {
      self = .number(value)
    } else if let value = try? container.decode(String.self) {
      self = .text(value)
    } else if let value = try? container.decode([AnyJSON].self) {
      self = .array(value)
    } else {
      self = .object(try container.decode([String: AnyJSON].self))
    }
  }

  func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    switch self {
    case .null: try container.encodeNil()
    case .bool(let value): try container.encode(value)
    case .number(let value): try container.encode(value)
    case .text(let value): try container.encode(value)
    case .array(let value): try container.encode(value)
    case .object(let value): try container.encode(value)
    }
  }
}
