import FleetModel
import Testing

@testable import SkepAgent

@Suite struct TracerConfigurationTests {
  private func read(_ environment: [String: String], server: String? = "http://127.0.0.1:7540") throws
    -> TracerConfiguration
  {
    let agent = AgentConfiguration(agentID: try AgentID("planner"), port: 0, server: server)
    return TracerConfiguration(agent: agent, environment: environment)
  }

  @Test func withoutVariablesSpansGoToTheControlPlane() throws {
    let configuration = try read([:])
    #expect(configuration.endpoint == "http://127.0.0.1:7540/v1/traces")
    #expect(configuration.startMessageAddress == "http://127.0.0.1:7540/fleet/v1/spans")
    #expect(configuration.sendsToServer)
    #expect(configuration.resource["service.name"] == "planner")
    #expect(configuration.resource["service.namespace"] == "multi-agents")
    // The port is not known yet.
    #expect(configuration.resource["service.instance.id"] == nil)
    #expect(configuration.sampler == .standard)
    #expect(configuration.problems.isEmpty)
    #expect(try read([:], server: nil).endpoint == nil)
  }

  struct Endpoint: Sendable, CustomTestStringConvertible {
    let variables: [String: String]
    let endpoint: String?
    var startsAreSent = false
    var testDescription: String { "\(variables)" }
  }

  @Test(arguments: [
    Endpoint(
      variables: ["OTEL_EXPORTER_OTLP_ENDPOINT": "http://127.0.0.1:7540"], endpoint: "http://127.0.0.1:7540/v1/traces",
      startsAreSent: true),
    Endpoint(
      variables: ["OTEL_EXPORTER_OTLP_ENDPOINT": "HTTP://127.0.0.1:7540/"], endpoint: "HTTP://127.0.0.1:7540/v1/traces",
      startsAreSent: true),
    Endpoint(
      variables: ["OTEL_EXPORTER_OTLP_ENDPOINT": "http://collector:4318/base/"],
      endpoint: "http://collector:4318/base/v1/traces"),
    Endpoint(
      variables: [
        "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT": "https://x.example", "OTEL_EXPORTER_OTLP_ENDPOINT": "http://y:1",
      ], endpoint: "https://x.example/"),
    Endpoint(variables: ["OTEL_EXPORTER_OTLP_TRACES_ENDPOINT": "http://x:1/own"], endpoint: "http://x:1/own"),
    Endpoint(variables: ["OTEL_TRACES_EXPORTER": "none"], endpoint: nil),
    Endpoint(
      variables: ["OTEL_EXPORTER_OTLP_ENDPOINT": "  "], endpoint: "http://127.0.0.1:7540/v1/traces",
      startsAreSent: true),
  ])
  func endpoints(_ test: Endpoint) throws {
    let configuration = try read(test.variables)
    #expect(configuration.endpoint == test.endpoint)
    #expect((configuration.startMessageAddress != nil) == test.startsAreSent)
    #expect(configuration.problems.isEmpty)
  }

  @Test func startsMayBeSentAlthoughSomebodyElseForwardsTheEnds() throws {
    var configuration = try read(["OTEL_EXPORTER_OTLP_ENDPOINT": "http://collector:4318"])
    configuration.startMessages = .always
    #expect(configuration.startMessageAddress == "http://127.0.0.1:7540/fleet/v1/spans")
    configuration.startMessages = .never
    #expect(configuration.startMessageAddress == nil)
    configuration.startMessages = .always
    configuration.isEnabled = false
    #expect(configuration.startMessageAddress == nil)
  }

  @Test func theProcessIsNamedByTheVariables() throws {
    let configuration = try read([
      "OTEL_RESOURCE_ATTRIBUTES": "service.name=x, deployment.environment.name=a%2Cb%20c,service.instance.id=i-1,,bad",
      "OTEL_SERVICE_NAME": "y",
    ])
    #expect(configuration.resource["service.name"] == "y")
    #expect(configuration.resource["deployment.environment.name"] == "a,b c")
    #expect(configuration.resource["service.instance.id"] == "i-1")
    #expect(configuration.problems.count == 1)
  }

  @Test func headersOfTracesWinAndAreNeverRepeatedInProblems() throws {
    let configuration = try read([
      "OTEL_EXPORTER_OTLP_HEADERS": "a=1",
      "OTEL_EXPORTER_OTLP_TRACES_HEADERS": "authorization=Bearer%20secret,nonsense",
    ])
    #expect(configuration.headers == ["authorization": "Bearer secret"])
    #expect(configuration.problems.count == 1)
    #expect(!configuration.problems.joined().contains("secret"))
    #expect(!configuration.problems.joined().contains("nonsense"))
    #expect(try read(["OTEL_EXPORTER_OTLP_HEADERS": "a=%zz%4"]).headers == ["a": "%zz%4"])
  }

  @Test func limitsAndQueues() throws {
    let configuration = try read([
      "OTEL_BSP_MAX_QUEUE_SIZE": "10", "OTEL_BSP_MAX_EXPORT_BATCH_SIZE": "5", "OTEL_BSP_SCHEDULE_DELAY": "250",
      "OTEL_EXPORTER_OTLP_TIMEOUT": "1500", "OTEL_ATTRIBUTE_COUNT_LIMIT": "7", "OTEL_SPAN_ATTRIBUTE_COUNT_LIMIT": "6",
      "OTEL_ATTRIBUTE_VALUE_LENGTH_LIMIT": "99", "OTEL_SPAN_EVENT_COUNT_LIMIT": "3", "OTEL_SPAN_LINK_COUNT_LIMIT": "2",
      "OTEL_PROPAGATORS": "tracecontext", "OTEL_SDK_DISABLED": "TRUE",
    ])
    #expect(configuration.queueSize == 10)
    #expect(configuration.batchSize == 5)
    #expect(configuration.batchDelay == .milliseconds(250))
    #expect(configuration.requestTimeout == .milliseconds(1500))
    var limits = SpanLimits()
    limits.attributes = 6
    limits.attributesPerEvent = 7
    limits.attributesPerLink = 7
    limits.valueLength = 99
    limits.events = 3
    limits.links = 2
    #expect(configuration.limits == limits)
    #expect(configuration.propagators == [.traceContext])
    #expect(!configuration.isEnabled)
    #expect(configuration.problems.isEmpty)
  }

  /// What means nothing is said and left aside: a variable that is meant for other programs must not stop an agent.
  @Test(arguments: [
    ("OTEL_TRACES_SAMPLER", "sometimes"), ("OTEL_PROPAGATORS", "b3"), ("OTEL_BSP_MAX_QUEUE_SIZE", "0"),
    ("OTEL_BSP_MAX_QUEUE_SIZE", "99999999999999999999"), ("OTEL_EXPORTER_OTLP_TIMEOUT", "soon"),
    ("OTEL_EXPORTER_OTLP_PROTOCOL", "grpc"), ("OTEL_EXPORTER_OTLP_COMPRESSION", "gzip"),
    ("OTEL_EXPORTER_OTLP_ENDPOINT", "127.0.0.1:4317"), ("OTEL_TRACES_EXPORTER", "zipkin"),
    ("OTEL_RESOURCE_ATTRIBUTES", "=x"), ("OTEL_SPAN_EVENT_COUNT_LIMIT", "-1"),
  ])
  func whatMeansNothingIsSaid(variable: String, value: String) throws {
    let configuration = try read([variable: value])
    let problem = try #require(configuration.problems.first)
    #expect(configuration.problems.count == 1)
    #expect(problem.contains("environment variable \(variable)"))
    #expect(configuration.endpoint == "http://127.0.0.1:7540/v1/traces")
    #expect(configuration.queueSize == 2048)
  }
}

@Suite struct TraceSamplerTests {
  @Test(
    arguments: [
      ("always_on", nil, TraceSampler.alwaysOn), ("ALWAYS_OFF", nil, .alwaysOff),
      ("traceidratio", "0.25", .ratio(0.25)),
      ("traceidratio", nil, .ratio(1)), ("parentbased_always_on", nil, .standard),
      ("parentbased_always_off", "7", .parentBased(root: .alwaysOff)),
      ("parentbased_traceidratio", "0", .parentBased(root: .ratio(0))), ("traceidratio", "1.5", nil),
      ("traceidratio", "x", nil), ("jaeger_remote", nil, nil), ("", nil, nil),
    ] as [(String, String?, TraceSampler?)])
  func names(name: String, argument: String?, sampler: TraceSampler?) {
    #expect(TraceSampler(name: name, argument: argument) == sampler)
  }

  @Test func followsTheParentOrTheRoot() throws {
    let sampled = TraceContext.root()
    var unsampled = sampled
    unsampled.isSampled = false
    let trace = sampled.traceID
    for (sampler, alone, inSampled, inUnsampled) in [
      (TraceSampler.alwaysOn, true, true, true), (.alwaysOff, false, false, false), (.standard, true, true, false),
      (.parentBased(root: .alwaysOff), false, true, false), (.ratio(0), false, false, false),
      (.ratio(1), true, true, true),
    ] {
      #expect(sampler.records(trace, parent: nil) == alone, "\(sampler)")
      #expect(sampler.records(trace, parent: sampled) == inSampled, "\(sampler)")
      #expect(sampler.records(trace, parent: unsampled) == inUnsampled, "\(sampler)")
    }
  }

  /// The share decides by the id alone: whoever has a larger share has all traces of whoever has a smaller one.
  @Test func sharesAreNestedAndAboutAsLargeAsAsked() {
    var generator = SystemRandomNumberGenerator()
    let ids = (0..<20_000).map { _ in TraceID(using: &generator) }
    let quarter = ids.filter { TraceSampler.ratio(0.25).records($0, parent: nil) }
    // Twelve standard deviations: a fair generator does not fail this in the life of the universe.
    #expect(abs(Double(quarter.count) - 5000) < 12 * 61.3)
    #expect(quarter.allSatisfy { TraceSampler.ratio(0.5).records($0, parent: nil) })
  }
}
