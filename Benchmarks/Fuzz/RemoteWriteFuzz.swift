import FleetModel
import WireFormats

/// Remote write's two layers, each with a corpus of its own: which one is fixed at build time.
#if FUZZ_SNAPPY
  /// The input is a block, which is decoded or refused; and a text, which comes back from its encoding.
  @_cdecl("LLVMFuzzerTestOneInput")
  public func fuzzSnappy(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
    let input = UnsafeRawBufferPointer(start: start, count: count)
    var output: [UInt8] = []
    _ = try? SnappyBlock.decode(input, limit: 1 << 20, into: &output)
    let encoded = SnappyBlock.encode(input)
    do {
      let length = try encoded.withUnsafeBytes { try SnappyBlock.decode($0, limit: count, into: &output) }
      precondition(output.prefix(length).elementsEqual(input), "BUG: another text came back")
    } catch {
      preconditionFailure("BUG: what was encoded is refused: \(error)")
    }
    return 0
  }
#elseif FUZZ_READ_REQUEST
  /// The input is a request to read, which is taken or refused; reading it again gives the same.
  @_cdecl("LLVMFuzzerTestOneInput")
  public func fuzzReadRequest(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
    let input = UnsafeRawBufferPointer(start: start, count: count)
    guard let request = try? ReadRequest(input) else { return 0 }
    let again = try? ReadRequest(input)
    precondition(again?.queries == request.queries, "BUG: another request the second time")
    return 0
  }
#else
  #if FUZZ_REMOTE_WRITE_2
    private let kind = WriteMessage.version2
  #else
    private let kind = WriteMessage.version1
  #endif

  /// The input is a message. What is taken of it lies within it, and reading it again gives the same.
  @_cdecl("LLVMFuzzerTestOneInput")
  public func fuzzWriteRequest(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
    let input = UnsafeRawBufferPointer(start: start, count: count)
    var request = WriteRequest(seed: 5)
    var again = WriteRequest(seed: 5)
    do { try request.read(input, as: kind) } catch { return 0 }
    do { try again.read(input, as: kind) } catch { preconditionFailure("BUG: refused the second time") }
    precondition(request.series.map(\.identity) == again.series.map(\.identity), "BUG: another identity")
    var next = 0
    for series in request.series {
      precondition(Int(series.firstSample) == next, "BUG: samples of nobody")
      next += Int(series.sampleCount)
      guard let labels = try? request.labels(of: series, in: input) else { continue }
      precondition(LabelSet(Array(labels)) == labels, "BUG: labels in another than the canonical form")
      precondition(!labels.metricName.isEmpty, "BUG: a series without a name")
    }
    precondition(next == request.samples.count, "BUG: samples of nobody")
    var memory = MetadataMemory()
    for news in request.news(in: input, since: &memory, where: { _ in true }) {
      precondition(!news.family.isEmpty, "BUG: metadata of nothing")
    }
    return 0
  }
#endif
