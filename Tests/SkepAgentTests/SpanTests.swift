import FleetModel
import Synchronization
import Testing
import Tracing

@testable import SkepAgent

/// A tracer that sends nowhere, and what it has gathered.
struct GatheringTracer {
  let tracer: SkepTracer
  var limits: SpanLimits { tracer.configuration.limits }

  init(_ change: (inout TracerConfiguration) -> Void = { _ in }) throws {
    var configuration = TracerConfiguration(agent: AgentConfiguration(agentID: try AgentID("planner"), port: 7601))
    configuration.endpoint = "http://127.0.0.1:9/v1/traces"
    change(&configuration)
    tracer = SkepTracer(configuration)
  }

  /// The spans that have ended, in the order of their ends, as they would be sent.
  func ended() -> [FleetModel.Span] {
    let reading = SpanReading(limits: limits, resource: tracer.configuration.resource)
    var spans: [SkepSpan] = []
    while case let batch = tracer.recorder.queue.take(), !batch.isEmpty { spans += batch }
    return spans.map(reading.span)
  }
}

private struct Moment: TracerInstant {
  let nanosecondsSinceEpoch: UInt64
  init(_ time: UInt64) { nanosecondsSinceEpoch = time }
  static func < (left: Moment, right: Moment) -> Bool { left.nanosecondsSinceEpoch < right.nanosecondsSinceEpoch }
}

private struct Failure: Error, CustomStringConvertible {
  var description: String { "out of tokens" }
}

private func attribute(_ key: String, of span: FleetModel.Span) -> SpanValue? {
  span.attributes.first { $0.key == key }?.value
}

@Suite struct SpanTests {
  @Test func aSpanIsReadAsItWasWritten() throws {
    let gathering = try GatheringTracer()
    let other = gathering.tracer.startSpan("other", at: Moment(1))
    let span = gathering.tracer.startSpan("draft", context: .topLevel, ofKind: .server, at: Moment(1_000))
    span.operationName = "work"
    span.updateAttributes {
      $0["text"] = "a"
      $0["whole"] = 7
      $0["real"] = 0.5
      $0["flag"] = true
      $0["list"] = ["a", "\"\n"]
    }
    span.addEvent(Tracing.SpanEvent(name: "half", at: Moment(1_500), attributes: ["n": 1]))
    span.addLink(other, attributes: ["why": "same task"])
    span.setStatus(SpanStatus(code: .error, message: "no luck"))
    span.end(at: Moment(2_000))
    let read = try #require(gathering.ended().first)
    #expect(read.operation == "work")
    #expect(read.agent == "planner")
    #expect(read.kind == .server)
    #expect((read.start, read.end) == (1_000, 2_000))
    #expect(read.parentID == nil)
    #expect((read.state, read.statusMessage) == (.error, "no luck"))
    #expect(
      read.attributes == [
        .init("flag", .bool(true)), .init("list", .nested(#"["a","\"\u000a"]"#)), .init("real", .double(0.5)),
        .init("text", .string("a")), .init("whole", .int(7)),
      ])
    #expect(read.events == [.init(time: 1_500, name: "half", attributes: [.init("n", .int(1))])])
    let target = try #require(other.context.traceContext)
    #expect(
      read.links == [
        .init(traceID: target.traceID, spanID: target.spanID, attributes: [.init("why", .string("same task"))])
      ])
    #expect(read.resource.contains(.init("service.name", .string("planner"))))
    #expect(read.resource.contains(.init("service.instance.id", .string("127.0.0.1:7601"))))
    #expect(read.flags == 3)
  }

  @Test func childrenFollowTheTaskAndNotTheThread() async throws {
    let gathering = try GatheringTracer()
    let tracer = gathering.tracer
    await tracer.withSpan("root") { _ in
      await withTaskGroup(of: Void.self) { group in
        for branch in 0..<20 {
          group.addTask {
            await tracer.withSpan("branch \(branch)") { _ in
              await Task.yield()
              await tracer.withSpan("leaf \(branch)") { _ in await Task.yield() }
            }
          }
        }
        await group.waitForAll()
      }
    }
    let spans = gathering.ended()
    #expect(spans.count == 41)
    #expect(Set(spans.map(\.traceID)).count == 1)
    let byID = Dictionary(uniqueKeysWithValues: spans.map { ($0.spanID, $0) })
    for span in spans {
      let parent = span.parentID.flatMap { byID[$0]?.operation }
      let number = span.operation.split(separator: " ").last.map(String.init) ?? ""
      switch span.operation.split(separator: " ").first {
      case "leaf": #expect(parent == "branch \(number)")
      case "branch": #expect(parent == "root")
      default: #expect(parent == nil)
      }
    }
  }

  @Test func whatIsThrownIsRecorded() throws {
    let gathering = try GatheringTracer()
    func fail() throws { try gathering.tracer.withSpan("work") { _ in throw Failure() } }
    #expect(throws: Failure.self) { try fail() }
    let span = try #require(gathering.ended().first)
    #expect(span.state == .error)
    let event = try #require(span.events.first)
    #expect(event.name == "exception")
    #expect(event.attributes.contains(.init("exception.message", .string("out of tokens"))))
  }

  @Test func nothingIsAddedAfterTheEndAndTheFirstEndCounts() throws {
    let gathering = try GatheringTracer()
    let span = gathering.tracer.startSpan("work", at: Moment(10))
    #expect(span.isRecording)
    span.end(at: Moment(20))
    span.end(at: Moment(30))
    span.attributes["late"] = true
    span.operationName = "late"
    span.setStatus(SpanStatus(code: .error))
    span.addEvent("late")
    #expect(!span.isRecording)
    let spans = gathering.ended()
    #expect(spans.count == 1)
    #expect(spans.first?.end == 20)
    #expect(spans.first?.operation == "work")
    #expect(spans.first?.attributes.isEmpty == true)
    #expect(spans.first?.events.isEmpty == true)
    #expect(spans.first?.state == .completed)
  }

  @Test(arguments: [
    ([], SpanState.completed), ([SpanStatus(code: .ok)], .ok), ([SpanStatus(code: .error)], .error),
    ([SpanStatus(code: .error), SpanStatus(code: .ok)], .ok), ([SpanStatus(code: .ok), SpanStatus(code: .error)], .ok),
  ])
  func statusIsFinalOnceItIsGood(set: [SpanStatus], state: SpanState) throws {
    let gathering = try GatheringTracer()
    let span = gathering.tracer.startSpan("work")
    for status in set { span.setStatus(status) }
    span.end()
    #expect(gathering.ended().first?.state == state)
  }

  /// A clock that is set back must not make a span that ends before it starts.
  @Test func theEndIsNeverBeforeTheStart() throws {
    let gathering = try GatheringTracer()
    gathering.tracer.startSpan("back", at: Moment(100)).end(at: Moment(50))
    gathering.tracer.startSpan("far", at: Moment(.max)).end(at: Moment(.max))
    let spans = gathering.ended()
    #expect(spans.map(\.end) == [100, .max])
    #expect(spans.map(\.start) == [100, .max])
  }

  @Test func whatGoesBeyondTheLimitsIsCounted() throws {
    let gathering = try GatheringTracer {
      $0.limits.attributes = 3
      $0.limits.events = 2
      $0.limits.links = 1
      $0.limits.attributesPerEvent = 1
      $0.limits.valueLength = 4
    }
    let span = gathering.tracer.startSpan("work")
    span.attributes["first"] = "é-longer"
    for number in 0..<5 { span.attributes["n\(number)"] = number }
    for _ in 0..<4 { span.addEvent(Tracing.SpanEvent(name: "e", attributes: ["a": 1, "b": 2])) }
    for _ in 0..<3 { span.addLink(gathering.tracer.startSpan("other")) }
    span.end()
    let read = try #require(gathering.ended().last)
    #expect(read.attributes.map(\.key) == ["first", "n0", "n1"])
    #expect(attribute("first", of: read) == .string("é-lo"))
    #expect(read.events.count == 2)
    #expect(read.events.allSatisfy { $0.attributes.map(\.key) == ["a"] })
    #expect(read.links.count == 1)
    #expect(read.dropped == DroppedCounts(attributes: 3 + 2, events: 2, links: 2))
  }

  /// Many tasks write to one span while it ends; nothing is lost before the end and nothing is torn.
  @Test func isSafeFromManyTasks() async throws {
    let gathering = try GatheringTracer { $0.limits.attributes = 100_000 }
    let span = gathering.tracer.startSpan("work")
    await withTaskGroup(of: Void.self) { group in
      for task in 0..<8 {
        group.addTask {
          for number in 0..<200 { span.updateAttributes { $0["\(task).\(number)"] = number } }
        }
      }
    }
    span.end()
    #expect(gathering.ended().first?.attributes.count == 1600)
  }

  /// As libraries do that know any tracer.
  @Test func keysThatAreSetInPlaceAreNotLost() async throws {
    let gathering = try GatheringTracer { $0.limits.attributes = 100_000 }
    let span: any Tracing.Span = gathering.tracer.startSpan("work")
    span.attributes["old"] = 1
    await withTaskGroup(of: Void.self) { group in
      for task in 0..<8 {
        group.addTask {
          for number in 0..<200 { span.attributes["\(task).\(number)"] = number }
        }
      }
    }
    span.attributes["old"] = nil as Int?
    span.attributes["0.0"] = 7
    span.end()
    let read = try #require(gathering.ended().first)
    #expect(read.attributes.count == 1600)
    #expect(attribute("old", of: read) == nil && attribute("0.0", of: read) == .int(7))
  }

  @Test func aFullQueueDropsTheNewestAndSaysSo() throws {
    let gathering = try GatheringTracer {
      $0.queueSize = 5
      $0.batchSize = 2
    }
    for number in 0..<8 { gathering.tracer.startSpan("\(number)").end() }
    #expect(gathering.tracer.recorder.queue.takeDropped() == 3)
    #expect(gathering.tracer.recorder.queue.takeDropped() == 0)
    let taken = gathering.tracer.recorder.queue.take()
    #expect(taken.count == 2)
    for number in 8..<10 { gathering.tracer.startSpan("\(number)").end() }
    gathering.tracer.recorder.queue.putBack(taken)
    #expect(gathering.tracer.recorder.queue.takeDropped() == 2)
    #expect(gathering.ended().map(\.operation) == ["2", "3", "4", "8", "9"])
  }

  /// Whatever is put into a span: the control plane takes it, the longest text being cut.
  @Test func theTextOfASpanIsBoundedAsItIsWritten() throws {
    let gathering = try GatheringTracer()
    let span = gathering.tracer.startSpan("work")
    let long = String(repeating: "é", count: 200_000)
    for number in 0..<8 { span.attributes["long\(number)"] = long }
    span.updateAttributes {
      $0["model"] = "large-1"
      $0["list"] = Array(repeating: "\"", count: 100_000)
    }
    for _ in 0..<8 { span.addEvent(Tracing.SpanEvent(name: "e", attributes: ["long": .string(long)])) }
    span.setStatus(SpanStatus(code: .error, message: long))
    #expect(span.bytes < 512 << 10)
    span.end()
    let read = try #require(gathering.ended().first)
    #expect(attribute("model", of: read) == .string("large-1"))
    #expect(read.attributes.count == 10)
    #expect(read.dropped.events > 0)
    let text = read.attributes.map { $0.key.utf8.count + $0.value.text.utf8.count }.reduce(0, +)
    #expect(text < 512 << 10)
  }

  @Test func theQueueIsBoundedInBytesAndKeepsTheEndsOfSpansThatWereToldOf() throws {
    let gathering = try GatheringTracer { $0.queueBytes = 100_000 }
    let text = String(repeating: "a", count: 60_000)
    for name in ["a", "told", "c"] {
      let span = gathering.tracer.startSpan(name)
      span.attributes["text"] = text
      if name == "told" { span.markTold(true) }
      span.end()
    }
    let queue = gathering.tracer.recorder.queue
    #expect(queue.takeDropped() == 2)
    let ends = queue.takeEnds(9)
    #expect(ends.map(\.operationName) == ["told"])
    #expect(ends.first?.attributes.isEmpty == true)
    #expect(queue.takeEnds(9).isEmpty)
  }

  @Test func aBatchIsBoundedInBytes() throws {
    let gathering = try GatheringTracer()
    for _ in 0..<100 {
      let span = gathering.tracer.startSpan("work")
      span.attributes["text"] = String(repeating: "a", count: 65_536)
      span.end()
    }
    let first = gathering.tracer.recorder.queue.take()
    #expect(first.map(\.bytes).reduce(0, +) <= 4 << 20)
    #expect(first.count + gathering.ended().count == 100)
  }

  @Test func spansOfTracesThatAreNotRecordedCarryTheContextOn() throws {
    let gathering = try GatheringTracer { $0.sampler = .alwaysOff }
    let tracer = gathering.tracer
    tracer.withSpan("root") { root in
      root.attributes["a"] = 1
      #expect(!root.isRecording)
      tracer.withSpan("child") { child in
        #expect(child.context.traceContext?.traceID == root.context.traceContext?.traceID)
        #expect(child.context.traceContext?.spanID != root.context.traceContext?.spanID)
        #expect(child.context.traceContext?.isSampled == false)
      }
    }
    #expect(gathering.ended().isEmpty)
  }
}

@Suite struct OpenSpanTableTests {
  @Test func givesThoseThatLastLongTheOldestFirst() throws {
    let gathering = try GatheringTracer()
    let table = OpenSpanTable(capacity: 3)
    let spans = [30, 10, 20, 40].map { gathering.tracer.startSpan("\($0)", at: Moment(UInt64($0))) }
    for span in spans { table.insert(span) }
    #expect(table.take(startedBy: 5, most: 9).isEmpty)
    #expect(table.take(startedBy: 20, most: 9).map(\.operationName) == ["10", "20"])
    // The fourth found no room.
    #expect(table.take(startedBy: 100, most: 9).map(\.operationName) == ["30"])
    #expect(table.take(startedBy: 100, most: 9).isEmpty)
  }

  @Test func oneThatHasEndedIsNotPutBack() throws {
    let gathering = try GatheringTracer()
    let table = OpenSpanTable(capacity: 3)
    let ended = gathering.tracer.startSpan("ended", at: Moment(1))
    let open = gathering.tracer.startSpan("open", at: Moment(1))
    ended.end()
    table.putBack([ended, open])
    #expect(table.take(startedBy: 1, most: 9).map(\.operationName) == ["open"])
    table.insert(open)
    table.remove(open)
    #expect(table.take(startedBy: 1, most: 9).isEmpty)
  }
}
