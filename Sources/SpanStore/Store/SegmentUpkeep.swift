import CPlatform
import Dispatch
import FleetModel
import Platform
import Synchronization
import SystemPackage

/// Makes segments of sealed heads, merges them and drops them.
final class SegmentUpkeep: Sendable {
  let time: any TimeSource
  private let configuration: SpanStoreConfiguration
  private let layout: SpanLayout
  private let files: any FileSystem
  private let catalog: SegmentCatalog
  private let note: @Sendable (String) -> Void

  /// Segments of heads: taking spans may wait for these.
  private let flushes = BlockingWork(label: "skep.spans.segments")
  /// Merges and drops.
  private let merges = BlockingWork(label: "skep.spans.merges")
  private let isStopping = Atomic(false)
  private let hasLiveLog = Atomic(false)
  /// Whoever waits for merges would rather not.
  private let isHurried = Atomic(false)
  /// The newest segment and the logs are beyond the bound of size.
  private let isOverSize = Atomic(false)
  private let problem = Mutex<String?>(nil)
  /// Bytes of a merged segment where the retention has no bound of its own.
  private static let mostBytes: UInt64 = 4 << 30

  init(
    _ configuration: SpanStoreConfiguration, layout: SpanLayout, files: any FileSystem, catalog: SegmentCatalog,
    time: any TimeSource, note: @escaping @Sendable (String) -> Void
  ) {
    self.configuration = configuration
    self.layout = layout
    self.files = files
    self.catalog = catalog
    self.time = time
    self.note = note
  }

  /// Why the last segment could not be written; `nil` once one could.
  var failure: String? { problem.withLock { $0 } }

  /// From now on the logs of heads may go: the spans in flight that they tell of are in the live one.
  func liveLogBegan() { hasLiveLog.store(true, ordering: .relaxed) }

  /// - Parameter isHurried: a merge that is under way ends without a result, and none is begun.
  func hurry(_ isHurried: Bool) { self.isHurried.store(isHurried, ordering: .relaxed) }

  private var mayMerge: Bool { !isStopping.load(ordering: .relaxed) && !isHurried.load(ordering: .relaxed) }

  func flushSoon() {
    flushes.queue.async { self.flush() }
    merges.queue.async { self.mergeAll() }
  }

  func flushNow() { flushes.queue.sync { flush() } }

  /// All that is to be done now.
  func round() async {
    await flushes.run { self.flush() }
    await merges.run {
      self.dropOld()
      self.mergeAll()
      for segment in self.catalog.segments { segment.releasePages() }
    }
  }

  /// Returns when nothing is being written any more.
  func stop() {
    isStopping.store(true, ordering: .relaxed)
    flushes.queue.sync {}
    merges.queue.sync {}
  }

  // MARK: Heads

  private func flush() {
    guard hasLiveLog.load(ordering: .relaxed) else { return }
    while !isStopping.load(ordering: .relaxed), let sealed = catalog.sealed.first {
      do {
        try flush(sealed)
        problem.withLock { $0 = nil }
      } catch {
        let reason = "\(error)"
        let isNew = problem.withLock { problem in
          defer { problem = reason }
          return problem != reason
        }
        if isNew { note("a segment of spans cannot be written, which is tried again: \(reason)") }
        return
      }
    }
  }

  private func flush(_ sealed: SealedHead) throws {
    let path = layout.segment(sealed.sequence...sealed.sequence)
    let new = SpanLayout.appending(SpanLayout.newSuffix, to: path)
    let result = sealed.head.read { content in
      Result { () throws(FileError) in
        try HeadSegment.write(
          content, to: new, files, sequence: sealed.sequence, seed: UInt64.random(in: .min ... .max))
      }
    }
    var segment: Segment?
    if try result.get() > 0 {
      try commit(new, as: path)
      segment = try Segment(path, files, note: note)
    } else {
      try files.remove(new)
    }
    catalog.replace(sealed, with: segment)
    // A head's memory is much, and the next one allocates its own.
    defer { skep_release_free_memory() }
    if sealed.isDamaged {
      try files.rename(sealed.log, to: SpanLayout.appending(SpanLayout.damagedSuffix, to: sealed.log))
    } else {
      try files.remove(sealed.log)
    }
  }

  private func commit(_ new: FilePath, as path: FilePath) throws(FileError) {
    do throws(FileError) {
      try files.rename(new, to: path)
      try files.syncDirectory(layout.directory)
    } catch {
      try? files.remove(new)
      throw error
    }
  }

  // MARK: Merges

  private func mergeAll() {
    while mayMerge, let sources = nextMerge() {
      do {
        try merge(sources)
      } catch is CancellationError {
        return
      } catch {
        note("segments of spans cannot be merged, which is tried again: \(error)")
        return
      }
    }
  }

  private func nextMerge() -> [Segment]? {
    for segments in catalog.mergeable {
      let entries = segments.map {
        MergePlan.Entry(
          rows: $0.footer.rows, traces: $0.footer.indexCount, bytes: $0.size, earliest: $0.footer.usualEarliest,
          latest: $0.footer.latest)
      }
      let mostBytes = configuration.retentionSize.map { $0 / 8 } ?? Self.mostBytes
      if let range = MergePlan.next(entries, longest: retention / 4, mostBytes: mostBytes) {
        return Array(segments[range])
      }
    }
    return nil
  }

  private func merge(_ sources: [Segment]) throws {
    guard let first = sources.first, let last = sources.last else { return }
    let path = layout.segment(first.footer.sequences.lowerBound...last.footer.sequences.upperBound)
    let new = SpanLayout.appending(SpanLayout.newSuffix, to: path)
    _ = try SegmentMerge.write(
      sources, to: new, files, seed: UInt64.random(in: .min ... .max),
      isStopping: { !mayMerge })
    try commit(new, as: path)
    catalog.replace(sources, with: try Segment(path, files, note: note))
    for source in sources { remove(source) }
    skep_release_free_memory()
  }

  private func remove(_ segment: Segment) {
    do throws(FileError) {
      if segment.damagedBlocks.isEmpty {
        try files.remove(segment.path)
      } else {
        try files.rename(segment.path, to: SpanLayout.appending(SpanLayout.damagedSuffix, to: segment.path))
      }
    } catch {
      note("segment \(segment.path) cannot be removed: \(error)")
    }
  }

  // MARK: Retention

  /// Nanoseconds.
  private var retention: Int64 {
    let (seconds, attoseconds) = configuration.retention.components
    let (nanoseconds, overflow) = seconds.multipliedReportingOverflow(by: 1_000_000_000)
    return overflow ? .max : nanoseconds &+ attoseconds / 1_000_000_000
  }

  /// Spans from before this time are past the retention. Nanoseconds since 1970-01-01T00:00:00Z.
  var horizon: Int64 {
    let (now, overflow) = time.now().milliseconds.multipliedReportingOverflow(by: 1_000_000)
    let (horizon, underflow) = now.subtractingReportingOverflow(retention)
    return overflow || underflow ? .min : horizon
  }

  private func dropOld() {
    let horizon = horizon
    let old = catalog.segments.filter { $0.footer.latest < horizon }
    drop(old)
    if let most = configuration.retentionSize { drop(downTo: most) }
  }

  /// What was set aside goes first, then the segments whose latest spans are the oldest. The newest stays, whatever its size: it
  /// goes when there is a newer one.
  private func drop(downTo most: UInt64) {
    var segments = catalog.segments.sorted { $0.footer.latest < $1.footer.latest }
    let (logs, damaged) = otherFiles()
    var size = (logs + damaged).reduce(segments.reduce(0) { $0 + $1.size }) { $0 + $1.size }
    for file in damaged where size > most {
      guard (try? files.remove(file.path)) != nil else { continue }
      size -= file.size
      note("\(file.path), which was set aside, is removed: spans take more than tracing.retention_size, \(most) bytes")
    }
    var beyond: [Segment] = []
    while size > most, segments.count > 1 {
      let oldest = segments.removeFirst()
      size -= oldest.size
      beyond.append(oldest)
    }
    drop(beyond)
    let isBeyond = size > most
    let isNew = isOverSize.exchange(isBeyond, ordering: .relaxed) != isBeyond
    if isNew, isBeyond {
      note(
        "the newest spans alone take \(size) bytes, more than tracing.retention_size, \(most); they stay until there are newer"
          + " ones: give it more, or keep fewer attributes")
    }
  }

  private struct OtherFile {
    var path: FilePath
    var size: UInt64
  }

  /// Logs, and what was set aside, by name.
  private func otherFiles() -> (logs: [OtherFile], damaged: [OtherFile]) {
    var (logs, damaged): ([OtherFile], [OtherFile]) = ([], [])
    for name in (try? files.names(in: layout.directory)) ?? [] {
      let path = layout.directory.appending(name)
      guard let size = try? files.size(of: path) else { continue }
      switch SpanLayout.entry(name) {
      case .log: logs.append(OtherFile(path: path, size: size))
      case .other where name.hasSuffix(SpanLayout.damagedSuffix): damaged.append(OtherFile(path: path, size: size))
      default: break
      }
    }
    return (logs, damaged)
  }

  private func drop(_ segments: [Segment]) {
    guard !segments.isEmpty else { return }
    catalog.replace(segments, with: nil)
    for segment in segments {
      do throws(FileError) { try files.remove(segment.path) } catch {
        note("segment \(segment.path) cannot be removed: \(error)")
      }
    }
  }
}
