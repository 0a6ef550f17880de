// Writes batches of spans until it is killed: the child of the crash tests.
//
//   span-writer DIRECTORY PROGRESS-FILE FIRST-BATCH interval|always
//
// The progress file holds the number of the last batch that was acknowledged, eight bytes.

import FleetModel
import Glibc
import Platform
import SpanStore
import SystemPackage
import TestSupport

let arguments = CommandLine.arguments
guard arguments.count == 5, let first = UInt64(arguments[3]) else {
  print("usage: span-writer DIRECTORY PROGRESS-FILE FIRST-BATCH interval|always")
  exit(2)
}

// Heads are small, so that a life of a few milliseconds sees segments written and merged.
var configuration = SpanStoreConfiguration(directory: FilePath(arguments[1]))
configuration.headSize = 60_000
configuration.retention = .seconds(1_000_000_000)
configuration.fsyncInterval = arguments[4] == "always" ? nil : .milliseconds(20)
let store = try DiskSpanStore(configuration, time: SystemTime(), note: { print($0) })
let progress = try FileDescriptor.open(arguments[2], .writeOnly, options: [.create], permissions: .ownerReadWrite)

try await withThrowingTaskGroup(of: Void.self) { group in
  group.addTask { try await store.run() }
  group.addTask {
    var number = first
    while true {
      guard let batch = SpanBatch(SpanKillWorkload.spans(number)) else { exit(3) }
      do {
        try await store.append(batch)
        _ = try withUnsafeBytes(of: number.littleEndian) { try progress.write(toAbsoluteOffset: 0, $0) }
      } catch {
        print("batch \(number): \(error)")
        exit(4)
      }
      number += 1
    }
  }
  try await group.waitForAll()
}
