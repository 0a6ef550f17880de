import FleetModel
import Synchronization

/// Series whose samples are still encoded: chunks that were copied out of the head, and blocks. Any number of threads may decode
/// at once.
///
/// A block that turns out to be damaged is reported and left out from there on: its samples are missing.
final class StoreAnswer: Sendable {
  /// What decoding takes beside the data.
  // Unchecked: a desk is in one thread's hands, or in the pool.
  private final class Desk: @unchecked Sendable {
    var joiner = SampleJoiner()
    /// By block.
    var readers: [BlockSeriesReader]

    init(_ members: [BlockCatalog.Member]) { readers = members.map { $0.block.reader() } }
  }

  /// Samples decoded between two looks at whether the task is cancelled: some milliseconds.
  private static let samplesAtOnce = 1 << 18

  private let match: SeriesMatch
  private let copies: ChunkCopies
  private let members: [BlockCatalog.Member]
  private let from: Int64
  private let through: Int64
  private let onUnreadable: @Sendable (Int) -> Void
  private let onDamage: @Sendable (BlockError) -> Void
  private let desks = Mutex<[Desk]>([])
  /// The rows of the match that are answered, where not all are.
  private let rows: [Int]?

  /// - Parameters:
  ///   - members: the blocks that the match names, in their order.
  ///   - onUnreadable: is told how many chunks of the head did not decode.
  init(
    _ match: SeriesMatch, _ copies: ChunkCopies, _ members: [BlockCatalog.Member] = [], from: Int64, through: Int64,
    onUnreadable: @escaping @Sendable (Int) -> Void, onDamage: @escaping @Sendable (BlockError) -> Void = { _ in }
  ) {
    self.match = match
    self.copies = copies
    self.members = members
    self.from = from
    self.through = through
    self.onUnreadable = onUnreadable
    self.onDamage = onDamage
    rows = Self.rowsWithSamples(match, copies)
  }

  /// A few rows without samples cost less than a list of the others.
  private static func rowsWithSamples(_ match: SeriesMatch, _ copies: ChunkCopies) -> [Int]? {
    guard copies.filledRows < match.count - match.count / 8 else { return nil }
    return (0..<match.count).filter { row in
      !copies.isEmpty(row) || match.places.contains { $0[row] != SeriesMatch.nowhere }
    }
  }

  private var count: Int { rows?.count ?? match.count }

  private func labels(_ index: Int) -> LabelSet { match.labels[rows?[index] ?? index] }

  var opened: OpenedSelection {
    let labels = rows.map { rows in rows.map { match.labels[$0] } } ?? match.labels
    let decodeHistograms: EncodedSelection.DecodeHistograms? =
      hasHistograms ? { @Sendable [self] row, columns in self.decode(row, into: &columns) } : nil
    let countHistograms: (@Sendable (_ row: Int) -> Int)? =
      decodeHistograms == nil ? nil : { @Sendable [self] row in self.histogramCount(row) }
    return .encoded(
      EncodedSelection(
        labels: labels, sampleCount: sampleEstimate, decode: { [self] row, buffer in decode(row, into: &buffer) },
        decodeHistograms: decodeHistograms,
        histogramCount: countHistograms))
  }

  /// Whether any series has native histograms: then queries go another way, for all of their series.
  private var hasHistograms: Bool {
    if copies.hasHistograms { return true }
    for (member, places) in zip(members, match.places) where member.block.mayHaveHistograms {
      do throws(BlockError) {
        let withHistograms = try member.block.placesWithHistograms()
        if places.contains(where: { $0 != SeriesMatch.nowhere && withHistograms.contains($0) }) { return true }
      } catch {
        onDamage(error)
      }
    }
    return false
  }

  /// Whether the head or a block may have native histograms of a row.
  private func mayHaveHistograms(_ row: Int) -> Bool {
    copies.hasHistograms(row)
      || members.indices.contains { block in
        members[block].block.mayHaveHistograms && match.places[block][row] != SeriesMatch.nowhere
      }
  }

  private var sampleEstimate: Int {
    var samples = Double(copies.sampleCount)
    for (member, places) in zip(members, match.places) {
      let summary = member.block.summary
      let share = Double(places.count { $0 != SeriesMatch.nowhere }) / Double(max(1, summary.series))
      let span = Double(summary.maxTime) - Double(summary.minTime) + 1
      let overlap =
        Double(min(through, summary.maxTime)) - Double(max(from, summary.minTime)) + 1
      samples += Double(summary.samples) * share * min(1, max(0, overlap / span))
    }
    return Int(min(samples, 1e15))
  }

  /// The series with their samples in the range; those without are left out.
  func selected() async throws -> [SelectedSeries] {
    var result: [SelectedSeries] = []
    result.reserveCapacity(count)
    var buffer = SampleBuffer()
    var histograms = HistogramColumns()
    var work = 0
    for index in 0..<count {
      decode(index, into: &buffer)
      let range = buffer.range(from, through)
      histograms.removeAll()
      if mayHaveHistograms(rows?[index] ?? index) {
        decode(index, into: &histograms)
        histograms = histograms.part(histograms.places(from, through))
      }
      if !range.isEmpty || !histograms.isEmpty {
        result.append(
          SelectedSeries(labels: labels(index), samples: buffer.columns(range), histograms: histograms))
      }
      work += buffer.count + histograms.count * 16 + 64
      if work > Self.samplesAtOnce {
        work = 0
        try await HeadStore.pause()
      }
    }
    return result
  }

  /// Puts the samples of a series into the buffer, in place of what is there.
  private func decode(_ index: Int, into buffer: inout SampleBuffer) {
    let row = rows?[index] ?? index
    buffer.removeAll()
    let unreadable = copies.decode(row, into: &buffer)
    if unreadable > 0 { onUnreadable(unreadable) }
    // Where one sample is enough, blocks that end before it have nothing to add.
    var least = Int64.min
    if copies.isLatest, let last = buffer.range(.min, through).last { least = buffer.times[last] }
    func counts(_ block: Int) -> Bool {
      match.places[block][row] != SeriesMatch.nowhere && members[block].block.summary.maxTime >= least
    }
    guard !members.isEmpty, members.indices.contains(where: counts) else { return }
    let desk = desks.withLock { $0.popLast() } ?? Desk(members)
    desk.joiner.begin()
    for block in members.indices where counts(block) {
      do throws(BlockError) {
        try add(match.places[block][row], block, desk)
      } catch {
        onDamage(error)
      }
    }
    // What a block holds counts before what the head holds.
    desk.joiner.add(buffer)
    desk.joiner.finish()
    desk.joiner.exchange(&buffer)
    desks.withLock { $0.append(desk) }
  }

  /// Appends the native histograms of a series.
  private func decode(_ index: Int, into columns: inout HistogramColumns) {
    let row = rows?[index] ?? index
    guard mayHaveHistograms(row) else { return }
    var joined = HistogramColumns()
    for block in members.indices
    where members[block].block.mayHaveHistograms && match.places[block][row] != SeriesMatch.nowhere {
      do throws(BlockError) {
        let source = members[block].block
        guard try source.hasHistograms(match.places[block][row]) else { continue }
        for chunk in try source.chunks(match.places[block][row])
        where chunk.isHistogram && chunk.maxTime >= from && chunk.minTime <= through {
          joined.join(try source.histograms(chunk))
        }
      } catch {
        onDamage(error)
      }
    }
    let unreadable = copies.join(row, from, through, into: &joined)
    if unreadable > 0 { onUnreadable(unreadable) }
    guard !joined.isEmpty else { return }
    var numbers = SampleBuffer()
    decode(index, into: &numbers)
    joined.remove(at: UnsafeBufferPointer(start: numbers.times, count: numbers.count))
    // As with Prometheus, what a producer says of a reset is left to be seen in the counts.
    for place in joined.values.indices where joined.values[place].resetHint == .reset {
      joined.values[place].resetHint = .unknown
    }
    columns.timestamps += joined.timestamps
    columns.values += joined.values
  }

  /// Native histograms of the chunks that are decoded for a series. Of a damaged block none: decoding reports it.
  private func histogramCount(_ index: Int) -> Int {
    let row = rows?[index] ?? index
    guard mayHaveHistograms(row) else { return 0 }
    var count = copies.histogramCount(row, from, through)
    for block in members.indices
    where members[block].block.mayHaveHistograms && match.places[block][row] != SeriesMatch.nowhere {
      let place = match.places[block][row]
      let source = members[block].block
      guard (try? source.hasHistograms(place)) == true, let chunks = try? source.chunks(place) else { continue }
      for chunk in chunks where chunk.isHistogram && chunk.maxTime >= from && chunk.minTime <= through {
        count += chunk.count
      }
    }
    return count
  }

  private func add(_ place: Block.Place, _ block: Int, _ desk: Desk) throws(BlockError) {
    try desk.readers[block].readChunks(place)
    for chunk in desk.readers[block].chunks
    where !chunk.isHistogram && chunk.maxTime >= from && chunk.minTime <= through {
      try desk.joiner.add(chunk, of: members[block].block)
    }
  }
}
