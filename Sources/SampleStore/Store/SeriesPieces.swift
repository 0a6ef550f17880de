/// What several blocks, and the head, hold of one series: chunks that may overlap, brought into one order.
///
/// Chunks that overlap no other stay as they are, so that a merge can copy them; only the others are joined.
struct SeriesPieces {
  enum Source {
    /// A chunk of the block at this place in the list of those that are read.
    case chunk(Block.Chunk, block: Int)
    case columns(Columns)
  }

  struct Piece {
    var minTime: Int64
    var maxTime: Int64
    var count: Int
    /// Of equal times the sample of the lower rank counts.
    var rank: Int
    var source: Source
  }

  private(set) var pieces: [Piece] = []

  mutating func removeAll() { pieces.removeAll(keepingCapacity: true) }

  var isEmpty: Bool { pieces.isEmpty }

  /// Adds the chunks with samples in the range; blocks in the order of their sequence.
  mutating func add(_ chunks: [Block.Chunk], block: Int, from: Int64 = .min, through: Int64 = .max) {
    for chunk in chunks where chunk.minTime <= through && chunk.maxTime >= from {
      pieces.append(
        Piece(
          minTime: chunk.minTime, maxTime: chunk.maxTime, count: chunk.count, rank: pieces.count,
          source: .chunk(chunk, block: block)))
    }
  }

  mutating func add(_ columns: Columns) {
    guard let first = columns.times.first, let last = columns.times.last else { return }
    pieces.append(
      Piece(minTime: first, maxTime: last, count: columns.times.count, rank: pieces.count, source: .columns(columns)))
  }

  /// Calls `body` with each piece that stands alone, and with those together that overlap, in rising order of time.
  mutating func forEachGroup<Failure: Error>(_ body: (ArraySlice<Piece>) throws(Failure) -> Void) throws(Failure) {
    let isOrdered = zip(pieces, pieces.dropFirst()).allSatisfy { $0.maxTime < $1.minTime }
    if !isOrdered { pieces.sort { ($0.minTime, $0.rank) < ($1.minTime, $1.rank) } }
    var start = 0
    while start < pieces.count {
      var end = start + 1
      var last = pieces[start].maxTime
      while end < pieces.count, pieces[end].minTime <= last {
        last = max(last, pieces[end].maxTime)
        end += 1
      }
      try body(pieces[start..<end])
      start = end
    }
  }

  /// Appends the samples of a group to `buffer`.
  static func decode(
    _ group: ArraySlice<Piece>, of blocks: [BlockCatalog.Member], to buffer: inout ColumnBuffer
  ) throws(BadBlock) {
    if group.count == 1, let piece = group.first {
      switch piece.source {
      case .columns(let columns): buffer.append(columns)
      case .chunk(let chunk, let block): try decode(chunk, of: blocks[block], to: &buffer)
      }
      return
    }
    var columns: [Columns] = []
    var scratch = ColumnBuffer()
    for piece in group.sorted(by: { $0.rank < $1.rank }) {
      switch piece.source {
      case .columns(let own): columns.append(own)
      case .chunk(let chunk, let block):
        scratch.removeAll()
        try decode(chunk, of: blocks[block], to: &scratch)
        let all = 0..<scratch.count
        columns.append(Columns(times: Array(scratch.times(all)), values: Array(scratch.values(all))))
      }
    }
    buffer.append(Columns.join(columns[...]))
  }

  /// Appends the samples of a chunk to `buffer`.
  static func decode(
    _ chunk: Block.Chunk, of member: BlockCatalog.Member, to buffer: inout ColumnBuffer
  ) throws(BadBlock) {
    let start = buffer.count
    do throws(BlockError) {
      try buffer.append(chunk.count) { times, values throws(BlockError) in
        try member.block.decode(chunk, times: times, values: values)
      }
    } catch {
      throw BadBlock(number: member.number, error: error)
    }
    guard chunk.count > 0, buffer.times[start] == chunk.minTime, buffer.times[buffer.count - 1] == chunk.maxTime else {
      let reason = "a chunk does not begin and end at the times that the index says"
      throw BadBlock(number: member.number, error: BlockError(path: member.block.path, reason: reason))
    }
  }
}

/// A block that turned out to be bad while it was read.
struct BadBlock: Error, Sendable {
  var number: UInt64
  var error: BlockError
}

extension BlockCatalog.Member {
  /// Says which block it was if `body` fails.
  func read<Value>(_ body: (Block) throws(BlockError) -> Value) throws(BadBlock) -> Value {
    do throws(BlockError) {
      return try body(block)
    } catch {
      throw BadBlock(number: number, error: error)
    }
  }
}
