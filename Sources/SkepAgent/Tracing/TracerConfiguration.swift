import FleetModel
import FoundationEssentials

/// What a tracer records, and where it sends it.
///
/// ``fromEnvironment(agent:)`` reads OpenTelemetry's variables. As its specification asks, a value that means nothing does not
/// stop the agent: it is left aside, and ``problems`` says so.
public struct TracerConfiguration: Sendable {
  /// `false` records and sends nothing; contexts are handed on all the same.
  public var isEnabled = true
  public var sampler = TraceSampler.standard
  public var limits = SpanLimits()
  public var propagators = Set(TracePropagator.allCases)
  /// Of this process, such as `service.name`.
  public var resource: [String: String]

  /// Where ended spans are sent by OTLP/HTTP, in protobuf: a whole URL, such as `http://127.0.0.1:7540/v1/traces`; where it is
  /// `nil`, nothing is recorded.
  public var endpoint: String?
  /// Go with every request to ``endpoint``.
  public var headers: [String: String] = [:]
  /// The control plane, such as `http://127.0.0.1:7540`. It gets ``tokenFile``'s token; nobody else does.
  public var server: String?
  /// A file with a bearer token; read anew for each call.
  public var tokenFile: String?

  public var startMessages = StartMessages.toTheReceiverOfSpans
  /// How long a span must have lasted to be told of before its end. What is done sooner is sent once, and what takes long is
  /// seen soon.
  public var startMessageDelay: Duration = .seconds(1)

  /// How many ended spans may wait.
  public var queueSize = 2048
  /// How many bytes they may take, about.
  public var queueBytes = 64 << 20
  /// How many are sent at once, unless they have 4 MiB before.
  public var batchSize = 512
  /// How long an ended span waits for a batch to fill.
  public var batchDelay: Duration = .seconds(1)
  /// How long a call may take; zero is no bound, as OpenTelemetry has it.
  public var requestTimeout: Duration = .seconds(10)
  public var retry = ExportRetry()
  /// How long the spans that are left may take when the process stops.
  public var flushTimeout: Duration = .seconds(1)

  /// What was wrong with the environment, in words.
  public internal(set) var problems: [String] = []

  /// - Parameter agent: names the process; spans go to its control plane.
  public init(agent: AgentConfiguration) {
    resource = [
      "service.name": agent.agentID.name, "service.namespace": agent.namespace,
      "process.pid": "\(ProcessInfo.processInfo.processIdentifier)", "telemetry.sdk.name": "skep",
      "telemetry.sdk.language": "swift",
    ]
    server = agent.server
    tokenFile = agent.tokenFile
    endpoint = agent.server.map { Self.joined($0, "/v1/traces") }
    if agent.port != 0 { resource["service.instance.id"] = agent.instance(port: agent.port) }
  }

  /// Whether spans in flight are told of. A control plane that hears of a start and never of the end would show the span as in
  /// flight until its process ends.
  public enum StartMessages: Sendable, Hashable {
    case never
    /// Where ``endpoint`` is of the same server as ``TracerConfiguration/server``.
    case toTheReceiverOfSpans
    /// Also where ended spans reach the control plane by way of somebody else.
    case always
  }

  /// Where starts are posted; `nil` where they are not.
  var startMessageAddress: String? {
    guard isEnabled, let server, let endpoint else { return nil }
    switch startMessages {
    case .never: return nil
    case .toTheReceiverOfSpans where Self.origin(server) != Self.origin(endpoint): return nil
    case .toTheReceiverOfSpans, .always: return Self.joined(server, "/fleet/v1/spans")
    }
  }

  /// ``requestTimeout``, or what nobody will wait for where it sets no bound.
  var callTimeout: Duration { requestTimeout > .zero ? requestTimeout : .seconds(30 * 86_400) }

  /// Whether the control plane itself gets the ended spans, and so its token.
  var sendsToServer: Bool { server != nil && server.map(Self.origin) == endpoint.map(Self.origin) }

  static func joined(_ base: String, _ path: String) -> String {
    (base.hasSuffix("/") ? String(base.dropLast()) : base) + path
  }

  /// Scheme, host and port, in small letters.
  static func origin(_ url: String) -> String {
    let lower = url.lowercased()
    for (scheme, port) in [("http://", ":80"), ("https://", ":443")] where lower.hasPrefix(scheme) {
      let authority = String(lower.dropFirst(scheme.count).prefix { $0 != "/" && $0 != "?" && $0 != "#" })
      return scheme + (authority.hasSuffix(port) ? String(authority.dropLast(port.count)) : authority)
    }
    return lower
  }
}

/// How long a batch that was not taken is tried again: after 429, 502, 503, 504 and where nobody answered
/// (<https://opentelemetry.io/docs/specs/otlp/#retryable-response-codes>).
public struct ExportRetry: Sendable, Hashable {
  /// The first wait; each further failure doubles it.
  public var first: Duration = .milliseconds(500)
  public var longest: Duration = .seconds(10)
  /// A batch that was not taken after so long is dropped and counted.
  public var giveUp: Duration = .seconds(60)

  public init() {}
}
