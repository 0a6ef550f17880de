import FleetModel
import WireFormats

/// OTLP's requests, each kind with a corpus of its own: which one is fixed at build time.
#if FUZZ_OTLP_METRICS || FUZZ_OTLP_METRICS_JSON
  #if FUZZ_OTLP_METRICS_JSON
    private let encoding = OTLPEncoding.json
  #else
    private let encoding = OTLPEncoding.protobuf
  #endif

  /// The input is a request with metrics. What becomes of it is a good message of remote write, with good labels, samples or
  /// histograms in every series.
  @_cdecl("LLVMFuzzerTestOneInput")
  public func fuzzOTLPMetrics(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
    let input = Array(UnsafeBufferPointer(start: start, count: count))
    guard let writes = try? OTLPMetricsDecoder().decode(input, as: encoding) else { return 0 }
    precondition(writes.message.isEmpty == (writes.points == 0), "BUG: a message without points")
    writes.message.withUnsafeBytes { message in
      var request = WriteRequest(seed: 5)
      do { try request.read(message) } catch { preconditionFailure("BUG: remote write refuses it: \(error)") }
      precondition(request.series.count >= writes.points, "BUG: a point without series")
      for (index, series) in request.series.enumerated() {
        precondition(Int(series.sampleCount) + request.histogramCount(ofSeries: index) == 1, "BUG: not one value")
        do {
          let labels = try request.labels(of: series, in: message)
          precondition(LabelSet(Array(labels)) == labels, "BUG: labels in another than the canonical form")
        } catch {
          preconditionFailure("BUG: labels that cannot be read: \(error)")
        }
      }
    }
    return 0
  }
#else
  #if FUZZ_OTLP_TRACES_JSON
    private let encoding = OTLPEncoding.json
  #else
    private let encoding = OTLPEncoding.protobuf
  #endif

  /// The input is a request with spans. What is taken of it is a sound batch, which comes back from both encodings.
  @_cdecl("LLVMFuzzerTestOneInput")
  public func fuzzOTLPTraces(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
    let input = Array(UnsafeBufferPointer(start: start, count: count))
    let limits = OTLPLimits(textBytes: 1024, attributes: 64, events: 32, links: 16)
    guard let first = try? OTLPTraceDecoder(limits: limits).decode(input, as: encoding) else { return 0 }
    precondition(first.batch.isSound, "BUG: a batch that is not sound")
    // The list that JSON text makes may be somewhat longer than the limit where the text was not.
    let decoder = OTLPTraceDecoder()
    for encoding in OTLPEncoding.allCases {
      do {
        let again = try decoder.decode(OTLPTraceEncoder.encode(first.batch, as: encoding), as: encoding)
        precondition(again.rejections.isEmpty, "BUG: what was taken is refused: \(again.rejections.first ?? "")")
        precondition(again.batch.count == first.batch.count, "BUG: spans are lost")
        for position in first.batch.spans.indices {
          precondition(
            OTLPTraceEncoder.encode(only(position, of: first.batch), as: .protobuf)
              == OTLPTraceEncoder.encode(only(position, of: again.batch), as: .protobuf), "BUG: another span")
        }
      } catch {
        preconditionFailure("BUG: what was encoded is refused: \(error)")
      }
    }
    return 0
  }

  private func only(_ position: Int, of batch: SpanBatch) -> SpanBatch {
    guard let one = SpanBatch([batch.span(at: position)]) else { preconditionFailure("BUG: too long") }
    return one
  }
#endif
