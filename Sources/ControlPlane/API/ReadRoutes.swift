import FleetModel
import HTTPTypes
import NIOCore
import Platform
import WireFormats

/// Where other engines read samples back: Prometheus' remote read
/// (<https://prometheus.io/docs/prometheus/latest/querying/remote_read_api/>).
struct ReadRoutes: Sendable {
  /// What one request may take.
  struct Limits: Sendable {
    /// Of the request, decompressed.
    var requestBytes = 1 << 20
    /// Of an answer in one piece, before compression. Streamed answers have no end.
    var answerBytes = 128 << 20
    /// A message of a stream ends with the chunk that makes it larger.
    var messageBytes = 1 << 20
  }

  var operations: any QueryOperations
  var limits = Limits()

  private static let type = "application/x-protobuf"
  private static let streamType = "application/x-streamed-protobuf; proto=prometheus.ChunkedReadResponse"

  var routes: [APIRoute] { [read] }

  private var read: APIRoute {
    APIRoute(
      method: .post, path: "/api/v1/read", operationID: "remoteRead",
      summary:
        "Read samples by Prometheus remote read: a snappy block of a prometheus.ReadRequest; answers with samples in "
        + "one piece, or with a stream of chunks where the request accepts that",
      access: .read, style: .prometheus, takesLong: true, stopsWithClient: true,
      rawBody: APIRoute.RawBody(contentType: Self.type, maximumBytes: limits.requestBytes),
      answers: [.init(status: 200, summary: "The samples", content: .text(Self.type))]
    ) { request in
      guard let body = request.rawBody else { preconditionFailure("BUG: this route takes a body") }
      let asked = try self.request(in: body)
      guard let kind = asked.answerKind else {
        throw PrometheusError(
          .badData, "none of the accepted response types is known; accept SAMPLES or STREAMED_XOR_CHUNKS")
      }
      do {
        switch kind {
        case .samples: return try await self.samples(asked.queries)
        case .streamedChunks: return try await self.chunks(asked)
        }
      } catch let error as InvalidMatcher {
        throw PrometheusError(.badData, "\(error)")
      }
    }
  }

  private func request(in body: APIRequest.RawBody) throws -> ReadRequest {
    guard body.contentEncoding.lowercased() == "snappy" else {
      throw APIError(
        .unsupportedMediaType,
        "the body is encoded as \"\(body.contentEncoding.prefix(100))\"; send Content-Encoding: snappy")
    }
    var text: [UInt8] = []
    do {
      let count = try body.bytes.withUnsafeReadableBytes {
        try SnappyBlock.decode($0, limit: limits.requestBytes, into: &text)
      }
      return try text.withUnsafeBytes { try ReadRequest(UnsafeRawBufferPointer(rebasing: $0[0..<count])) }
    } catch let error as SnappyError {
      throw PrometheusError(.badData, "\(error)")
    } catch let error as WireFault {
      throw PrometheusError(.badData, "\(error)")
    }
  }

  private func open(_ query: ReadRequest.Query) async throws -> OpenedSelection {
    if query.from > query.through { return .decoded([]) }
    return try await operations.source.open(query.matchers, from: query.from, through: query.through)
  }

  /// All samples in one piece.
  private func samples(_ queries: [ReadRequest.Query]) async throws -> APIResponse {
    let block = try await operations.run("remote read", within: nil) { turn in
      var answer = SamplesAnswer()
      for query in queries {
        let selection = try await open(query)
        for place in 0..<selection.count {
          if turn.isOverdue() {
            throw PrometheusError(.timeout, "reading took too long; ask for less, or accept STREAMED_XOR_CHUNKS")
          }
          let (labels, samples) = try Self.series(place, of: selection)
          answer.add(
            labels, samples, try Self.histograms(place, of: selection), in: query.from...query.through)
          guard answer.count <= limits.answerBytes else {
            throw PrometheusError(
              .badData,
              "the answer has more than \(limits.answerBytes) bytes; ask for fewer series or less time, or accept "
                + "STREAMED_XOR_CHUNKS")
          }
        }
        answer.endQuery()
      }
      return answer.message.withUnsafeBytes { SnappyBlock.encode($0) }
    }
    var response = APIResponse(status: .ok, contentType: Self.type, content: .bytes(ByteBuffer(bytes: block)))
    response.headers[.contentEncoding] = "snappy"
    return response
  }

  /// One series of a selection, decoded if it was not.
  private static func series(
    _ place: Int, of selection: OpenedSelection
  ) throws -> (labels: LabelSet, samples: SampleColumns) {
    switch selection {
    case .decoded(let series): return (series[place].labels, series[place].samples)
    case .encoded(let series):
      var buffer = SampleBuffer()
      try series.decode(place, &buffer)
      return (
        series.labels[place],
        SampleColumns(
          timestamps: Array(UnsafeBufferPointer(start: buffer.times, count: buffer.count)),
          values: Array(UnsafeBufferPointer(start: buffer.values, count: buffer.count)))
      )
    }
  }

  private static func histograms(_ place: Int, of selection: OpenedSelection) throws -> HistogramColumns {
    switch selection {
    case .decoded(let series): return series[place].histograms
    case .encoded(let series):
      var columns = HistogramColumns()
      try series.decodeHistograms?(place, &columns)
      return columns
    }
  }

  /// Chunks of one series after the other. What can be refused is refused before the first byte is sent.
  private func chunks(_ asked: ReadRequest) async throws -> APIResponse {
    let queries = asked.queries
    let selections = try await operations.run("remote read", within: nil) { _ in
      var selections: [OpenedSelection] = []
      for query in queries { selections.append(try await open(query)) }
      return selections
    }
    let (operations, messageBytes) = (operations, limits.messageBytes)
    var response = APIResponse.stream(contentType: Self.streamType) { sink in
      for (index, selection) in selections.enumerated() where selection.count > 0 {
        let range = queries[index].from...queries[index].through
        let answer = ChunkedAnswer(query: index, maximumBytes: messageBytes)
        var place = 0
        while place < selection.count {
          let from = place
          let part = try await operations.run("remote read", within: nil) { _ in
            try Self.frames(of: selection, from: from, answer, in: range, atLeast: messageBytes)
          }
          place = part.next
          if part.frames.readableBytes > 0 { try await sink.send(part.frames) }
        }
      }
    }
    response.isWholeOrBroken = true
    return response
  }

  /// The messages of one series after the other, until they have `size` bytes together.
  private static func frames(
    of selection: OpenedSelection, from first: Int, _ answer: ChunkedAnswer, in range: ClosedRange<Timestamp>,
    atLeast size: Int
  ) throws -> (frames: ByteBuffer, next: Int) {
    var frames = ByteBuffer()
    var place = first
    while place < selection.count, frames.readableBytes < size {
      let (labels, samples) = try series(place, of: selection)
      for message in answer.messages(for: labels, samples, try histograms(place, of: selection), in: range) {
        var frame = frame(message)
        frames.writeBuffer(&frame)
      }
      place += 1
    }
    return (frames, place)
  }

  /// A message in the stream: its length, its CRC-32C with the highest byte first, itself
  /// (prometheus/prometheus `storage/remote/chunked.go`).
  static func frame(_ message: [UInt8]) -> ByteBuffer {
    var frame = ByteBuffer()
    frame.reserveCapacity(message.count + 14)
    var length = message.count
    while length >= 0x80 {
      frame.writeInteger(UInt8(truncatingIfNeeded: length) | 0x80)
      length >>= 7
    }
    frame.writeInteger(UInt8(length))
    frame.writeInteger(message.withUnsafeBytes { CRC32C.checksum($0) }, endianness: .big)
    frame.writeBytes(message)
    return frame
  }
}
