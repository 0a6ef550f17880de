import FleetModel
import Platform
import SystemPackage
import TestSupport
import Testing

@testable import Ingest

@Suite struct CollectionServiceTests {
  private let planner = "http://127.0.0.1:9000/metrics"

  @Test func collectsFromWhoeverIsRegistered() async throws {
    let bench = try Bench()
    bench.agents.set(planner, .answer(200, "m 5\n"))
    bench.resources.set(
      4, ProcessUsage(cpuTime: .seconds(1), residentBytes: 100, startTicks: 9, memoryLimitBytes: 400))
    try await bench.run {
      _ = try bench.registry.register(target("planner", pid: 4))
      await bench.advance(upTo: .seconds(1), "shows up within a second") { !bench.store.values("m").isEmpty }
      await bench.advance("goes on") { bench.store.values("m").count >= 4 }
    }
    #expect(bench.store.values("system_memory_usage", ["source": "process"]).allSatisfy { $0 == 25 })
    #expect(bench.store.values("system_cpu_usage", ["unit": "percent", "source": "process"]).contains(0))
    let steps = bench.store.series("m").values.flatMap { $0 }.map(\.time)
    let gaps = zip(steps.dropFirst(), steps).map { $0 - $1 }
    #expect(gaps.dropFirst().allSatisfy { $0 >= 9_000 && $0 <= 11_000 }, "\(gaps)")
    #expect(bench.events.words("planner") == ["recovered"])
    let snapshot = try #require(bench.registry.snapshot(of: agent("planner")))
    #expect(snapshot.status == .active && snapshot.instances[0].seriesCount == 1)
    #expect(bench.service.totals().agentMetricPairs >= 6)
    #expect(bench.service.totals().samplesCollected == snapshot.instances[0].samplesCollected)
    #expect(bench.service.recent.read(agentID: "planner", metricName: "m", limit: 1).first?.value == 5)
  }

  static let failures: [(FakeAgents.Behaviour?, String)] = [
    (nil, "cannot connect"), (.answer(500, "oops"), "answered 500 Internal Server Error"),
    (.answer(302, "", [HTTPField("Location", "http://169.254.169.254/")]), "redirect"),
    (.answer(404, ""), "404 Not Found"),
    (.fail(.timeout(after: .seconds(5))), "no whole answer within 5s"), (.hang, "no whole answer within 5s"),
    (.fail(.bodyTooLarge(limit: 9)), "limit of 9 bytes"),
    (.fail(.malformedResponse("closed half-way")), "closed half-way"),
    (.answer(200, "m not-a-number\n"), "line 1"),
  ]

  @Test(arguments: failures.indices) func aFailedFetchNeverLeavesAnAgentActive(_ index: Int) async throws {
    let (behaviour, reason) = Self.failures[index]
    let bench = try Bench()
    bench.agents.set(planner, .answer(200, "m 5\n"))
    try await bench.run {
      _ = try bench.registry.register(target("planner"))
      await bench.advance("active") { bench.registry.snapshot(of: agent("planner"))?.status == .active }
      bench.agents.set(planner, behaviour)
      await bench.advance("failed") { bench.registry.snapshot(of: agent("planner"))?.status != .active }
      let snapshot = bench.registry.snapshot(of: agent("planner"))
      #expect(snapshot?.status == .unhealthy)
      #expect(snapshot?.lastError?.contains(reason) == true, "\(snapshot?.lastError ?? "none")")
      #expect(bench.store.values("m").last == .some(nil), "its series have ended")
      bench.agents.set(planner, .answer(200, "m 6\n"))
      await bench.advance("back") { bench.registry.snapshot(of: agent("planner"))?.status == .active }
      await bench.advance("stored") { bench.store.values("m").last == 6 }
    }
    #expect(bench.events.words("planner").first == "recovered" && bench.events.words("planner").last == "recovered")
    #expect(bench.events.words("planner").contains("failed(unhealthy)"))
  }

  @Test func aSilentAgentIsLostAndFound() async throws {
    let bench = try Bench()
    bench.agents.set(planner, .answer(200, "m 5\n"))
    try await bench.run {
      _ = try bench.registry.register(target("planner"))
      await bench.advance("active") { bench.registry.snapshot(of: agent("planner"))?.status == .active }
      bench.agents.set(planner, nil)
      await bench.advance("lost") { bench.registry.snapshot(of: agent("planner"))?.status == .lost }
      bench.agents.set(planner, .answer(200, "m 6\n"))
      await bench.advance("found") { bench.registry.snapshot(of: agent("planner"))?.status == .active }
      await bench.advance("stored") { bench.store.values("m").last == 6 }
    }
    #expect(bench.store.values("m").compactMap(\.self).last == 6)
    #expect(bench.events.words("planner").contains("failed(lost)"))
  }

  @Test func healthAndProcessCountToo() async throws {
    let bench = try Bench()
    bench.agents.set(planner, .answer(200, "m 5\n"))
    bench.agents.set("http://127.0.0.1:9000/health", .answer(503, ""))
    bench.resources.set(4, ProcessUsage(cpuTime: .seconds(1), residentBytes: 100, startTicks: 9))
    try await bench.run {
      var sick = target("planner", pid: 4)
      sick.healthEndpoint = "http://127.0.0.1:9000/health"
      _ = try bench.registry.register(sick)
      await bench.advance("unhealthy") { bench.registry.snapshot(of: agent("planner"))?.status == .unhealthy }
      #expect(
        bench.registry.snapshot(of: agent("planner"))?.lastError == "health check: answered 503 Service Unavailable")
      #expect(bench.store.values("up") == [1], "its metrics were collected all the same")
      bench.agents.set("http://127.0.0.1:9000/health", .answer(200, "ok"))
      await bench.advance("healthy") { bench.registry.snapshot(of: agent("planner"))?.status == .active }
      bench.resources.set(4, nil)
      await bench.advance("gone") { bench.registry.snapshot(of: agent("planner"))?.status == .unhealthy }
      #expect(bench.registry.snapshot(of: agent("planner"))?.lastError == "process 4 is gone")
      // A new process under the same pid, as in a container; its registration says so.
      bench.resources.set(4, ProcessUsage(cpuTime: .zero, residentBytes: 100, startTicks: 77))
      await bench.advance("another's pid") {
        bench.registry.snapshot(of: agent("planner"))?.lastError?.contains("another process") == true
      }
      _ = try bench.registry.register(sick)
      await bench.advance("back") { bench.registry.snapshot(of: agent("planner"))?.status == .active }
    }
  }

  @Test func aCrashIsSeenBeforeTheRuntimeHasStartedTheAgentAgain() async throws {
    let bench = try Bench()
    let key = agent("planner")
    bench.agents.set(planner, .answer(200, "m 5\n"))
    bench.resources.set(4, ProcessUsage(cpuTime: .seconds(1), residentBytes: 100, startTicks: 9))
    bench.resources.set(5, ProcessUsage(cpuTime: .seconds(1), residentBytes: 100, startTicks: 10))
    try await bench.run {
      bench.registry.replaceTargets(of: .localRuntime, with: [target("planner", pid: 4)])
      // It has told Skep its pid as well, and cannot take that back when it is killed.
      _ = try bench.registry.register(target("planner", pid: 4))
      await bench.advance("active") { bench.registry.snapshot(of: key)?.status == .active }
      bench.time.advance(by: .milliseconds(100))
      bench.agents.set(planner, nil)
      bench.resources.set(4, nil)
      bench.registry.replaceTargets(of: .localRuntime, with: [target("planner")])
      await bench.advance(upTo: .milliseconds(250), "seen at once") {
        bench.registry.snapshot(of: key)?.status == .unhealthy && bench.store.values("up").last == 0
      }
      bench.agents.set(planner, .answer(200, "m 6\n"))
      bench.registry.replaceTargets(of: .localRuntime, with: [target("planner", pid: 5)])
      await bench.advance(upTo: .seconds(1), "back") { bench.registry.snapshot(of: key)?.status == .active }
    }
    #expect(bench.events.words("planner") == ["recovered", "failed(unhealthy)", "recovered"])
  }

  @Test func heartbeatsAloneKeepAnAgentActive() async throws {
    let bench = try Bench()
    try await bench.run {
      _ = try bench.registry.register(CollectionTarget(agentID: agent("planner"), instance: "one"))
      await bench.advance("watched") { !bench.store.values("up").isEmpty }
      try bench.registry.heartbeat(agent("planner"), instance: nil)
      #expect(bench.registry.snapshot(of: agent("planner"))?.status == .active)
      await bench.advance("up") { bench.store.values("up").last == 1 }
      await bench.advance("lost") { bench.registry.snapshot(of: agent("planner"))?.status == .lost }
      #expect(bench.registry.snapshot(of: agent("planner"))?.lastError?.hasPrefix("no sign of life for 3") == true)
    }
  }

  @Test func aHangingAgentDelaysNoOther() async throws {
    let bench = try Bench()
    try await bench.run {
      for number in 0..<20 {
        let instance = "127.0.0.1:\(9000 + number)"
        bench.agents.set("http://\(instance)/metrics", number % 2 == 0 ? .hang : .answer(200, "m 1\n"))
        _ = try bench.registry.register(target("a-\(number)", instance))
      }
      await bench.advance(upTo: .seconds(45), "every good one is collected from each interval") {
        (0..<20).allSatisfy { $0 % 2 == 0 || bench.store.values("m", ["agent_id": "a-\($0)"]).count >= 4 }
      }
      #expect(bench.store.series("m").values.allSatisfy { $0.allSatisfy { !StaleMarker.isStale($0.value) } })
    }
    #expect(bench.agents.mostAtOnce == 1, "what hangs does not pile up")
  }

  @Test func deregisteringEndsTheSeries() async throws {
    let bench = try Bench()
    bench.agents.set(planner, .answer(200, "m 5\n"))
    try await bench.run {
      _ = try bench.registry.register(target("planner"))
      await bench.advance("collected") { bench.store.values("m").count >= 2 }
      #expect(bench.registry.deregister(agent("planner")))
      await bench.advance("marked") { bench.store.values("up").last == .some(nil) }
      #expect(bench.store.values("m").last == .some(nil))
      let requests = bench.agents.requests(planner)
      let before = bench.time.monotonic()
      await bench.advance("a minute passes") { bench.time.monotonic() - before > .seconds(60) }
      #expect(bench.agents.requests(planner) == requests, "its loop has ended")
    }
    #expect(bench.events.words("planner").last == "removed")
    #expect(bench.service.totals().agentMetricPairs == 0)
  }

  @Test func aShutdownMarksNothing() async throws {
    let bench = try Bench()
    bench.agents.set(planner, .answer(200, "m 5\n"))
    try await bench.run {
      _ = try bench.registry.register(target("planner"))
      await bench.advance("collected") { bench.store.values("m").count >= 2 }
    }
    #expect(bench.store.values("m").allSatisfy { $0 == 5 } && bench.store.values("up").allSatisfy { $0 == 1 })
  }

  @Test func anUpdateWithOtherLabelsEndsTheOldSeries() async throws {
    let bench = try Bench()
    bench.agents.set(planner, .answer(200, "m 5\n"))
    try await bench.run {
      _ = try bench.registry.register(target("planner", labels: ["team": "a"]))
      await bench.advance("collected") { bench.store.values("m", ["team": "a"]).count >= 2 }
      _ = try bench.registry.register(target("planner", labels: ["team": "b"]))
      await bench.advance("collected anew") { bench.store.values("m", ["team": "b"]).count >= 2 }
      #expect(bench.store.values("m", ["team": "a"]).last == .some(nil))
      #expect(bench.agents.mostAtOnce == 1)
    }
  }

  @Test func theAgentsOwnIntervalCounts() async throws {
    let bench = try Bench()
    bench.agents.set(planner, .answer(200, "m 5\n"))
    try await bench.run {
      var fast = target("planner")
      fast.interval = .seconds(1)
      _ = try bench.registry.register(fast)
      await bench.advance(upTo: .seconds(10), "once a second") { bench.store.values("m").count >= 8 }
    }
  }

  /// Random life of a few instances: never two loops for one, nobody active whose last fetch failed, and whoever is no
  /// longer registered has ended all of its series.
  @Test(arguments: 0..<6) func holdsItsInvariants(_ seed: Int) async throws {
    let bench = try Bench()
    var random = SeededGenerator(seed: UInt64(seed))
    let names = (0..<4).map { "a-\($0)" }
    func url(_ name: String) -> String { "http://127.0.0.1:9\(name.suffix(1))/metrics" }
    func instance(_ name: String) -> String { "127.0.0.1:9\(name.suffix(1))" }
    try await bench.run {
      for _ in 0..<60 {
        guard let name = names.randomElement(using: &random) else { return }
        switch Int.random(in: 0..<8, using: &random) {
        case 0: _ = bench.registry.deregister(agent(name))
        case 1: bench.agents.set(url(name), .answer(500, ""))
        case 2: bench.agents.set(url(name), .hang)
        case 3: try? bench.registry.heartbeat(agent(name), instance: nil)
        case 4:
          _ = try bench.registry.register(
            target(name, instance(name), labels: ["v": "\(Int.random(in: 0..<2, using: &random))"]))
        case 5: _ = try bench.registry.register(target(name, instance(name)))
        default: bench.agents.set(url(name), .answer(200, "m \(Int.random(in: 0..<9, using: &random))\n"))
        }
        let until = bench.time.monotonic() + .milliseconds(Int.random(in: 0...6000, using: &random))
        await bench.advance("time passes") { bench.time.monotonic() >= until }
        #expect(bench.agents.mostAtOnce <= 1)
      }
      // Everybody fails, and then everybody goes.
      for name in names { bench.agents.set(url(name), nil) }
      let until = bench.time.monotonic() + .seconds(21)
      await bench.advance("all have failed") { bench.time.monotonic() >= until }
      #expect(bench.registry.snapshot().allSatisfy { $0.status == .unhealthy || $0.status == .lost })
      for name in names { _ = bench.registry.deregister(agent(name)) }
      await bench.advance("all have ended") { bench.service.totals().agentMetricPairs == 0 }
    }
    for name in ["m", "up", "scrape_samples_scraped"] {
      for (series, samples) in bench.store.series(name) {
        #expect(samples.last.map { StaleMarker.isStale($0.value) } == true, "\(series)")
        let doubled = zip(samples, samples.dropFirst()).contains {
          StaleMarker.isStale($0.value) && StaleMarker.isStale($1.value)
        }
        #expect(!doubled, "\(series) was marked twice")
      }
    }
  }

  @Test func bearsChangesFromManyThreads() async throws {
    let bench = try Bench { $0.collectionInterval = .milliseconds(500) }
    for number in 0..<8 { bench.agents.set("http://127.0.0.1:900\(number)/metrics", .answer(200, "m 1\nn 2\n")) }
    try await bench.run(concurrently: true) {
      await withTaskGroup(of: Void.self) { group in
        for worker in 0..<4 {
          group.addTask {
            var random = SeededGenerator(seed: UInt64(worker))
            for _ in 0..<300 {
              let number = Int.random(in: 0..<8, using: &random)
              switch Int.random(in: 0..<6, using: &random) {
              case 0: _ = bench.registry.deregister(agent("a-\(number)"))
              case 1: bench.watch.watch(Bool.random(using: &random) ? ["m"] : [])
              case 2: _ = bench.service.recent.read(agentID: nil, metricName: "m", limit: 5)
              case 3: _ = bench.service.totals()
              default: _ = try? bench.registry.register(target("a-\(number)", "127.0.0.1:900\(number)"))
              }
              bench.time.advance(by: .milliseconds(20))
              await Task.yield()
            }
          }
        }
      }
    }
    #expect(bench.agents.mostAtOnce == 1)
    #expect(!bench.store.series("m").isEmpty)
  }
}
