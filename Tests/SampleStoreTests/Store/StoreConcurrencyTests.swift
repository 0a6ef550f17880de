import FleetModel
import Platform
import SystemPackage
import TestSupport
import Testing

@testable import SampleStore

/// Everything at once; meant for the thread sanitizer as well.
@Suite struct StoreConcurrencyTests {
  @Test func appendsQuestionsAndUpkeepAtOnce() async throws {
    let scratch = try ScratchDirectory()
    let rounds: Int64 = 600
    var configuration = StoreConfiguration(directory: scratch.path.appending("store"))
    configuration.syncInterval = nil
    let clock = SimulatedTime(start: DurableStoreTests.time(rounds))
    let store = try DurableStore(configuration, time: clock)
    try await withThrowingTaskGroup(of: Void.self) { group in
      for writer in 0..<3 {
        group.addTask {
          var batch = try (0..<20).map { index in
            Sample(series: try store.reference(for: LabelSet(["w": "\(writer)", "i": "\(index)"])), value: 0)
          }
          for round in 0..<rounds {
            for index in batch.indices { batch[index].value = Double(round) }
            #expect(try store.append(batch, at: DurableStoreTests.time(round)).appended == 20)
            if round % 50 == 0 { try await store.acknowledge() }
            await Task.yield()
          }
        }
      }
      group.addTask {
        for round in 0..<40 {
          _ = try store.flush(everything: round % 3 == 0, idleBefore: 0)
          await Task.yield()
          if round % 4 == 3 { _ = try store.mergeOnce(all: true) }
          if round % 5 == 4 { try store.checkpoint() }
          if round % 10 == 9 { try store.retain(DurableStoreTests.time(rounds)) }
          if round == 20 { _ = try await store.snapshot(to: scratch.path.appending("copy")) }
          await Task.yield()
        }
      }
      for reader in 0..<2 {
        group.addTask {
          for _ in 0..<40 {
            let found = try await store.select(
              [LabelMatcher("w", .equal, "\(reader)")], from: DurableStoreTests.time(0),
              through: DurableStoreTests.time(rounds))
            // Nothing may be missing in the midst, whatever moves meanwhile.
            for series in found where series.samples.values != (0..<series.samples.count).map(Double.init) {
              Issue.record("\(series.labels) has holes: \(series.samples.values)")
            }
            _ = try await store.labelValues(
              of: "i", [], from: DurableStoreTests.time(0), through: DurableStoreTests.time(rounds))
          }
        }
      }
      group.addTask {
        for _ in 0..<5 {
          _ = try await store.statistics()
          #expect(await store.check().isGood)
        }
      }
      try await group.waitForAll()
    }
    try await store.compact()
    let found = try await store.select([], from: DurableStoreTests.time(0), through: DurableStoreTests.time(rounds))
    #expect(found.count == 60)
    #expect(found.allSatisfy { $0.samples.count == Int(rounds) })
    store.close()
    #expect(try DurableStore.check(configuration.directory).isGood)
    #expect(try DurableStore.check(scratch.path.appending("copy")).isGood)
  }
}
