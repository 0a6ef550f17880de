/// Decides which blocks to merge. A pure function of what the blocks say of themselves.
///
/// A block belongs to the window, of 2 hours, 12 hours or 3 days, that holds its newest sample.
///
/// 1. Once a window is past, its blocks become one, if the largest is not so large that writing it anew for the sake of
///    the others would be waste; smaller windows first.
/// 2. In any window, four blocks or more of like size become one, so that a window does not fill up with small ones.
///
/// Blocks are merged only where that changes no answer. Of equal times the block of the lowest sequence counts, and a merge
/// takes the lowest sequence of its sources: so no block that stays behind may have a sequence in between and share time with
/// a source that has a higher one.
struct MergePlan: Sendable {
  /// Milliseconds, each a multiple of the one before.
  var windows: [Int64]
  /// How long after the end of a window samples may still come.
  var grace: Int64
  /// The largest of a window's blocks may be so many times the size of the others together.
  var largestShare: UInt64 = 4
  /// So many blocks of like size become one in any window.
  var manyBlocks = 4
  /// What becomes one is no larger: where the store's size is bounded, a block that goes must leave most of the others.
  var largestTotal = UInt64.max

  static let hour: Int64 = 3_600_000

  /// - Parameters:
  ///   - retention: windows larger than a tenth of it are not used, since a block goes as a whole.
  ///   - outOfOrderWindow: milliseconds, both.
  ///   - maximumBytes: of the whole store; no block larger than an eighth of it is made.
  init(
    retention: Int64, outOfOrderWindow: Int64, maximumBytes: UInt64? = nil,
    windows: [Int64] = [2 * hour, 12 * hour, 72 * hour]
  ) {
    self.windows = windows.enumerated().filter { $0.offset == 0 || $0.element <= retention / 10 }.map(\.element)
    grace = outOfOrderWindow
    if let maximumBytes { largestTotal = maximumBytes / 8 }
  }

  /// The blocks that should become one next, by rising sequence; `nil` if all is well.
  ///
  /// - Parameters:
  ///   - blocks: those that can be merged.
  ///   - all: those and what else there is; `nil` if there is nothing else.
  ///   - isBarred: whether blocks must not be merged at present.
  func next(
    _ blocks: [Manifest.Entry], among all: [Manifest.Entry]? = nil, now: Int64,
    isBarred: ([Manifest.Entry]) -> Bool = { _ in false }
  ) -> [Manifest.Entry]? {
    let blocks = Self.ordered(blocks)
    let all = all ?? blocks
    for window in windows {
      for (index, group) in groups(of: blocks, window) where isPast(index, window, now) {
        for run in safeRuns(group, among: all) where isWorthwhile(run) && !isBarred(run) { return run }
      }
    }
    guard let largest = windows.last else { return nil }
    for (_, group) in groups(of: blocks, largest) {
      for tier in Self.tiers(group) {
        for run in safeRuns(tier, among: all) where run.count >= manyBlocks && !isBarred(run) { return run }
      }
    }
    return nil
  }

  /// Any two blocks of one largest window that can become one, whatever it costs.
  func nextOfAll(
    _ blocks: [Manifest.Entry], among all: [Manifest.Entry]? = nil,
    isBarred: ([Manifest.Entry]) -> Bool = { _ in false }
  ) -> [Manifest.Entry]? {
    guard let largest = windows.last else { return nil }
    let blocks = Self.ordered(blocks)
    for (_, group) in groups(of: blocks, largest) {
      for run in safeRuns(group, among: all ?? blocks) where run.count >= 2 && !isBarred(run) { return run }
    }
    return nil
  }

  private static func ordered(_ blocks: [Manifest.Entry]) -> [Manifest.Entry] {
    blocks.sorted { ($0.summary.sequence, $0.number) < ($1.summary.sequence, $1.number) }
  }

  /// Blocks by the window that holds their newest sample, oldest window first; those that reach over more than two such
  /// windows belong to none but the largest.
  private func groups(of blocks: [Manifest.Entry], _ window: Int64) -> [(index: Int64, blocks: [Manifest.Entry])] {
    var groups: [Int64: [Manifest.Entry]] = [:]
    for block in blocks {
      let (span, isWide) = block.summary.maxTime.subtractingReportingOverflow(block.summary.minTime)
      guard window == windows.last || (!isWide && span <= window) else { continue }
      groups[Self.floorDivide(block.summary.maxTime, window), default: []].append(block)
    }
    return groups.sorted { $0.key < $1.key }.map { ($0.key, $0.value) }
  }

  private func isPast(_ index: Int64, _ window: Int64, _ now: Int64) -> Bool {
    let (end, overflow) = (index + 1).multipliedReportingOverflow(by: window)
    guard !overflow else { return false }
    let (closed, tooLate) = end.addingReportingOverflow(grace)
    return !tooLate && closed <= now
  }

  private func isWorthwhile(_ run: [Manifest.Entry]) -> Bool {
    guard run.count >= 2 else { return false }
    let total = run.reduce(0 as UInt64) { $0 &+ $1.summary.bytes }
    let largest = run.map(\.summary.bytes).max() ?? 0
    return largest / largestShare <= total &- largest
  }

  /// Blocks whose sizes lie within the same power of four.
  private static func tiers(_ blocks: [Manifest.Entry]) -> [[Manifest.Entry]] {
    let tiers = Dictionary(grouping: blocks) { (UInt64.bitWidth - $0.summary.bytes.leadingZeroBitCount) / 2 }
    return tiers.sorted { $0.key < $1.key }.map(\.value)
  }

  /// Cuts a group where a block that is not in it stands between, see the type's description, and where it gets too large.
  private func safeRuns(_ group: [Manifest.Entry], among all: [Manifest.Entry]) -> [[Manifest.Entry]] {
    var runs: [[Manifest.Entry]] = []
    var run: [Manifest.Entry] = []
    var total: UInt64 = 0
    for block in group {
      let (sum, isTooLarge) = total.addingReportingOverflow(block.summary.bytes)
      let isInTheWay = all.contains { other in
        guard let first = run.first, !group.contains(where: { $0.number == other.number }) else { return false }
        return Self.precedes(first, other) && Self.precedes(other, block) && Self.overlap(other, block)
      }
      if isInTheWay || isTooLarge || sum > largestTotal {
        runs.append(run)
        run = []
        total = 0
      }
      run.append(block)
      total &+= block.summary.bytes
    }
    if !run.isEmpty { runs.append(run) }
    return runs
  }

  private static func precedes(_ one: Manifest.Entry, _ other: Manifest.Entry) -> Bool {
    (one.summary.sequence, one.number) < (other.summary.sequence, other.number)
  }

  private static func overlap(_ one: Manifest.Entry, _ other: Manifest.Entry) -> Bool {
    one.summary.minTime <= other.summary.maxTime && other.summary.minTime <= one.summary.maxTime
  }

  private static func floorDivide(_ value: Int64, _ divisor: Int64) -> Int64 {
    value >= 0 ? value / divisor : -((-(value + 1)) / divisor) - 1
  }
}
