import FleetModel
import Ingest
import Platform
import WireFormats

/// Takes OTLP requests in, over HTTP or gRPC: decodes them, hands on what they carry, and writes the answer.
struct OTLPReception: Sendable {
  /// Takes data points; gets the message, decompressed.
  typealias MetricsTaking =
    @Sendable ([UInt8], OTLPEncoding, AgentID?) async throws(OTLPRefusal) -> OTLPRejections

  var spans: SpanIntake
  var metrics: MetricsTaking
  private let decoder: OTLPTraceDecoder

  init(spans: SpanIntake, metrics: @escaping MetricsTaking) {
    self.spans = spans
    self.metrics = metrics
    // How many of what a span has is the intake's to judge, as it is for spans that come by another way.
    let most = spans.limits.bodyBytes
    decoder = OTLPTraceDecoder(
      limits: OTLPLimits(textBytes: spans.limits.spanBytes, attributes: most, events: most, links: most))
  }

  init(spans: SpanIntake, points: OTLPMetricsIntake) {
    self.init(spans: spans) { message, encoding, agent throws(OTLPRefusal) in
      do throws(WriteRefusal) { return try await points.take(message, as: encoding, from: agent) } catch {
        throw OTLPRefusal(error)
      }
    }
  }

  /// Bytes that a message may have, compressed or not.
  var maximumBytes: Int { spans.limits.bodyBytes }

  /// Takes what a request carries and returns once it is as safe as its store promises.
  ///
  /// - Parameter agent: the one agent that the sender may act for; `nil` for any.
  /// - Returns: the answer: success, whole or partial.
  func take(
    _ message: consuming [UInt8], _ signal: OTLPSignal, as encoding: OTLPEncoding, from agent: AgentID?
  ) async throws(OTLPRefusal) -> [UInt8] {
    switch signal {
    case .traces:
      let decoded: OTLPSpans
      do throws(OTLPError) {
        let message = message
        decoded = try await MessageWork.incoming.run(on: message.count) { [decoder] () throws(OTLPError) -> OTLPSpans in
          try decoder.decode(message, as: encoding)
        }
      } catch {
        throw .malformed("\(error)")
      }
      var outcome = SpanOutcome()
      let rejected = decoded.rejections
      outcome.refuse(.invalid, rejected.count - rejected.overLimit, rejected.first ?? "")
      outcome.refuse(.limit, rejected.overLimit, rejected.first ?? "")
      do throws(SpanRefusal) { outcome = try await spans.take(decoded.batch, after: outcome, from: agent) } catch {
        throw OTLPRefusal(error)
      }
      var rejections = OTLPRejections()
      rejections.add(outcome.refusedCount, outcome.firstRefusal ?? "")
      return OTLPAnswer.success(.traces, rejecting: rejections, as: encoding)
    case .metrics:
      return OTLPAnswer.success(.metrics, rejecting: try await metrics(message, encoding, agent), as: encoding)
    }
  }
}

/// Why nothing of an OTLP request was taken.
enum OTLPRefusal: Error, Sendable, Hashable {
  /// It must not be sent again.
  case malformed(String)
  /// It is to be sent again later.
  case unavailable(String)
  case unsupported(String)
  case tooLarge(Int)

  init(_ refusal: SpanRefusal) {
    switch refusal {
    case .storage(let problem): self = .unavailable(problem)
    case .forbidden(let problem), .unknown(let problem), .finished(let problem), .malformed(let problem):
      self = .malformed(problem)
    }
  }
}

extension OTLPRefusal {
  init(_ refusal: WriteRefusal) {
    switch refusal {
    case .malformed(let problem): self = .malformed(problem)
    case .tooLarge(let limit): self = .tooLarge(limit)
    case .storage(let problem, _, _): self = .unavailable(problem)
    }
  }
}

extension OTLPReception {
  /// The methods of OTLP/gRPC (<https://opentelemetry.io/docs/specs/otlp/#otlpgrpc>).
  var methods: [GRPCMethod] {
    [
      method("opentelemetry.proto.collector.trace.v1.TraceService", .traces),
      method("opentelemetry.proto.collector.metrics.v1.MetricsService", .metrics),
    ]
  }

  private func method(_ service: String, _ signal: OTLPSignal) -> GRPCMethod {
    GRPCMethod(path: "/\(service)/Export", access: .agent) { message, principal throws(GRPCFailure) in
      do throws(OTLPRefusal) {
        return try await take(message, signal, as: .protobuf, from: principal.scope)
      } catch {
        switch error {
        case .malformed(let problem): throw GRPCFailure(.invalidArgument, problem)
        case .unavailable(let problem): throw GRPCFailure(.unavailable, problem)
        case .unsupported(let problem): throw GRPCFailure(.unimplemented, problem)
        case .tooLarge(let limit): throw GRPCMessageReader.tooLarge(limit)
        }
      }
    }
  }
}

extension Principal {
  /// The one agent whose data this client may send; `nil` for any.
  var scope: AgentID? { role == .agent ? agentID : nil }
}
