import FleetModel
import Glibc
import Platform
import SpanStore
import SystemPackage
import TestSupport
import Testing

/// Kills a process that writes spans, over and over on the same store, and looks for what it had acknowledged.
@Suite("a span store outlives its process", .serialized) struct SpanKillTests {
  @Test(arguments: ["interval", "always"])
  func nothingAcknowledgedIsLost(sync: String) async throws {
    let scratch = try ScratchDirectory()
    let directory = scratch.path.appending("spans")
    let progress = scratch.path.appending("progress")
    let random = SeededRandom(seed: 5)
    var next: UInt64 = 0
    // A sync before each acknowledgement takes its time.
    let (kills, batches) = sync == "always" ? (8, 20 as UInt64) : (25, 150)
    for _ in 0..<kills {
      let first = next
      let target = first + random.next() % batches
      let acknowledged = try await BlockingWork(label: "kill").run {
        try Self.killWriter(directory, progress, first: first, at: target, sync: sync)
      }
      var configuration = SpanStoreConfiguration(directory: directory)
      configuration.retention = .seconds(1_000_000_000)
      let store = try DiskSpanStore(configuration, time: SystemTime(), note: { _ in })
      let from = first > 40 ? first - 40 : 0
      for number in from...acknowledged {
        try await expectBatch(number, in: store)
      }
      let shared = try await store.spans(of: try #require(SpanKillWorkload.sharedTrace))
      let found = Set(shared.map { ($0.spanID.rawValue - 1) / 11 })
      #expect(found.isSuperset(of: 0...acknowledged))
      // The batch after the last that was acknowledged may be there, whole; it is written again.
      let undecided = try await store.spans(of: try #require(SpanKillWorkload.trace(acknowledged + 1)))
      #expect(undecided.isEmpty || undecided.count == 10)
      next = acknowledged + 1
      try store.close()
    }
  }

  private func expectBatch(_ number: UInt64, in store: DiskSpanStore) async throws {
    let expected = SpanKillWorkload.spans(number).filter { $0.traceID != SpanKillWorkload.sharedTrace }
    let found = try await store.spans(of: try #require(SpanKillWorkload.trace(number)))
    #expect(found == expected, "batch \(number)")
  }

  /// - Returns: the last batch that was acknowledged.
  private static func killWriter(
    _ directory: FilePath, _ progress: FilePath, first: UInt64, at target: UInt64, sync: String
  ) throws -> UInt64 {
    let executable = try BuiltExecutable.path("span-writer")
    let arguments = [executable.string, directory.string, progress.string, "\(first)", sync]
    var argv: [UnsafeMutablePointer<CChar>?] = arguments.map { strdup($0) } + [nil]
    defer { for argument in argv { free(argument) } }
    var pid: pid_t = 0
    try #require(posix_spawn(&pid, executable.string, nil, nil, &argv, environ) == 0)
    var status: Int32 = 0
    while read(progress).map({ $0 < target }) ?? true {
      try #require(waitpid(pid, &status, WNOHANG) == 0, "the writer ended by itself with status \(status >> 8)")
      usleep(300)
    }
    kill(pid, SIGKILL)
    waitpid(pid, &status, 0)
    return try #require(read(progress))
  }

  private static func read(_ progress: FilePath) -> UInt64? {
    guard let descriptor = try? FileDescriptor.open(progress, .readOnly) else { return nil }
    defer { try? descriptor.close() }
    var bytes: UInt64 = 0
    let count = try? withUnsafeMutableBytes(of: &bytes) { try descriptor.read(into: $0) }
    return count == 8 ? UInt64(littleEndian: bytes) : nil
  }
}
