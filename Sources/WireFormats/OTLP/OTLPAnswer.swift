/// Bodies of answers to OTLP requests.
public enum OTLPAnswer {
  /// Of a request that was taken, whole or but for what was rejected: an `ExportTraceServiceResponse` or
  /// `ExportMetricsServiceResponse`, to be sent with 200.
  public static func success(
    _ signal: OTLPSignal, rejecting rejections: OTLPRejections = OTLPRejections(), as encoding: OTLPEncoding
  ) -> [UInt8] {
    var answer = WireBytes()
    if !rejections.isEmpty {
      answer.message(0x0a) { partial in
        partial.number(0x08, Int64(rejections.count))
        partial.field(0x12, rejections.message(of: signal).utf8)
      }
    }
    return render(answer.bytes, signal == .traces ? .traceResponse : .metricsResponse, as: encoding)
  }

  /// Of a request that was refused whole: a `google.rpc.Status`, to be sent with 4xx or 5xx.
  public static func failure(_ code: RPCCode, _ message: String, as encoding: OTLPEncoding) -> [UInt8] {
    var answer = WireBytes()
    answer.number(0x08, Int64(code.rawValue))
    answer.field(0x12, message.utf8)
    return render(answer.bytes, .rpcStatus, as: encoding)
  }

  /// What a receiver rejected, from its answer to a request that it took; the message is its own.
  ///
  /// - Throws: ``OTLPError`` where the body is no such answer.
  public static func rejections(in body: [UInt8], as encoding: OTLPEncoding) throws(OTLPError) -> OTLPRejections {
    let bytes: [UInt8] =
      switch encoding {
      case .protobuf: body
      // Both responses have the same form; JSON names the count by the signal.
      case .json: try protobufResponse(body)
      }
    let result = bytes.withUnsafeBytes { message -> Result<OTLPRejections, WireFault> in
      do throws(WireFault) { return .success(try rejections(message)) } catch { return .failure(error) }
    }
    do throws(WireFault) { return try result.get() } catch { throw OTLPError(error) }
  }

  private static func protobufResponse(_ body: [UInt8]) throws(OTLPError) -> [UInt8] {
    try OTLPJSON.protobuf(body, as: .traceResponse) + OTLPJSON.protobuf(body, as: .metricsResponse)
  }

  private static func rejections(_ message: UnsafeRawBufferPointer) throws(WireFault) -> OTLPRejections {
    var count: Int64 = 0
    var words = ""
    var cursor = WireCursor(message, 0..<message.count)
    while !cursor.isAtEnd {
      let tag = try cursor.varint()
      guard tag == 0x0a else {
        try cursor.skip(tag)
        continue
      }
      var fields = WireCursor(message, try cursor.content())
      while !fields.isAtEnd {
        let tag = try fields.varint()
        switch tag {
        case 0x08: count = Int64(bitPattern: try fields.varint())
        case 0x12: words = String(decoding: message[try fields.content()], as: UTF8.self)
        default: try fields.skip(tag)
        }
      }
    }
    var rejections = OTLPRejections()
    rejections.add(Int(clamping: count), words)
    return rejections
  }

  private static func render(_ bytes: [UInt8], _ schema: OTLPSchema, as encoding: OTLPEncoding) -> [UInt8] {
    switch encoding {
    case .protobuf: return bytes
    case .json:
      do throws(WireFault) { return try OTLPJSONText.text(bytes, as: schema) } catch {
        preconditionFailure("BUG: an answer that was just encoded cannot be read: \(error)")
      }
    }
  }
}

/// Codes of `google.rpc.Status`, which are gRPC's
/// (<https://github.com/grpc/grpc/blob/master/doc/statuscodes.md>).
public enum RPCCode: Int32, Sendable, Hashable, CaseIterable {
  case ok = 0
  case cancelled = 1
  case unknown = 2
  case invalidArgument = 3
  case deadlineExceeded = 4
  case notFound = 5
  case alreadyExists = 6
  case permissionDenied = 7
  case resourceExhausted = 8
  case failedPrecondition = 9
  case aborted = 10
  case outOfRange = 11
  case unimplemented = 12
  case `internal` = 13
  case unavailable = 14
  case dataLoss = 15
  case unauthenticated = 16
}
