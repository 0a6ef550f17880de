public import FleetModel

/// Reads requests that carry spans: an `ExportTraceServiceRequest` of
/// `opentelemetry/proto/collector/trace/v1/trace_service.proto`, which on the wire is a `TracesData` too.
///
/// A span goes to the agent that its attribute `gen_ai.agent.id` names, else its `gen_ai.agent.name`, else those of its
/// resource, else the resource's `service.name`, else `unknown_service`. A span whose end is zero is in flight
/// (``SpanState/active``). A value that is a list becomes JSON text, an empty value `null`; links without ids count as dropped. What a
/// ``SpanBatch`` has no place for (schema URLs, attributes of a scope, the flags of a link) is passed over, as are fields of
/// later versions.
public struct OTLPTraceDecoder: Sendable {
  public var limits: OTLPLimits

  public init(limits: OTLPLimits = OTLPLimits()) { self.limits = limits }

  /// - Parameter body: becomes the batch's bytes, without a copy where it came as protobuf and nobody else holds it.
  /// - Returns: the good spans in the order of the request, and what is wrong with the others. O(bytes); nothing is
  ///   allocated per span.
  /// - Throws: ``OTLPError`` where the body is not such a message.
  public func decode(_ body: consuming [UInt8], as encoding: OTLPEncoding) throws(OTLPError) -> OTLPSpans {
    let bytes: [UInt8] =
      switch encoding {
      case .protobuf: body
      case .json: try OTLPJSON.protobuf(body, as: .traceRequest)
      }
    do throws(WireFault) { return try decode(bytes) } catch { throw OTLPError(error) }
  }

  private func decode(_ body: consuming [UInt8]) throws(WireFault) -> OTLPSpans {
    let result = body.withUnsafeBytes { message -> Result<TraceMessage, WireFault> in
      var reader = TraceMessage(message, limits)
      do throws(WireFault) { try reader.read() } catch { return .failure(error) }
      return .success(reader)
    }
    var reader = try result.get()
    if !reader.text.isEmpty { body.append(contentsOf: reader.text) }
    guard body.count <= Int(UInt32.max) else { throw WireFault(offset: 0, problem: "has 4 GiB or more") }
    reader.batch.bytes = body
    return OTLPSpans(batch: reader.batch, rejections: reader.rejections)
  }
}

/// What a request carried.
public struct OTLPSpans: Sendable {
  public var batch: SpanBatch
  public var rejections: OTLPRejections
}
