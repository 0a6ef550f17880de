import FleetModel
import FoundationEssentials

extension TracerConfiguration {
  /// As this process's environment says: OpenTelemetry's variables, and those that `agent` was read from.
  public static func fromEnvironment(agent: AgentConfiguration) -> TracerConfiguration {
    TracerConfiguration(agent: agent, environment: ProcessInfo.processInfo.environment)
  }

  /// Reads
  /// - `OTEL_SDK_DISABLED`, `OTEL_TRACES_EXPORTER` (`otlp`, `none`), `OTEL_SERVICE_NAME`, `OTEL_RESOURCE_ATTRIBUTES`,
  ///   `OTEL_PROPAGATORS` (`tracecontext`, `baggage`, `none`), `OTEL_TRACES_SAMPLER`, `OTEL_TRACES_SAMPLER_ARG`,
  /// - `OTEL_EXPORTER_OTLP_ENDPOINT`, `…_HEADERS`, `…_TIMEOUT`, `…_PROTOCOL` (`http/protobuf`) and the same with `TRACES_`,
  /// - `OTEL_BSP_MAX_QUEUE_SIZE`, `OTEL_BSP_MAX_EXPORT_BATCH_SIZE`, `OTEL_BSP_SCHEDULE_DELAY`,
  /// - `OTEL_SPAN_ATTRIBUTE_COUNT_LIMIT`, `OTEL_SPAN_ATTRIBUTE_VALUE_LENGTH_LIMIT` (and both without `SPAN_`),
  ///   `OTEL_SPAN_EVENT_COUNT_LIMIT`, `OTEL_SPAN_LINK_COUNT_LIMIT`, `OTEL_EVENT_ATTRIBUTE_COUNT_LIMIT`,
  ///   `OTEL_LINK_ATTRIBUTE_COUNT_LIMIT`,
  ///
  /// with the meaning of <https://opentelemetry.io/docs/specs/otel/configuration/sdk-environment-variables/> and
  /// <https://opentelemetry.io/docs/specs/otel/protocol/exporter/>. An empty value counts as absent.
  public init(agent: AgentConfiguration, environment: [String: String]) {
    self.init(agent: agent)
    var reader = EnvironmentReader(values: environment)
    readProcess(&reader)
    readExporter(&reader)
    readLimits(&reader)
    problems = reader.problems
  }

  private mutating func readProcess(_ reader: inout EnvironmentReader) {
    if reader.text("OTEL_SDK_DISABLED")?.lowercased() == "true" { isEnabled = false }
    for (key, value) in reader.pairs("OTEL_RESOURCE_ATTRIBUTES") ?? [:] { resource[key] = value }
    if let name = reader.text("OTEL_SERVICE_NAME") { resource["service.name"] = name }
    if let name = reader.text("OTEL_TRACES_SAMPLER") {
      if let sampler = TraceSampler(name: name, argument: reader.text("OTEL_TRACES_SAMPLER_ARG")) {
        self.sampler = sampler
      } else {
        reader.note(
          "OTEL_TRACES_SAMPLER", "and OTEL_TRACES_SAMPLER_ARG name no sampler",
          "give always_on, always_off, traceidratio or one of these after parentbased_, and a share from 0 to 1")
      }
    }
    guard let names = reader.text("OTEL_PROPAGATORS") else { return }
    propagators = []
    for name in names.split(separator: ",").map({ $0.filter { $0 != " " } }) where name != "none" {
      if let propagator = TracePropagator(rawValue: name) {
        propagators.insert(propagator)
      } else {
        reader.note("OTEL_PROPAGATORS", "has \"\(name)\"", "known are tracecontext, baggage and none")
      }
    }
  }

  private mutating func readExporter(_ reader: inout EnvironmentReader) {
    if let whole = reader.text("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT") {
      // Used as it is; without a path that is the root.
      endpoint = whole.dropFirst(8).contains("/") ? whole : whole + "/"
    } else if let base = reader.text("OTEL_EXPORTER_OTLP_ENDPOINT") {
      endpoint = Self.joined(base, "/v1/traces")
    }
    if let endpoint, !["http://", "https://"].contains(where: endpoint.lowercased().hasPrefix) {
      reader.note("OTEL_EXPORTER_OTLP_ENDPOINT", "is no URL", "write one such as http://127.0.0.1:7540")
      self.endpoint = server.map { Self.joined($0, "/v1/traces") }
    }
    headers = reader.pairs("OTEL_EXPORTER_OTLP_TRACES_HEADERS") ?? reader.pairs("OTEL_EXPORTER_OTLP_HEADERS") ?? [:]
    for name in ["OTEL_EXPORTER_OTLP_PROTOCOL", "OTEL_EXPORTER_OTLP_TRACES_PROTOCOL"] {
      if let value = reader.text(name), value != "http/protobuf" {
        reader.note(name, "is \"\(value)\"", "http/protobuf is used, the only one that there is")
      }
    }
    for name in ["OTEL_EXPORTER_OTLP_COMPRESSION", "OTEL_EXPORTER_OTLP_TRACES_COMPRESSION"] {
      if let value = reader.text(name), value != "none" {
        reader.note(name, "is \"\(value)\"", "nothing is compressed")
      }
    }
    for name in ["OTEL_EXPORTER_OTLP_TIMEOUT", "OTEL_EXPORTER_OTLP_TRACES_TIMEOUT"] {
      if let value = reader.milliseconds(name) { requestTimeout = value }
    }
    switch reader.text("OTEL_TRACES_EXPORTER") {
    case nil, "otlp": break
    case "none": endpoint = nil
    case .some(let name): reader.note("OTEL_TRACES_EXPORTER", "is \"\(name)\"", "known are otlp and none")
    }
    if let value = reader.number("OTEL_BSP_MAX_QUEUE_SIZE", from: 1) { queueSize = value }
    if let value = reader.number("OTEL_BSP_MAX_EXPORT_BATCH_SIZE", from: 1) { batchSize = value }
    if let value = reader.milliseconds("OTEL_BSP_SCHEDULE_DELAY") { batchDelay = max(value, .milliseconds(1)) }
  }

  private mutating func readLimits(_ reader: inout EnvironmentReader) {
    func read(_ names: String..., into limit: inout Int) {
      for name in names {
        if let value = reader.number(name, from: 0) {
          limit = value
          return
        }
      }
    }
    read("OTEL_SPAN_ATTRIBUTE_COUNT_LIMIT", "OTEL_ATTRIBUTE_COUNT_LIMIT", into: &limits.attributes)
    read(
      "OTEL_SPAN_ATTRIBUTE_VALUE_LENGTH_LIMIT", "OTEL_ATTRIBUTE_VALUE_LENGTH_LIMIT", into: &limits.valueLength)
    read("OTEL_SPAN_EVENT_COUNT_LIMIT", into: &limits.events)
    read("OTEL_SPAN_LINK_COUNT_LIMIT", into: &limits.links)
    read("OTEL_EVENT_ATTRIBUTE_COUNT_LIMIT", "OTEL_ATTRIBUTE_COUNT_LIMIT", into: &limits.attributesPerEvent)
    read("OTEL_LINK_ATTRIBUTE_COUNT_LIMIT", "OTEL_ATTRIBUTE_COUNT_LIMIT", into: &limits.attributesPerLink)
  }
}

/// Reads variables, and gathers what is wrong with them.
private struct EnvironmentReader {
  let values: [String: String]
  private(set) var problems: [String] = []

  init(values: [String: String]) { self.values = values }

  mutating func note(_ variable: String, _ fault: String, _ mend: String) {
    problems.append("environment variable \(variable) \(fault); \(mend)")
  }

  func text(_ name: String) -> String? {
    let text = values[name].map { String(decoding: $0.utf8.trimmingWhiteSpace(), as: UTF8.self) }
    return text.flatMap { $0.isEmpty ? nil : $0 }
  }

  mutating func number(_ name: String, from least: Int) -> Int? {
    guard let text = text(name) else { return nil }
    guard let number = Int32(text), number >= least else {
      note(name, "is \"\(text)\"", "write a whole number from \(least) on; the default is used")
      return nil
    }
    return Int(number)
  }

  mutating func milliseconds(_ name: String) -> Duration? {
    number(name, from: 0).map { .milliseconds($0) }
  }

  /// `key=value,key=value`, the values percent-encoded, as W3C Baggage has it. The text is not repeated in a problem: headers
  /// are secrets.
  mutating func pairs(_ name: String) -> [String: String]? {
    guard let text = text(name) else { return nil }
    var pairs: [String: String] = [:]
    for part in text.split(separator: ",") {
      let item = part.utf8.trimmingWhiteSpace()
      if item.isEmpty { continue }
      guard let equals = item.firstIndex(of: UInt8(ascii: "=")), equals > 0 else {
        note(name, "has a part without a key or \"=\"", "write it such as key=value,key=value; the part is left out")
        continue
      }
      let key = String(decoding: item[..<equals].trimmingWhiteSpace(), as: UTF8.self)
      let value = String(decoding: item[(equals + 1)...].trimmingWhiteSpace(), as: UTF8.self)
      pairs[key] = Self.decoded(value)
    }
    return pairs
  }

  /// Without percent-encoding (RFC 3986, section 2.1); what is no escape, or would be no UTF-8, stays as it is.
  private static func decoded(_ text: String) -> String {
    let bytes = Array(text.utf8)
    var plain: [UInt8] = []
    var index = 0
    while index < bytes.count {
      if bytes[index] == UInt8(ascii: "%"), index + 2 < bytes.count,
        let byte = UInt8(String(decoding: bytes[(index + 1)...(index + 2)], as: UTF8.self), radix: 16)
      {
        plain.append(byte)
        index += 3
      } else {
        plain.append(bytes[index])
        index += 1
      }
    }
    return String(validating: plain, as: UTF8.self) ?? text
  }
}
