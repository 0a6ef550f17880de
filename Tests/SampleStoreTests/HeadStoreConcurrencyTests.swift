import FleetModel
import Platform
import Testing

@testable import SampleStore

/// Many threads at once; meant for the thread sanitizer as well.
@Suite struct HeadStoreConcurrencyTests {
  @Test func appendsAndQuestionsAtOnce() async throws {
    let store = HeadStore(HeadConfiguration(retention: .seconds(600), seriesLifetime: .seconds(60)))
    let start: Int64 = 1_700_000_000_000
    let rounds = 1500
    try await withThrowingTaskGroup(of: Void.self) { group in
      for writer in 0..<4 {
        group.addTask {
          let labels = (0..<50).map { LabelSet(["__name__": "m\($0 % 5)", "agent_id": "a\(writer)", "i": "\($0)"]) }
          var batch = try labels.map { Sample(series: try store.reference(for: $0), value: 0) }
          for round in 0..<rounds {
            for index in batch.indices { batch[index].value = Double(round * writer + index) }
            let outcome = try store.append(batch, at: Timestamp(milliseconds: start + Int64(round) * 1000))
            #expect(outcome.appended == 50)
          }
        }
      }
      group.addTask {
        for round in 0..<rounds {
          let reference = try store.reference(for: LabelSet(["__name__": "churn", "i": "\(round)"]))
          // Beyond the retention from the start, while the other series are not.
          _ = try store.append([Sample(series: reference, value: 1)], at: Timestamp(milliseconds: start - 700_000))
          if round % 50 == 49 { store.expire(now: Timestamp(milliseconds: start)) }
        }
      }
      for reader in 0..<2 {
        group.addTask {
          for _ in 0..<60 {
            let matchers = [LabelMatcher("agent_id", reader == 0 ? .matches : .notEqual, "a[0-2].*")]
            let found = try await store.select(
              matchers, from: Timestamp(milliseconds: 0), through: Timestamp(milliseconds: .max))
            for series in found {
              for (earlier, later) in zip(series.samples.timestamps, series.samples.timestamps.dropFirst())
              where earlier >= later {
                Issue.record("times of \(series.labels) do not rise")
              }
            }
            _ = try await store.labelValues(
              of: "i", matchers, from: Timestamp(milliseconds: 0), through: Timestamp(milliseconds: .max))
            _ = store.statistics()
          }
        }
      }
      try await group.waitForAll()
    }
    for _ in 0..<2 { store.expire(now: Timestamp(milliseconds: start)) }
    #expect(store.statistics().series == 200)
    let found = try await store.select(
      [LabelMatcher("agent_id", .equal, "a3")], from: Timestamp(milliseconds: start + Int64(rounds - 500) * 1000),
      through: Timestamp(milliseconds: .max))
    #expect(found.count == 50)
    #expect(found.allSatisfy { $0.samples.count == 500 })
  }

  /// Flushes, images, deletions, expiries and questions beside appends in and out of order: whatever is taken is in
  /// exactly one place at the end.
  @Test func nothingIsLostBesideFlushesAndImages() async throws {
    let store = HeadStore(HeadConfiguration(), isJournalled: true)
    let start: Int64 = 1_700_000_000_000
    let moved = try await withThrowingTaskGroup(of: UInt64.self) { group in
      for writer in 0..<3 {
        group.addTask {
          var batch = try (0..<40).map { index in
            let labels = LabelSet(["__name__": "m\(index % 5)", "agent_id": "a\(writer)", "i": "\(index)"])
            return Sample(series: try store.reference(for: labels), value: 0)
          }
          var buffer = JournalBytes()
          for round in 0..<1200 {
            for index in batch.indices { batch[index].value = Double(round * writer + index) }
            // Every third comes late, between two that came in order.
            let time = start + Int64(round) * 1000 - (round % 3 == 2 ? 1500 : 0)
            #expect(try store.append(batch, at: Timestamp(milliseconds: time)).appended == 40)
            store.exchangeJournal(&buffer)
          }
          return 0
        }
      }
      group.addTask {
        var moved: UInt64 = 0
        for round in 0..<60 {
          if let flush = store.beginFlush(everything: round % 3 == 0, idleBefore: .min) {
            var samples: UInt64 = 0
            try flush.forEachSeries { (_, times, _, _) throws(FileError) in samples += UInt64(times.count) }
            if round % 5 == 4 {
              store.cancelFlush(flush)
            } else {
              store.finishFlush(flush)
              moved += samples
            }
          }
          await Task.yield()
        }
        return moved
      }
      group.addTask {
        for round in 0..<60 {
          var bytes = 0
          try store.writeImage { (payload) throws(FileError) in bytes += payload.count }
          _ = try store.delete([LabelMatcher("i", .equal, "\(round)")], from: 0, through: 1)
          store.expire(now: Timestamp(milliseconds: start))
          _ = store.statistics()
        }
        return 0
      }
      group.addTask {
        for _ in 0..<60 {
          let found = try await store.select(
            [], from: Timestamp(milliseconds: 0), through: Timestamp(milliseconds: .max))
          for series in found {
            let times = series.samples.timestamps
            if !zip(times, times.dropFirst()).allSatisfy({ $0 < $1 }) { Issue.record("times do not rise") }
          }
        }
        return 0
      }
      return try await group.reduce(0, +)
    }
    let statistics = store.statistics()
    #expect(statistics.samples + moved == 3 * 40 * 1200)
    #expect(statistics.unreadableChunks == 0)
  }
}
