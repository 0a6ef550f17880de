import FleetModel
import NIOHTTP1
import TestSupport
import Testing

@testable import Receivers

@Suite("what services answer, and what follows from it") struct HTTPAnswerTests {
  struct Case: Sendable, CustomTestStringConvertible {
    var verdict = HTTPVerdict.plain
    var reply: HTTPListener.Reply
    var failure: DeliveryFailure?
    var testDescription: String { "\(verdict) \(reply)" }
  }

  static let cases: [Case] = [
    Case(reply: .answer(200)), Case(reply: .answer(204)), Case(reply: .answer(202, [], "thanks")),
    Case(reply: .answer(500, [], "oops"), failure: DeliveryFailure("status 500: oops", .retry(after: nil))),
    Case(
      reply: .answer(503, [("Retry-After", "7")]), failure: DeliveryFailure("status 503", .retry(after: .seconds(7)))),
    Case(
      reply: .answer(429, [("Retry-After", "120")], "slow\r\n down"),
      failure: DeliveryFailure("status 429: slow down", .retry(after: .seconds(120)))),
    Case(
      reply: .answer(429, [("Retry-After", "Tue, 14 Nov 2023 22:13:50 GMT")]),
      failure: DeliveryFailure("status 429", .retry(after: .seconds(30)))),
    Case(reply: .answer(429, [("Retry-After", "soon")]), failure: DeliveryFailure("status 429", .retry(after: nil))),
    Case(reply: .answer(400, [], "no alerts"), failure: DeliveryFailure("status 400: no alerts", .giveUp)),
    Case(reply: .answer(404), failure: DeliveryFailure("status 404", .giveUp)),
    Case(
      reply: .answer(422, [], String(repeating: "x", count: 1_000)),
      failure: DeliveryFailure("status 422: " + String(repeating: "x", count: 200) + "…", .giveUp)),
    // The head says that it arrived, whatever becomes of the rest.
    Case(reply: .cutOff(200, "half")),
    Case(reply: .cutOff(500, "half"), failure: DeliveryFailure("status 500: half", .retry(after: nil))),
    Case(
      reply: .close,
      failure: DeliveryFailure("the connection was closed before the answer was whole", .retry(after: nil))),
    Case(
      reply: .garbage, failure: DeliveryFailure("what answers does not speak HTTP", .retry(after: nil))),

    Case(reply: .answer(403, [], "no"), failure: DeliveryFailure("status 403: no", .giveUp)),
    Case(
      verdict: .pagerDuty, reply: .answer(403, [], "rate limit"),
      failure: DeliveryFailure("status 403: rate limit", .retry(after: nil))),
    Case(verdict: .pagerDuty, reply: .answer(202, [], "{\"status\":\"success\"}")),
    Case(
      verdict: .pagerDuty, reply: .answer(400, [], "{\"status\":\"invalid event\"}"),
      failure: DeliveryFailure("status 400: {\"status\":\"invalid event\"}", .giveUp)),

    Case(verdict: .slack, reply: .answer(200, [], "ok")), Case(verdict: .slack, reply: .answer(200, [], "ok\n")),
    Case(verdict: .slack, reply: .answer(200, [], "{\"ok\":true}")), Case(verdict: .slack, reply: .answer(204)),
    Case(verdict: .slack, reply: .answer(200, [], "{\"success\":true}")),
    Case(
      verdict: .slack, reply: .answer(200, [], "{\"success\":false}"),
      failure: DeliveryFailure("status 200: {\"success\":false}", .giveUp)),
    Case(
      verdict: .slack, reply: .answer(200, [], "{\"error\":\"ratelimited\"}"),
      failure: DeliveryFailure("status 200: {\"error\":\"ratelimited\"}", .retry(after: nil))),
    Case(
      verdict: .slack, reply: .answer(200, [], "{\"ok\":"),
      failure: DeliveryFailure("status 200: {\"ok\": (which is not understood)", .retry(after: nil))),
    Case(
      verdict: .slack, reply: .answer(200, [], "{\"ok\":false,\"error\":\"channel_not_found\"}"),
      failure: DeliveryFailure("status 200: {\"ok\":false,\"error\":\"channel_not_found\"}", .giveUp)),
    Case(
      verdict: .slack, reply: .answer(200, [], " {\"ok\":false,\"error\":\"ratelimited\"}"),
      failure: DeliveryFailure("status 200: {\"ok\":false,\"error\":\"ratelimited\"}", .retry(after: nil))),
    Case(
      verdict: .slack, reply: .answer(200, [], "no_text"),
      failure: DeliveryFailure("status 200: no_text", .giveUp)),
    Case(
      verdict: .slack, reply: .answer(404, [], "no_team"), failure: DeliveryFailure("status 404: no_team", .giveUp)),
    Case(
      verdict: .slack, reply: .cutOff(200, "{\"ok\":"),
      failure: DeliveryFailure("status 200: {\"ok\": (it breaks off)", .retry(after: nil))),

    Case(verdict: .msTeams, reply: .answer(200, [], "1")), Case(verdict: .msTeams, reply: .answer(202)),
    Case(
      verdict: .msTeams,
      reply: .answer(
        200, [], "Webhook message delivery failed with error: Microsoft Teams endpoint returned HTTP error 429 with"),
      failure: DeliveryFailure(
        "status 200: Webhook message delivery failed with error: Microsoft Teams endpoint returned HTTP error 429 with",
        .retry(after: nil))),
    Case(
      verdict: .msTeams,
      reply: .answer(
        200, [], "Webhook message delivery failed with error: Microsoft Teams endpoint returned HTTP error 413 with"),
      failure: DeliveryFailure(
        "status 200: Webhook message delivery failed with error: Microsoft Teams endpoint returned HTTP error 413 with",
        .giveUp)),
  ]

  @Test(arguments: cases) func everyAnswerHasItsConsequence(_ example: Case) async throws {
    try await HTTPListener.with([example.reply]) { listener in
      try await HTTPSender.with { sender in
        let failure = try await sender.post(listener.url + "/hook", verdict: example.verdict)
        #expect(failure == example.failure)
        #expect(listener.requests.entries.map(\.body) == ["{\"alerts\":[]}"])
      }
    }
  }

  @Test func whatIsSentIsJSONFromSkep() async throws {
    try await HTTPListener.with { listener in
      try await HTTPSender.with { sender in
        let outcome1 = try await sender.post(listener.url + "/hook?a=b%20c", body: "{\"x\":\"ü\"}")
        #expect(outcome1 == nil)
        let request = try #require(listener.requests.entries.first)
        #expect(request.method == "POST")
        #expect(request.uri == "/hook?a=b%20c")
        #expect(request.body == "{\"x\":\"ü\"}")
        #expect(request.headers["content-type"] == ["application/json"])
        #expect(request.headers["user-agent"] == ["skep"])
        #expect(request.headers["host"] == ["127.0.0.1:\(listener.port)"])
        #expect(request.headers["authorization"] == [])
      }
    }
  }

  @Test(arguments: [HTTPListener.Reply.hang, .headAndHang(500)])
  func anExchangeThatHangsEndsAtItsTime(_ reply: HTTPListener.Reply) async throws {
    try await HTTPListener.with([reply]) { listener in
      try await HTTPSender.with { sender in
        async let failure = sender.post(listener.url)
        await listener.requests.wait(for: 1)
        await sender.time.waitForSleepers(1)
        sender.time.advance(by: .seconds(10))
        let outcome2 = try await failure
        #expect(outcome2 == DeliveryFailure("no whole answer within 10s", .retry(after: nil)))
        await listener.closed.wait(for: 1)
      }
    }
  }

  @Test func aTryThatIsCancelledClosesItsConnection() async throws {
    try await HTTPListener.with([.hang]) { listener in
      try await HTTPSender.with { sender in
        let transport = sender.transport
        let url = listener.url
        let task = Task {
          try await transport.send(within: .seconds(10), verdict: .plain) { [HTTPMessage(url: url, body: [])] }
        }
        await listener.requests.wait(for: 1)
        task.cancel()
        await #expect(throws: CancellationError.self) { try await task.value }
        await listener.closed.wait(for: 1)
      }
    }
  }

  /// Even if nothing comes after it, a status of success is one.
  @Test func anAnswerThatHangsAfterItsHeadHasArrived() async throws {
    try await HTTPListener.with([.headAndHang(200)]) { listener in
      try await HTTPSender.with { sender in
        async let failure = sender.post(listener.url)
        await listener.requests.wait(for: 1)
        await sender.time.waitForSleepers(1)
        // The head may still be on its way; whether it is seen in time decides.
        sender.time.advance(by: .seconds(10))
        let result = try await failure
        #expect(result == nil || result == DeliveryFailure("no whole answer within 10s", .retry(after: nil)))
      }
    }
  }

  @Test func manyAtOnceShareFewConnections() async throws {
    try await HTTPListener.with { listener in
      try await HTTPSender.with { sender in
        try await withThrowingTaskGroup(of: DeliveryFailure?.self) { group in
          for number in 0..<100 { group.addTask { try await sender.post(listener.url, body: "\(number)") } }
          for try await failure in group { #expect(failure == nil) }
        }
        #expect(Set(listener.requests.entries.map(\.body)) == Set((0..<100).map { "\($0)" }))
      }
    }
  }

  @Test func whatCannotConnectSaysWhy() async throws {
    try await HTTPSender.with { sender in
      let port = try ReservedPort()
      let refused = try await sender.post("http://127.0.0.1:\(port.port)/secret-path")
      #expect(refused?.advice == .retry(after: nil))
      #expect(refused?.reason == "connection refused")
      let unknown = try await sender.post("http://no-such-host.invalid/secret-path")
      #expect(unknown?.reason.hasPrefix("cannot resolve no-such-host.invalid: ") == true)
      #expect(unknown?.advice == .retry(after: nil))
    }
  }

  @Test func aURLComesBackInNoPart() async throws {
    let told = "no hook a%2Fb-token of a/b-token, key 12345678-key"
    try await HTTPListener.with([.answer(404, [], told)]) { listener in
      try await HTTPSender.with { sender in
        let failure = try await sender.post(listener.url + "/hook/a%2Fb-token?key=12345678-key")
        #expect(failure?.reason == "status 404: no hook <secret> of <secret>, key <secret>")
      }
    }
  }

  /// Nine exchanges that hang keep the connection of a tenth from nothing.
  @Test func whatHangsKeepsUpNobodyElse() async throws {
    try await HTTPListener.with(Array(repeating: .hang, count: 9) + [.answer(200)]) { listener in
      try await HTTPSender.with { sender in
        let transport = sender.transport
        let url = listener.url
        let hanging = (0..<9).map { _ in
          Task {
            try await transport.send(within: .seconds(10), verdict: .plain) { [HTTPMessage(url: url, body: [])] }
          }
        }
        await listener.requests.wait(for: 9)
        let failure = try await sender.post(url)
        #expect(failure == nil)
        for task in hanging { task.cancel() }
        for task in hanging { _ = await task.result }
      }
    }
  }

  @Test func afterTheShutdownNothingIsSent() async throws {
    let connections = ReceiverConnections(connectTimeout: .seconds(300))
    let transport = try HTTPTransport(
      HTTPClientOptions(), at: "webhook_configs[0]", of: "night", connections: connections, time: SimulatedTime())
    await connections.shutdown()
    await connections.shutdown()
    await #expect(throws: DeliveryFailure("Skep is shutting down", .retry(after: nil))) {
      try await transport.send(within: .seconds(1), verdict: .plain) {
        [HTTPMessage(url: "http://127.0.0.1:1/", body: [])]
      }
    }
  }
}
