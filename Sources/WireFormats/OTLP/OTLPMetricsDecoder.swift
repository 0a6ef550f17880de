/// Reads requests that carry metrics, an `ExportMetricsServiceRequest` of
/// `opentelemetry/proto/collector/metrics/v1/metrics_service.proto`, into what remote write sends, so that both take the same path.
///
/// Names and labels become Prometheus' (``PrometheusNaming``). `job` is the resource's `service.name`, behind its
/// `service.namespace` and a `/` where it has one; `instance` is its `service.instance.id`; its other attributes stand in a series
/// `target_info`, as in Prometheus. `agent_id` is an attribute of the point that becomes a label of this name, else the agent by
/// the rule for spans (``OTLPTraceDecoder``). Sums and histograms must be cumulative; explicit bounds make classic histograms,
/// exponential ones native histograms. Scopes make no labels, as in Prometheus.
public struct OTLPMetricsDecoder: Sendable {
  public var limits: OTLPLimits

  public init(limits: OTLPLimits = OTLPLimits()) { self.limits = limits }

  /// - Returns: the good points as a message, and what is wrong with the others. O(bytes).
  /// - Throws: ``OTLPError`` where the body is not such a message.
  public func decode(_ body: [UInt8], as encoding: OTLPEncoding) throws(OTLPError) -> OTLPWrites {
    let bytes: [UInt8] =
      switch encoding {
      case .protobuf: body
      case .json: try OTLPJSON.protobuf(body, as: .metricsRequest)
      }
    let limits = limits
    let result = bytes.withUnsafeBytes { message -> Result<OTLPWrites, WireFault> in
      var reader = MetricsMessage(message, limits)
      do throws(WireFault) { try reader.read() } catch { return .failure(error) }
      return .success(
        OTLPWrites(message: reader.output.bytes, points: reader.points, rejections: reader.rejections))
    }
    do throws(WireFault) { return try result.get() } catch { throw OTLPError(error) }
  }
}

/// What a request with metrics carried.
public struct OTLPWrites: Sendable {
  /// A `prometheus.WriteRequest` (``WriteMessage/version1``) with the good points and the metadata of their families.
  public var message: [UInt8]
  /// Those that are in the message.
  public var points: Int
  public var rejections: OTLPRejections
}
