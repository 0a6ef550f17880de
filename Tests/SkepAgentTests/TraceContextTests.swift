import FleetModel
import FoundationEssentials
import Testing
import Tracing

@testable import SkepAgent

private let traceID = "12345678901234567890123456789012"
private let spanID = "1234567890123456"

@Suite struct TraceContextTests {
  struct Case: Sendable, CustomTestStringConvertible {
    let header: String
    /// `nil` where the header must be refused.
    let goesOutAs: String?
    var testDescription: String { header }
  }

  @Test(arguments: [
    Case(header: "00-\(traceID)-\(spanID)-01", goesOutAs: "00-\(traceID)-\(spanID)-01"),
    Case(header: "00-\(traceID)-\(spanID)-00", goesOutAs: "00-\(traceID)-\(spanID)-00"),
    Case(header: "00-\(traceID)-\(spanID)-ff", goesOutAs: "00-\(traceID)-\(spanID)-03"),
    Case(header: " \t00-\(traceID)-\(spanID)-01\t ", goesOutAs: "00-\(traceID)-\(spanID)-01"),
    Case(header: "cc-\(traceID)-\(spanID)-01", goesOutAs: "00-\(traceID)-\(spanID)-01"),
    Case(header: "cc-\(traceID)-\(spanID)-01-what-comes", goesOutAs: "00-\(traceID)-\(spanID)-01"),
    Case(header: "cc-\(traceID)-\(spanID)-01-", goesOutAs: "00-\(traceID)-\(spanID)-01"),
    Case(header: "cc-\(traceID)-\(spanID)-01.more", goesOutAs: nil),
    Case(header: "cc-\(traceID)-\(spanID)-011", goesOutAs: nil),
    Case(header: "00-\(traceID)-\(spanID)-01-", goesOutAs: nil),
    Case(header: "ff-\(traceID)-\(spanID)-01", goesOutAs: nil),
    Case(header: "FF-\(traceID)-\(spanID)-01", goesOutAs: nil),
    Case(header: "00-\(String(repeating: "0", count: 32))-\(spanID)-01", goesOutAs: nil),
    Case(header: "00-\(traceID)-0000000000000000-01", goesOutAs: nil),
    Case(header: "00-1234567890ABCDEF7890123456789012-\(spanID)-01", goesOutAs: nil),
    Case(header: "00-\(traceID)-\(spanID)-0", goesOutAs: nil), Case(header: "00-\(traceID)-\(spanID)", goesOutAs: nil),
    Case(header: "", goesOutAs: nil), Case(header: "-", goesOutAs: nil),
    Case(header: "00_\(traceID)-\(spanID)-01", goesOutAs: nil),
    Case(header: "00-\(traceID)-\(spanID)-é1", goesOutAs: nil),
    Case(header: String(repeating: "0", count: 100_000), goesOutAs: nil),
  ])
  func traceparent(_ test: Case) {
    #expect(TraceContext(traceparent: test.header)?.traceparent == test.goesOutAs)
  }

  @Test func aChildStaysInItsTrace() throws {
    let received = try #require(TraceContext(traceparent: "00-\(traceID)-\(spanID)-01", tracestate: ["a=1", "b=2"]))
    let child = received.child()
    #expect(child.traceID == received.traceID)
    #expect(child.spanID != received.spanID)
    #expect(child.isSampled)
    #expect(child.tracestate == "a=1,b=2")
  }

  @Test func rootsReadBackAndDiffer() throws {
    let root = TraceContext.root()
    #expect(try #require(TraceContext(traceparent: root.traceparent)) == root)
    #expect(root.hasRandomTraceID)
    #expect(root.traceID != TraceContext.root().traceID)
    #expect(root.tracestate == nil)
  }

  /// A generator that gives zeros must not lead to ids that mean nothing.
  @Test func idsAreNeverZero() {
    struct Zeros: RandomNumberGenerator {
      mutating func next() -> UInt64 { 0 }
    }
    var zeros = Zeros()
    let root = TraceContext.root(using: &zeros)
    #expect(TraceContext(traceparent: root.traceparent) != nil)
    #expect(TraceContext(traceparent: root.child(using: &zeros).traceparent) != nil)
  }

  @Test(arguments: [
    (["foo=1,bar=2"], "foo=1,bar=2"), (["foo=1", "bar=2"], "foo=1,bar=2"), ([" foo=1 \t,\t bar=2 "], "foo=1,bar=2"),
    (["", "foo=1,,"], "foo=1"), (["foo=1,foo=2"], "foo=1"), (["foo@bar=1"], "foo@bar=1"), (["0a=1"], "0a=1"),
    (["a=b c"], "a=b c"), (["FOO=1"], nil), (["foo"], nil), (["foo="], nil), (["=1"], nil), (["foo=1=2"], nil),
    (["foo=é"], nil), (["foo bar=1"], nil), ([".foo=1"], nil), (["foo=1,bad"], nil), ([], nil),
    ([String(repeating: "k", count: 256) + "=1"], String(repeating: "k", count: 256) + "=1"),
    ([String(repeating: "k", count: 257) + "=1"], nil), (["k=" + String(repeating: "v", count: 257)], nil),
  ])
  func tracestate(headers: [String], goesOutAs: String?) throws {
    let context = try #require(TraceContext(traceparent: "00-\(traceID)-\(spanID)-01", tracestate: headers))
    #expect(context.tracestate == goesOutAs)
  }

  @Test func atMost32MembersAreTaken() {
    let members = (1...33).map { "k\($0)=v" }
    #expect(TraceState(headers: [members.prefix(32).joined(separator: ",")])?.members.count == 32)
    #expect(
      TraceState(headers: [members.prefix(20).joined(separator: ","), members.suffix(13).joined(separator: ",")]) == nil
    )
  }

  @Test func aMemberThatIsSetGoesInFront() {
    var state = TraceState(headers: ["a=1,b=2"]) ?? TraceState()
    let accepted = state.set("b", to: "3")
    #expect(accepted)
    #expect(state.description == "b=3,a=1")
    let refused = state.set("B", to: "3")
    #expect(!refused)
    for number in 0..<40 { state.set("k\(number)", to: "v") }
    #expect(state.members.count == TraceState.maximumMembers)
    #expect(state["k39"] == "v")
    #expect(state["a"] == nil)
  }
}

/// Where the vectors of the W3C test suite are.
private enum Corpus {
  static let path: String = {
    var parts = #filePath.split(separator: "/")
    parts.removeLast(4)
    return "/" + parts.joined(separator: "/") + "/shared/corpora/trace-context/dev.json"
  }()
  static var isPresent: Bool { FileManager.default.isReadableFile(atPath: path) }
}

/// Headers as a list of fields, whatever the case of their names, as a server has them.
struct HeaderList: Extractor, Injector {
  struct Field: Sendable, Equatable {
    let name: String
    let value: String
  }

  /// All values of the header, joined by commas.
  func extract(key: String, from carrier: [Field]) -> String? {
    let values = carrier.filter { $0.name.lowercased() == key }.map(\.value)
    return values.isEmpty ? nil : values.joined(separator: ",")
  }

  func inject(_ value: String, forKey key: String, into carrier: inout [Field]) {
    carrier.append(Field(name: key, value: value))
  }
}

@Suite struct TracePropagationTests {
  private func handedOn(
    _ headers: [HeaderList.Field], _ change: (inout TracerConfiguration) -> Void = { _ in }
  ) throws -> [HeaderList.Field] {
    let tracer = try GatheringTracer(change).tracer
    var context = ServiceContext.topLevel
    tracer.extract(headers, into: &context, using: HeaderList())
    let span = tracer.startSpan("work", context: context, ofKind: .server)
    defer { span.end() }
    var out: [HeaderList.Field] = []
    tracer.inject(span.context, into: &out, using: HeaderList())
    return out
  }

  private let incoming = [
    HeaderList.Field(name: "TraceParent", value: "00-\(traceID)-\(spanID)-01"),
    .init(name: "tracestate", value: "a=1"), .init(name: "TRACESTATE", value: "b=2"),
    .init(name: "Baggage", value: "user=7;ttl=1, tenant=%20x"),
  ]

  @Test func everythingGoesOnWithANewParent() throws {
    let out = try handedOn(incoming)
    #expect(out.map(\.name) == ["traceparent", "tracestate", "baggage"])
    #expect(out[0].value.hasPrefix("00-\(traceID)-"))
    #expect(out[0].value.hasSuffix("-01"))
    #expect(!out[0].value.contains("-\(spanID)-"))
    #expect(out[1].value == "a=1,b=2")
    #expect(out[2].value == "user=7;ttl=1, tenant=%20x")
  }

  @Test func whoDoesNotRecordSaysSoAndKeepsTheTraceTogether() throws {
    let out = try handedOn(incoming) { $0.sampler = .alwaysOff }
    #expect(out[0].value.hasPrefix("00-\(traceID)-"))
    #expect(out[0].value.hasSuffix("-00"))
    #expect(out[1].value == "a=1,b=2")
  }

  @Test func whoIsNoPartOfTheTraceHandsItOnAsItCame() throws {
    for change in [{ $0.isEnabled = false }, { $0.endpoint = nil }] as [(inout TracerConfiguration) -> Void] {
      let out = try handedOn(incoming, change)
      #expect(out[0].value == "00-\(traceID)-\(spanID)-01")
      #expect(out[1].value == "a=1,b=2")
      #expect(try handedOn([], change).isEmpty)
    }
  }

  @Test func propagatorsMayBeLeftOut() throws {
    #expect(try handedOn(incoming) { $0.propagators = [] }.isEmpty)
    #expect(try handedOn(incoming) { $0.propagators = [.baggage] }.map(\.name) == ["baggage"])
  }

  @Test(arguments: ["", "a\r\nx: y", "é=1", String(repeating: "a", count: 8193)])
  func baggageThatCouldBreakOutOfAHeaderIsLeft(baggage: String) throws {
    #expect(try handedOn([.init(name: "baggage", value: baggage)]).map(\.name) == ["traceparent"])
  }

  @Test func whatIsNotValidLeavesTheContextAsItWas() throws {
    let tracer = try GatheringTracer().tracer
    var context = ServiceContext.topLevel
    let known = TraceContext.root()
    context.traceContext = known
    tracer.extract([.init(name: "traceparent", value: "nonsense")], into: &context, using: HeaderList())
    #expect(context.traceContext == known)
    var out: [HeaderList.Field] = []
    tracer.inject(.topLevel, into: &out, using: HeaderList())
    #expect(out.isEmpty)
  }
}

@Suite(.enabled(if: Corpus.isPresent, "no ../shared/corpora/trace-context/dev.json"))
struct TraceContextVectors {
  struct Vector: Decodable, Sendable {
    let id: String
    let headers: [[String]]
    let traceId: String
    let tracestateChecks: [String]
  }

  static func vectors() throws -> [Vector] {
    let decoder = JSONDecoder()
    decoder.keyDecodingStrategy = .convertFromSnakeCase
    return try decoder.decode([Vector].self, from: Data(contentsOf: URL(filePath: Corpus.path)))
  }

  @Test func verdicts() throws {
    let vectors = try Self.vectors()
    #expect(vectors.count >= 30)
    for vector in vectors {
      let headers = vector.headers.map { (name: $0[0], value: $0[1]) }
      let context = TraceContext(headers: headers)
      let parent = headers.first { $0.name.lowercased() == "traceparent" }?.value ?? ""
      switch vector.traceId {
      case "inherit":
        #expect(context.map { parent.contains("\($0.traceID)") } == true, "\(vector.id)")
        #expect(context.map { !parent.contains("\($0.child().spanID)") } == true, "\(vector.id)")
      case "restart": #expect(context == nil, "\(vector.id)")
      default: break
      }
      for check in vector.tracestateChecks { try Self.check(check, context?.state ?? TraceState(), vector) }
    }
  }

  /// The whole way: headers in, a span for the request, headers out to whoever is called.
  @Test func throughTheTracer() throws {
    for vector in try Self.vectors() {
      let gathering = try GatheringTracer()
      let headers = vector.headers.map { HeaderList.Field(name: $0[0], value: $0[1]) }
      var context = ServiceContext.topLevel
      gathering.tracer.extract(headers, into: &context, using: HeaderList())
      let span = gathering.tracer.startSpan("request", context: context, ofKind: .server)
      var out: [HeaderList.Field] = []
      gathering.tracer.inject(span.context, into: &out, using: HeaderList())
      span.end()
      let parents = out.filter { $0.name == "traceparent" }
      #expect(parents.count == 1, "\(vector.id)")
      let sent = try #require(TraceContext(headers: out.map { ($0.name, $0.value) }), "\(vector.id)")
      let given = headers.filter { $0.name.lowercased() == "traceparent" }.map { $0.value.lowercased() }
      switch vector.traceId {
      case "inherit":
        #expect(given.contains { $0.contains("\(sent.traceID)") }, "\(vector.id)")
        #expect(!given.contains { $0.contains("\(sent.spanID)") }, "\(vector.id)")
        // Whether it was recorded is what the caller said.
        #expect(gathering.ended().count == (sent.isSampled ? 1 : 0), "\(vector.id)")
      case "restart":
        #expect(!given.contains { $0.contains("\(sent.traceID)") }, "\(vector.id)")
        #expect(sent.isSampled && sent.hasRandomTraceID && sent.state.isEmpty, "\(vector.id)")
        #expect(gathering.ended().map(\.parentID) == [nil], "\(vector.id)")
      default: break
      }
      for check in vector.tracestateChecks { try Self.check(check, sent.state, vector) }
    }
  }

  /// The assertions of the upstream tests that bear on what goes out; each kind as far as it occurs.
  private static func check(_ check: String, _ state: TraceState, _ vector: Vector) throws {
    let quoted = check.split(separator: "'", omittingEmptySubsequences: false).map(String.init)
    if check.hasPrefix("assertIn: '") {
      #expect(state[quoted[1]] != nil, "\(vector.id): \(check)")
    } else if check.hasPrefix("assertEqual: tracestate['"), quoted.count >= 4 {
      #expect(state[quoted[1]] == quoted[3], "\(vector.id): \(check)")
    } else if check.hasPrefix("assertRaises: KeyError"), quoted.count >= 2 {
      #expect(state[quoted[1]] == nil, "\(vector.id): \(check)")
    } else if check.hasPrefix("assertEqual: len(tracestate), ") {
      #expect("\(state.members.count)" == check.split(separator: " ").last.map(String.init), "\(vector.id): \(check)")
    } else if check.hasPrefix("assertTrue: '"), check.contains("in str(tracestate)") {
      #expect(state.description.contains(quoted[1]), "\(vector.id): \(check)")
    } else if check == "assertIn: key, tracestate" || check == "assertIn: key_without_vendor, tracestate" {
      #expect(!state.isEmpty, "\(vector.id): \(check)")
    }
  }
}
