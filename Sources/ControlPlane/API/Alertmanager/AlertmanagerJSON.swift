import AlertLogic
import FleetModel
import HTTPTypes
import NIOCore

/// Writes the answers of the Alertmanager API: alerts, groups and silences, their keys in Alertmanager's order.
struct AlertmanagerJSON {
  private var json: PrometheusJSON
  /// An alert without an end is said to end when it would if nobody said it again.
  private let openEnd: Timestamp

  private init(capacity: Int, openEnd: Timestamp) {
    json = PrometheusJSON(capacity: capacity)
    self.openEnd = openEnd
  }

  static func alerts(_ standings: [AlertStanding], openEnd: Timestamp) -> APIResponse {
    var writer = AlertmanagerJSON(capacity: 64 + standings.count * 512, openEnd: openEnd)
    writer.list(standings) { $0.alert($1, receivers: $1.receivers) }
    return writer.response
  }

  /// - Parameter receivers: those of the alerts, by their labels.
  static func groups(
    _ groups: [GroupStanding], receivers: [LabelSet: [String]], openEnd: Timestamp
  ) -> APIResponse {
    var writer = AlertmanagerJSON(capacity: 64 + groups.count * 1024, openEnd: openEnd)
    writer.list(groups) { writer, group in
      writer.json.raw("{\"alerts\":")
      writer.list(group.alerts) { $0.alert($1, receivers: receivers[$1.alert.labels] ?? []) }
      writer.json.raw(",\"labels\":")
      writer.json.labels(group.labels)
      writer.json.raw(",\"receiver\":{\"name\":")
      writer.json.string(group.receiver)
      writer.json.raw("}}")
    }
    return writer.response
  }

  static func silences(_ silences: [Silence], at now: Timestamp) -> APIResponse {
    var writer = AlertmanagerJSON(capacity: 64 + silences.count * 512, openEnd: now)
    writer.list(silences) { $0.silence($1, at: now) }
    return writer.response
  }

  static func silence(_ silence: Silence, at now: Timestamp) -> APIResponse {
    var writer = AlertmanagerJSON(capacity: 512, openEnd: now)
    writer.silence(silence, at: now)
    return writer.response
  }

  private var response: APIResponse {
    var json = json
    json.raw("\n")
    return APIResponse(status: .ok, contentType: APIResponse.json, content: .bytes(json.buffer))
  }

  private mutating func list<Element>(_ elements: [Element], _ write: (inout Self, Element) -> Void) {
    json.raw("[")
    for (index, element) in elements.enumerated() {
      if index > 0 { json.raw(",") }
      write(&self, element)
    }
    json.raw("]")
  }

  private mutating func alert(_ standing: AlertStanding, receivers: [String]) {
    let alert = standing.alert
    json.raw("{\"annotations\":")
    json.labels(alert.annotations)
    json.raw(",\"endsAt\":")
    time(alert.endsAt ?? openEnd)
    json.raw(",\"fingerprint\":")
    json.string(standing.fingerprint)
    json.raw(",\"receivers\":")
    list(receivers) { writer, name in
      writer.json.raw("{\"name\":")
      writer.json.string(name)
      writer.json.raw("}")
    }
    json.raw(",\"startsAt\":")
    time(alert.startsAt)
    json.raw(",\"status\":{\"inhibitedBy\":")
    json.strings(standing.inhibitedBy)
    json.raw(",\"silencedBy\":")
    json.strings(standing.silencedBy)
    json.raw(",\"state\":")
    json.string(standing.state.rawValue)
    json.raw("},\"updatedAt\":")
    time(alert.updatedAt)
    if !alert.generatorURL.isEmpty {
      json.raw(",\"generatorURL\":")
      json.string(alert.generatorURL)
    }
    json.raw(",\"labels\":")
    json.labels(alert.labels)
    json.raw("}")
  }

  private mutating func silence(_ silence: Silence, at now: Timestamp) {
    json.raw("{\"id\":")
    json.string(silence.id)
    json.raw(",\"status\":{\"state\":")
    json.string(silence.state(at: now).rawValue)
    json.raw("},\"updatedAt\":")
    time(silence.updatedAt)
    json.raw(",\"comment\":")
    json.string(silence.comment)
    json.raw(",\"createdBy\":")
    json.string(silence.createdBy)
    json.raw(",\"endsAt\":")
    time(silence.endsAt)
    json.raw(",\"matchers\":")
    list(silence.matchers) { writer, matcher in
      let isEqual = matcher.operation == .equal || matcher.operation == .matches
      let isRegex = matcher.operation == .matches || matcher.operation == .matchesNot
      writer.json.raw(isEqual ? "{\"isEqual\":true,\"isRegex\":" : "{\"isEqual\":false,\"isRegex\":")
      writer.json.raw(isRegex ? "true,\"name\":" : "false,\"name\":")
      writer.json.string(matcher.name)
      writer.json.raw(",\"value\":")
      writer.json.string(matcher.value)
      writer.json.raw("}")
    }
    json.raw(",\"startsAt\":")
    time(silence.startsAt)
    json.raw("}")
  }

  private mutating func time(_ time: Timestamp) { json.string(RFC3339.format(time)) }
}
