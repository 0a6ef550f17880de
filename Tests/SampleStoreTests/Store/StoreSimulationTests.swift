import FleetModel
import Glibc
import SystemPackage
import TestSupport
import Testing

@testable import SampleStore

/// Random lives of a store against the model: any sequence of appends, deletions, upkeep, failures and ends reads back as
/// the model says. `SKEP_SEED=n` repeats one of them alone, `SKEP_SEEDS=n` has so many in each batch.
@Suite struct StoreSimulationTests {
  static let alone = getenv("SKEP_SEED").flatMap { Int(String(cString: $0)) }
  static let perBatch = getenv("SKEP_SEEDS").flatMap { Int(String(cString: $0)) } ?? 20

  static func seeds(_ batch: Int) -> [Int] {
    if let alone { return batch == 0 ? [alone] : [] }
    return Array(batch * perBatch..<(batch + 1) * perBatch)
  }

  @Test(arguments: 0..<20) func anyLifeIsAsTheModelSays(_ batch: Int) async {
    for seed in Self.seeds(batch) {
      do {
        let simulation = try StoreSimulation(seed: UInt64(seed))
        // Other tests want the pool too.
        await Task.yield()
        do { try await StoreLives.live(simulation) } catch {
          report(seed, error, simulation)
          return
        }
      } catch { Issue.record("SKEP_SEED=\(seed): \(error)") }
    }
  }

  @Test(arguments: 0..<10) func aDamagedDiskGivesNoFalseSample(_ batch: Int) async {
    for seed in Self.seeds(batch) {
      do {
        let simulation = try StoreSimulation(seed: UInt64(seed))
        // Other tests want the pool too.
        await Task.yield()
        do { try await StoreLives.damage(simulation) } catch {
          report(seed, error, simulation)
          return
        }
      } catch { Issue.record("SKEP_SEED=\(seed): \(error)") }
    }
  }

  private func report(_ seed: Int, _ error: any Error, _ simulation: StoreSimulation) {
    let events = simulation.events.all.suffix(10).map { "\($0.message) \($0.fields)" }
    Issue.record(
      """
      SKEP_SEED=\(seed): \(error)
      \(simulation.history.suffix(60).joined(separator: "\n"))
      \(events.joined(separator: "\n"))
      """)
  }
}
