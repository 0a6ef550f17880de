import FleetModel
import Glibc
import Platform
import SampleStore
import SystemPackage
import TestSupport
import Testing

/// Kills a process that writes to a store, over and over on the same store, and compares what it had acknowledged with what
/// is there.
@Suite("a store outlives its process")
struct StoreKillTests {
  static let kills = 110

  @Test(arguments: ["interval", "always"], [7, 11] as [UInt64])
  func nothingAcknowledgedIsLost(sync: String, seed: UInt64) async throws {
    // Together more than two hundred: two of the four cases are long, two short.
    let kills = (sync == "interval") == (seed == 7) ? Self.kills : Self.kills / 10
    let scratch = try ScratchDirectory()
    let directory = scratch.path.appending("store")
    let progress = scratch.path.appending("progress")
    let workload = CrashWorkload(seed: seed)
    var random = SeededGenerator(seed)
    var life = StoreLife()
    for kill in 1...kills {
      let target = life.next + Int.random(in: 0..<400, using: &random)
      let first = life.next
      // Off the pool: other tests may keep its few threads busy for longer than a writer lives.
      let acknowledged = try await BlockingWork(label: "kill").run {
        try Self.killWriter(
          directory: directory, progress: progress, seed: seed, first: first, atBatch: target, sync: sync)
      }
      life.killed(acknowledged: acknowledged)
      let isLast = kill == kills
      try await Self.compare(directory, workload, life, from: isLast || kill % 20 == 0 ? 0 : max(0, life.next - 900))
      life.next += 1
    }
    let check = try DurableStore.check(directory)
    #expect(check.isGood, "\(check.files.filter { !$0.problems.isEmpty })")
  }

  /// Which batches must be there, and which may be.
  struct StoreLife {
    var next = 0
    /// Begun when the process was killed: each may be there, or not.
    var undecided: Set<Int> = []

    mutating func killed(acknowledged: Int?) {
      if let acknowledged { next = acknowledged + 1 }
      undecided.insert(next)
    }
  }

  /// Starts a writer at batch `first` and kills it once it has acknowledged batch `target`.
  ///
  /// - Returns: the last batch that it has acknowledged; `nil` if it came to none.
  static func killWriter(
    directory: FilePath, progress: FilePath, seed: UInt64, first: Int, atBatch target: Int, sync: String
  ) throws -> Int? {
    let executable = try BuiltExecutable.path("store-writer")
    let arguments = [executable.string, directory.string, progress.string, "\(seed)", "\(first)", sync]
    var argv: [UnsafeMutablePointer<CChar>?] = arguments.map { strdup($0) } + [nil]
    defer { for argument in argv { free(argument) } }
    var pid: pid_t = 0
    try #require(posix_spawn(&pid, executable.string, nil, nil, &argv, environ) == 0)
    var status: Int32 = 0
    while (read(progress) ?? -1) < target {
      try #require(waitpid(pid, &status, WNOHANG) == 0, "the writer ended by itself with status \(status >> 8)")
      usleep(500)
    }
    kill(pid, SIGKILL)
    waitpid(pid, &status, 0)
    let last = read(progress)
    return last.flatMap { $0 >= first ? $0 : nil }
  }

  private static func read(_ progress: FilePath) -> Int? {
    guard let descriptor = try? FileDescriptor.open(progress, .readOnly) else { return nil }
    defer { try? descriptor.close() }
    var bytes: UInt64 = 0
    let count = try? withUnsafeMutableBytes(of: &bytes) { try descriptor.read(into: $0) }
    return count == 8 ? Int(UInt64(littleEndian: bytes)) : nil
  }

  /// Opens the store and compares all that lies at or after batch `first`.
  static func compare(_ directory: FilePath, _ workload: CrashWorkload, _ life: StoreLife, from first: Int) async throws
  {
    var configuration = StoreConfiguration(directory: directory)
    configuration.retention = .seconds(1_000_000_000)
    configuration.seriesLifetime = .seconds(1_000_000_000)
    let store = try DurableStore(configuration, time: SystemTime())
    let from = CrashWorkload.start + Int64(first) * 100
    let answer = try await store.select(
      [LabelMatcher("__name__", .equal, "work_total")], from: Timestamp(milliseconds: from),
      through: Timestamp(milliseconds: .max))
    var found: [LabelSet: [Int64: UInt64]] = [:]
    for series in answer {
      found[series.labels] = Dictionary(
        uniqueKeysWithValues: zip(series.samples.timestamps, series.samples.values.map(\.bitPattern)))
    }
    var missing: [Int] = []
    for number in first..<life.next + 60 {
      let batch = workload.batch(number)
      guard batch.time >= from else { continue }
      var present = 0
      for (series, value) in batch.samples {
        let taken = found[workload.labels(ofSeries: series)]?.removeValue(forKey: batch.time)
        if taken == value.bitPattern { present += 1 }
        #expect(taken == nil || taken == value.bitPattern, "batch \(number), series \(series): another value")
      }
      if number >= life.next || life.undecided.contains(number) {
        // A batch is one record: it is there as a whole or not at all.
        let mayBeThere = life.undecided.contains(number)
        #expect(present == 0 || mayBeThere && present == batch.samples.count, "batch \(number) is there in part")
      } else if present < batch.samples.count {
        missing.append(number)
      }
    }
    #expect(missing.isEmpty, "acknowledged and lost: batches \(missing.prefix(20))")
    let extra = found.filter { !$0.value.isEmpty }
    #expect(extra.isEmpty, "never written: \(extra.prefix(3))")
    let closing = Task { await store.run() }
    closing.cancel()
    await closing.value
  }
}

struct SeededGenerator: RandomNumberGenerator {
  private let random: SeededRandom
  init(_ seed: UInt64) { random = SeededRandom(seed: seed) }
  mutating func next() -> UInt64 { random.next() }
}
