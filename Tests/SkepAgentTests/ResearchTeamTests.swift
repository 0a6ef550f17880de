import FoundationEssentials
import NIOCore
import SkepAgent
import Subprocess
import Synchronization
import Testing

private struct Result: Decodable {
  let verdict: String
  let path: [String]
  let traceId: String?
}

private let traceID = "0af7651916cd43dd8448eb211c80319c"
private let parent = "00-\(traceID)-b7ad6b7169203331-01"

/// One sample of an agent's metrics; 0 where there is none.
private func metric(_ series: String, at address: String) async throws -> Double {
  let body = try await get(address + "/metrics").body
  for line in body.split(separator: "\n") where line.hasPrefix(series + " ") {
    return Double(line.dropFirst(series.count + 1)) ?? .nan
  }
  return 0
}

private func work(at address: String?, headers: [(String, String)] = [("traceparent", parent)]) async throws -> Answer {
  try await post(try #require(address) + "/work", body: #"{"task":"why is the sky blue?"}"#, headers: headers)
}

private func result(_ answer: Answer) throws -> Result {
  let decoder = JSONDecoder()
  decoder.keyDecodingStrategy = .convertFromSnakeCase
  return try decoder.decode(Result.self, from: Data(answer.body.utf8))
}

/// Each test starts the processes that it needs; one after the other, since together they would starve a small machine.
@Suite(.serialized, .timeLimit(.minutes(20))) struct ResearchTeamTests {
  @Test func fiveProcessesHandARequestRoundAndTheirCountersAddUp() async throws {
    let roles = ["writer", "critic", "coder", "researcher", "planner"]
    let ended = try await ResearchTeam.run(roles) { address in
      for _ in 0..<3 {
        let answer = try await work(at: address["planner"])
        #expect(answer.status == 200, "\(answer.body)")
        let result = try result(answer)
        #expect(result.path == roles.reversed())
        #expect(result.verdict == "done")
        #expect(result.traceId == traceID)
      }
      let operations = [
        "planner": "plan", "researcher": "research", "coder": "code", "critic": "review", "writer": "write",
      ]
      for (index, role) in roles.enumerated() {
        let here = try #require(address[role])
        let sender = index + 1 < roles.count ? roles[index + 1] : "outside"
        #expect(try await metric("agent_messages_received_total{peer=\"\(sender)\"}", at: here) == 3, "\(role)")
        if index > 0 {
          #expect(try await metric("agent_messages_sent_total{peer=\"\(roles[index - 1])\"}", at: here) == 3, "\(role)")
        }
        let operation = operations[role] ?? ""
        #expect(
          try await metric("agent_requests_total{operation=\"\(operation)\",status=\"ok\"}", at: here) == 3, "\(role)")
        #expect(
          try await metric("agent_request_duration_seconds_count{operation=\"\(operation)\"}", at: here) == 3, "\(role)"
        )
        #expect(try await metric("agent_tasks_in_progress", at: here) == 0, "\(role)")
        #expect(try await metric("agent_queue_depth", at: here) == 0, "\(role)")
        let body = try await get(here + "/metrics").body
        #expect(body.contains("agent_tokens_total{direction=\"output\",model="), "\(role)")
      }
    }
    #expect(ended.map(\.role) == roles.reversed())
    #expect(ended.allSatisfy { $0.status == .exited(0) }, "\(ended)")
  }

  /// The request outlives what a stop would allow without time to drain.
  @Test func aRunInFlightIsFinishedAfterSIGTERM() async throws {
    let asked = Mutex<Task<Answer, any Error>?>(nil)
    let ended = try await ResearchTeam.run(
      ["writer"], extra: ["--latency-scale", "12"], variables: ["DRAIN_TIMEOUT": "3600"]
    ) { address in
      let writer = try #require(address["writer"])
      // Asks from outside the process's life; awaited below.
      asked.withLock { $0 = Task { try await work(at: writer) } }
      try await eventually("the work has begun") { try await metric("agent_tasks_in_progress", at: writer) == 1 }
    }
    let answer = try await asked.withLock { $0 }?.value
    #expect(answer?.status == 200, "\(answer?.body ?? "")")
    #expect(ended.map(\.status) == [.exited(0)])
  }

  @Test func aSecondSIGTERMEndsTheWaiting() async throws {
    let ended = try await ResearchTeam.run(
      ["writer"], extra: ["--latency-scale", "1000"], variables: ["DRAIN_TIMEOUT": "3600"], signals: 2
    ) { address in
      let writer = try #require(address["writer"])
      // Ends with the process.
      Task { _ = try? await work(at: writer) }
      try await eventually("the work has begun") { try await metric("agent_tasks_in_progress", at: writer) == 1 }
    }
    #expect(ended.map(\.status) == [.exited(0)])
  }

  @Test func theCriticSendsWorkBackABoundedNumberOfTimes() async throws {
    _ = try await ResearchTeam.run(["writer", "critic", "coder"], extra: ["--revision-rate", "1"]) { address in
      let result = try result(try await work(at: address["coder"]))
      let rounds = Array(repeating: ["coder", "critic"], count: 4).flatMap { $0 }
      #expect(result.path == rounds + ["writer"])
    }
  }

  @Test func droppedContextStartsANewTraceDownstream() async throws {
    _ = try await ResearchTeam.run(["writer", "critic"]) { address in
      let critic = try #require(address["critic"])
      #expect(try result(try await work(at: critic)).traceId == traceID)
      #expect(try await post(critic + "/misbehave/drop-context").status == 200)
      #expect(try result(try await work(at: critic)).traceId != traceID)
      _ = try await post(critic + "/misbehave/off")
      #expect(try result(try await work(at: critic)).traceId == traceID)
    }
  }

  @Test func failingCountsAsErrorsAndReachesWhoAsked() async throws {
    _ = try await ResearchTeam.run(["writer", "critic"]) { address in
      let writer = try #require(address["writer"])
      let critic = try #require(address["critic"])
      _ = try await post(writer + "/misbehave/fail?for=1h")
      #expect(try await work(at: writer).status == 500)
      let answer = try await work(at: critic)
      #expect(answer.status == 503)
      #expect(answer.body.contains("writer did not do its part"))
      #expect(try await metric("agent_requests_total{operation=\"write\",status=\"error\"}", at: writer) == 4)
      #expect(try await metric("agent_messages_sent_total{peer=\"writer\"}", at: critic) == 3)
      let active = try await get(writer + "/misbehave").body
      #expect(active.contains(#""kind":"fail""#))
      _ = try await post(writer + "/misbehave/off")
      #expect(try await work(at: critic).status == 200)
    }
  }

  @Test func badOrdersAreRefusedWithAReason() async throws {
    _ = try await ResearchTeam.run(["writer"]) { address in
      let writer = try #require(address["writer"])
      for (order, part) in [
        ("sing", "unknown misbehaviour"), ("leak?rate=-1", "does not fit"), ("leak?rate=x", "does not fit"),
        ("burn?for=soon", "is not a duration"), ("slow?rate=nan", "does not fit"),
      ] {
        let answer = try await post(writer + "/misbehave/" + order)
        #expect(answer.status == 400)
        #expect(answer.body.contains(part), "\(order): \(answer.body)")
      }
      #expect(try await post(writer + "/work", body: "{").status == 400)
      #expect(try await get(writer + "/misbehave").body == #"{"active":[]}"#)
    }
  }

  @Test func leaksAndBurnsForReal() async throws {
    _ = try await ResearchTeam.run(["writer"]) { address in
      let writer = try #require(address["writer"])
      let memory = try await metric("process_resident_memory_bytes", at: writer)
      let time = try await metric("process_cpu_seconds_total", at: writer)
      _ = try await post(writer + "/misbehave/leak?rate=512")
      _ = try await post(writer + "/misbehave/burn")
      try await eventually("resident memory has grown by 128 MiB") {
        try await metric("process_resident_memory_bytes", at: writer) > memory + Double(128 << 20)
      }
      try await eventually("half a second of a processor is burnt") {
        try await metric("process_cpu_seconds_total", at: writer) > time + 0.5
      }
      _ = try await post(writer + "/misbehave/off")
      try await eventually("the memory is given back") {
        try await metric("process_resident_memory_bytes", at: writer) < memory + Double(64 << 20)
      }
    }
  }

  /// It answers nobody, can still be told to behave, and still ends when it is told to.
  @Test(arguments: [true, false])
  func hangsHealthIncluded(untilTheEnd: Bool) async throws {
    let ended = try await ResearchTeam.run(["writer"]) { address in
      let writer = try #require(address["writer"])
      _ = try await post(writer + "/misbehave/hang")
      for path in ["/health", "/metrics", "/ready"] {
        await #expect(throws: (any Error).self) { try await get(writer + path, timeout: .milliseconds(200)) }
      }
      if untilTheEnd { return }
      _ = try await post(writer + "/misbehave/off")
      #expect(try await get(writer + "/health").status == 200)
    }
    #expect(ended.map(\.status) == [.exited(0)])
  }
}
