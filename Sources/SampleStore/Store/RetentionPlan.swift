/// Decides which blocks have to go. A pure function.
struct RetentionPlan: Sendable {
  /// Milliseconds.
  var retention: Int64
  /// Of blocks, log and checkpoint together.
  var maximumBytes: UInt64?

  enum Reason: Sendable, Hashable { case age, size }

  /// File numbers of the blocks to remove, oldest first, each with the reason: those whose newest sample is older than the
  /// retention; then the oldest of the others until what stays keeps within the bound. The newest block stays whatever its
  /// size, and log and checkpoint take half of the bound at most from the blocks: or a bound too small would leave nothing.
  ///
  /// - Parameters:
  ///   - otherBytes: of log and checkpoint.
  ///   - now: `nil` if the time is not known: then nothing goes for its age.
  func expired(_ blocks: [Manifest.Entry], otherBytes: UInt64, now: Int64?) -> [(number: UInt64, reason: Reason)] {
    let (cutoff, overflow) = now?.subtractingReportingOverflow(retention) ?? (.min, true)
    var expired: [(number: UInt64, reason: Reason)] = []
    var total = isOverHalf(otherBytes) ? (maximumBytes ?? 0) / 2 : otherBytes
    var kept: [Manifest.Entry] = []
    let byAge = blocks.sorted { ($0.summary.maxTime, $0.summary.sequence) < ($1.summary.maxTime, $1.summary.sequence) }
    for block in byAge {
      if !overflow, block.summary.maxTime < cutoff {
        expired.append((block.number, .age))
      } else {
        kept.append(block)
        total &+= block.summary.bytes
      }
    }
    guard let maximumBytes else { return expired }
    for block in kept.dropLast() {
      guard total > maximumBytes else { break }
      expired.append((block.number, .size))
      total &-= block.summary.bytes
    }
    return expired
  }

  /// Whether so many bytes are more than half of the bound.
  func isOverHalf(_ bytes: UInt64) -> Bool { maximumBytes.map { bytes > $0 / 2 } ?? false }
}
