// Appends to a store until it is killed: the child of the crash tests.
//
//   store-writer DIRECTORY PROGRESS-FILE SEED FIRST-BATCH interval|always
//
// The progress file holds the number of the last batch that was acknowledged, eight bytes.

import FleetModel
import Glibc
import Platform
import SystemPackage
import TestSupport

@testable import SampleStore

let arguments = CommandLine.arguments
guard arguments.count == 6, let seed = UInt64(arguments[3]), let first = Int(arguments[4]) else {
  print("usage: store-writer DIRECTORY PROGRESS-FILE SEED FIRST-BATCH interval|always")
  exit(2)
}

// Everything is small, so that a life of a few milliseconds sees checkpoints, flushes and merges.
var tuning = StoreTuning()
tuning.checkpointBytes = 16 << 10
tuning.flushBytes = 1
tuning.mergeWindows = [10_000, 60_000]
var configuration = StoreConfiguration(directory: FilePath(arguments[1]))
configuration.syncInterval = arguments[5] == "always" ? nil : .milliseconds(5)
configuration.retention = .seconds(1_000_000_000)
configuration.seriesLifetime = .seconds(1_000_000_000)

let store = try DurableStore(configuration, files: SystemFileSystem(), time: QuickTime(), tuning: tuning) { event in
  guard event.level == .warning || event.level == .error else { return }
  print("\(event.message) \(event.fields)")
}
let workload = CrashWorkload(seed: seed)
let progress = try FileDescriptor.open(arguments[2], .writeOnly, options: [.create], permissions: .ownerReadWrite)

await withTaskGroup(of: Void.self) { group in
  group.addTask { await store.run() }
  group.addTask {
    // An orphan ends by itself.
    try? await Task.sleep(for: .seconds(60))
    exit(3)
  }
  group.addTask {
    var number = first
    do {
      while true {
        let batch = workload.batch(number)
        var samples: [Sample] = []
        for (series, value) in batch.samples {
          samples.append(Sample(series: try store.reference(for: workload.labels(ofSeries: series)), value: value))
        }
        let outcome = try store.append(samples, at: Timestamp(milliseconds: batch.time))
        try await store.acknowledge()
        guard outcome.appended == samples.count else {
          print("batch \(number): \(outcome)")
          exit(4)
        }
        _ = try withUnsafeBytes(of: UInt64(number).littleEndian) { try progress.write(toAbsoluteOffset: 0, $0) }
        if number % 257 == 0 { try await store.compact() }
        number += 1
      }
    } catch {
      print("batch \(number): \(error)")
      exit(5)
    }
  }
}

/// The machine's clock, a hundred times as fast where somebody waits.
struct QuickTime: TimeSource {
  private let clock = SystemTime()
  func now() -> Timestamp { Timestamp(milliseconds: CrashWorkload.start) }
  func monotonic() -> Duration { clock.monotonic() * 100 }
  func sleep(untilMonotonic deadline: Duration) async throws { try await clock.sleep(untilMonotonic: deadline / 100) }
}
