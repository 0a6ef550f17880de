import CoreMetrics
public import FleetModel
import Metrics
import Platform
public import WireFormats

/// Takes data points that agents send by OTLP. They become what remote write sends (``OTLPMetricsDecoder``) and take its path:
/// the same limits, series, store, rules and metadata.
public final class OTLPMetricsIntake: Sendable {
  private let decoder: OTLPMetricsDecoder
  private let writes: RemoteWriteIntake
  private let points: Counter
  private let refusals: Counter

  /// - Parameter writes: takes the samples. It counts them among its own.
  public convenience init(_ writes: RemoteWriteIntake, limits: OTLPLimits = OTLPLimits()) {
    self.init(writes, limits: limits, factory: MetricsSystem.factory)
  }

  init(_ writes: RemoteWriteIntake, limits: OTLPLimits, factory: any MetricsFactory) {
    decoder = OTLPMetricsDecoder(limits: limits)
    self.writes = writes
    points = Counter(label: "skep_otlp_data_points_total", dimensions: [], factory: factory)
    refusals = Counter(label: "skep_otlp_data_points_refused_total", dimensions: [], factory: factory)
  }

  /// Bytes that a request may have after decompression.
  public var maximumBytes: Int { writes.maximumBytes }

  /// Takes the good points of one request and returns once they are as safe as the store promises.
  ///
  /// - Parameters:
  ///   - body: decompressed.
  ///   - agent: the one agent whose series the sender may write; `nil` for any.
  /// - Returns: the points that were refused. Of a point with several series, of which the store refused some, it counts
  ///   those, but never more than there are points.
  /// - Throws: ``WriteRefusal``: after ``WriteRefusal/storage(_:written:histogramsWritten:)`` all of it is to be sent again.
  public func take(
    _ body: [UInt8], as encoding: OTLPEncoding, from agent: AgentID? = nil
  ) async throws(WriteRefusal) -> OTLPRejections {
    if body.count > maximumBytes { throw .tooLarge(limit: maximumBytes) }
    let decoded: OTLPWrites
    do throws(OTLPError) {
      decoded = try await MessageWork.incoming.run(on: body.count) { [decoder] () throws(OTLPError) -> OTLPWrites in
        try decoder.decode(body, as: encoding)
      }
    } catch { throw .malformed("\(error)") }
    var rejections = decoded.rejections
    let result = decoded.message.withUnsafeBytes { message -> Result<WriteOutcome, WriteRefusal> in
      do throws(WriteRefusal) { return .success(try writes.take(message: message, from: agent)) } catch {
        return .failure(error)
      }
    }
    let outcome = try result.get()
    try await writes.acknowledge()
    let refused = min(outcome.refusedCount, decoded.points)
    rejections.add(refused, outcome.firstRefusal ?? "")
    points.increment(by: decoded.points - refused)
    refusals.increment(by: rejections.count)
    return rejections
  }
}
