import AsyncHTTPClient
import FleetModel
import Foundation
import NIOCore
import NIOHTTP1
import Synchronization

/// Puts programs through a scenario, all by the same clock, and gathers what their webhooks got.
struct ScenarioRun: Sendable {
  /// One notification that arrived and was taken.
  struct Arrival: Sendable {
    /// Seconds after the scenario's start.
    var at: Double
    var notification: WebhookNotification
  }

  /// By way, then by group, in order of arrival.
  typealias Arrivals = [String: [String: [Arrival]]]

  let scenario: AlertScenario
  let recorder: WebhookRecorder

  /// What each of `kinds` sent, in their order.
  func arrivals(at kinds: [AlertingProgram.Kind]) async throws -> [Arrivals] {
    let run = UUID().uuidString
    let bases = kinds.indices.map { "/\(run)/\($0)/" }
    let programs = try zip(kinds, bases).map { kind, base in
      try AlertingProgram(
        kind, configuration: scenario.configuration.replacing("WEBHOOK/", with: recorder.url + base))
    }
    defer { for program in programs { program.kill() } }
    for base in bases {
      for (way, answers) in scenario.answers { recorder.answer(base + way, with: answers) }
    }
    try await Self.each(programs) { try await $0.start() }
    let clock = ScenarioClock(start: .now + .milliseconds(200), date: Date(timeIntervalSinceNow: 0.2))
    try await Self.each(programs) { try await drive($0, clock) }
    for program in programs { try await program.end(SIGTERM) }
    let start = recorder.offset(of: clock.start)
    return try bases.map { base in
      try recorder.calls(below: base).mapValues { calls in
        let taken = try calls.filter { $0.answered < 300 }.map { call in
          Arrival(at: (call.at - start).seconds, notification: try WebhookNotification(body: call.body))
        }
        // Those after the end are not compared: one may have come to it, the other not.
        return Dictionary(grouping: taken.filter { $0.at < scenario.end }, by: \.notification.groupKey)
      }
    }
  }

  private static func each(
    _ programs: [AlertingProgram], _ body: @escaping @Sendable (AlertingProgram) async throws -> Void
  ) async throws {
    try await withThrowingTaskGroup(of: Void.self) { group in
      for program in programs { group.addTask { try await body(program) } }
      try await group.waitForAll()
    }
  }

  private func drive(_ program: AlertingProgram, _ clock: ScenarioClock) async throws {
    var silences: [String: String] = [:]
    for step in scenario.steps {
      try await clock.sleep(until: step.at)
      do {
        try await perform(step, on: program, clock, &silences)
      } catch {
        throw AlertingProgram.Failure("\(program.kind.rawValue) at \(step.at): \(error)\n\(program.log.suffix(3000))")
      }
    }
    try await clock.sleep(until: scenario.end)
  }

  private func perform(
    _ step: AlertScenario.Step, on program: AlertingProgram, _ clock: ScenarioClock, _ silences: inout [String: String]
  ) async throws {
    let api = AlertmanagerClient(url: program.url)
    switch step.act {
    case .post(let alerts): try await api.post(alerts.map { Self.document($0, clock) })
    case .silence(let name, let matchers, let from, let until):
      silences[name] = try await api.set([
        "id": silences[name] ?? "", "matchers": matchers.map(AlertmanagerClient.matcher),
        "startsAt": clock.text(from ?? step.at), "endsAt": clock.text(until), "createdBy": "test", "comment": name,
      ])
    case .extend(let name, let until):
      silences[name] = try await api.change(silences[name] ?? "") { $0["endsAt"] = clock.text(until) }
    case .rewrite(let name, let matchers):
      silences[name] = try await api.change(silences[name] ?? "") {
        $0["matchers"] = matchers.map(AlertmanagerClient.matcher)
      }
    case .expire(let name): try await api.expire(silences[name] ?? "")
    case .restart(let signal):
      try await program.end(signal)
      try await program.start()
    }
  }

  private static func document(_ alert: PostedAlert, _ clock: ScenarioClock) -> [String: Any] {
    var document: [String: Any] = ["labels": alert.labels]
    if !alert.annotations.isEmpty { document["annotations"] = alert.annotations }
    if let start = alert.startsAt { document["startsAt"] = clock.text(start) }
    if let end = alert.endsAt { document["endsAt"] = clock.text(end) }
    if let url = alert.generatorURL { document["generatorURL"] = url }
    return document
  }
}

/// When a scenario began, by both clocks.
struct ScenarioClock: Sendable {
  let start: ContinuousClock.Instant
  let date: Date

  func sleep(until seconds: Double) async throws { try await Task.sleep(until: start + .seconds(seconds)) }

  /// RFC 3339, to the millisecond.
  func text(_ seconds: Double) -> String {
    let milliseconds = Int64(((date.timeIntervalSince1970 + seconds) * 1000).rounded())
    return RFC3339.format(Timestamp(milliseconds: milliseconds))
  }
}

/// As much of the Alertmanager API as the scenarios need.
struct AlertmanagerClient: Sendable {
  var url: String

  func ask(_ method: HTTPMethod, _ path: String, body: [UInt8]? = nil) async throws -> (status: Int, body: [UInt8]) {
    var request = HTTPClientRequest(url: url + path)
    request.method = method
    if let body {
      request.headers.add(name: "Content-Type", value: "application/json")
      request.body = .bytes(body)
    }
    let response = try await HTTPClient.patient.execute(request, timeout: .seconds(60))
    return (Int(response.status.code), Array(try await response.body.collect(upTo: 64 << 20).readableBytesView))
  }

  private func succeed(_ method: HTTPMethod, _ path: String, _ document: Any? = nil) async throws -> Data {
    let body = try document.map { Array(try JSONSerialization.data(withJSONObject: $0)) }
    let answer = try await ask(method, path, body: body)
    guard answer.status == 200 else {
      throw AlertingProgram.Failure(
        "\(method) \(path) was answered with \(answer.status) \(String(decoding: answer.body, as: UTF8.self))")
    }
    return Data(answer.body)
  }

  func post(_ alerts: [[String: Any]]) async throws { _ = try await succeed(.POST, "/api/v2/alerts", alerts) }

  /// - Returns: the silence's id.
  func set(_ silence: [String: Any]) async throws -> String {
    struct Answer: Decodable { var silenceID: String }
    return try JSONDecoder().decode(Answer.self, from: try await succeed(.POST, "/api/v2/silences", silence)).silenceID
  }

  /// Reads a silence, changes it and sets it, as `amtool silence update` does.
  func change(_ id: String, _ change: (inout [String: Any]) -> Void) async throws -> String {
    let known = try await succeed(.GET, "/api/v2/silence/\(id)")
    guard var silence = try JSONSerialization.jsonObject(with: known) as? [String: Any] else {
      throw AlertingProgram.Failure("silence \(id) is not an object")
    }
    silence["status"] = nil
    silence["updatedAt"] = nil
    change(&silence)
    return try await set(silence)
  }

  func expire(_ id: String) async throws { _ = try await succeed(.DELETE, "/api/v2/silence/\(id)") }

  /// `zone=~"eu-.*"` as the API takes it.
  static func matcher(_ text: String) -> [String: Any] {
    let name = text.prefix { !"=!".contains($0) }
    let sign = text.dropFirst(name.count).prefix { "=!~".contains($0) }
    let value = text.dropFirst(name.count + sign.count).filter { $0 != "\"" }
    return [
      "name": String(name), "value": String(value), "isRegex": sign.hasSuffix("~"), "isEqual": sign.hasPrefix("="),
    ]
  }
}
