import FleetModel

/// Times as Go's `encoding/json` writes them (`time.RFC3339Nano`): `2026-11-23T01:02:03.04Z`, zeros at the end of the fraction
/// left out.
enum GoTime {
  /// `time.Time{}`, which stands for "never".
  static let zero = "0001-01-01T00:00:00Z"

  static func text(_ time: Timestamp?) -> String {
    guard let time else { return zero }
    var text = Substring(RFC3339.format(time).dropLast())
    while text.last == "0" { text.removeLast() }
    if text.last == "." { text.removeLast() }
    return text + "Z"
  }

  /// Seconds, as Go writes a duration's `Seconds()`.
  static func seconds(_ duration: Duration) -> JSONValue { .number(duration.seconds) }
}

extension JSONValue {
  /// `null` becomes ``GoTime/zero``, as in Prometheus' answers.
  static func time(_ time: Timestamp?) -> JSONValue { .string(GoTime.text(time)) }

  /// Since 1970; 0 where there is no time.
  static func milliseconds(_ time: Timestamp?) -> JSONValue { .number(Double(time?.milliseconds ?? 0)) }

  static func labels(_ labels: LabelSet) -> JSONValue {
    .object(labels.map { Member(key: $0.name, value: .string($0.value)) })
  }

  static func labels(_ labels: [String: String]) -> JSONValue { Self.labels(LabelSet(labels)) }
}

extension FormFields {
  /// A whole number in Go's words where it is none.
  func integer(_ name: String) throws(PrometheusError) -> Int? {
    guard let text = self[name] else { return nil }
    guard let number = Int(text) else { throw PrometheusError(.badData, "\(name) must be a number") }
    return number
  }
}
