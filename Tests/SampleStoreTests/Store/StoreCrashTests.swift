import FleetModel
import TestSupport
import Testing

@testable import SampleStore

/// One scripted life, ended in the midst of each of its operations that change something.
@Suite struct StoreCrashTests {
  /// A crash after any number of operations: what was acknowledged is there.
  @Test(arguments: [0], [SimulatedFileSystem.Interruption.powerLoss, .processDeath])
  func crashAtEveryOperation(_ seed: Int, _ kind: SimulatedFileSystem.Interruption) async throws {
    let whole = try StoreSimulation(seed: UInt64(seed))
    let first = whole.files.operationCount
    try await Self.script(whole)
    let operations = whole.files.operationCount - first
    #expect(operations > 60)
    for count in 1...operations {
      let simulation = try StoreSimulation(seed: UInt64(seed))
      simulation.files.interrupt(kind, after: count)
      do {
        try await Self.script(simulation)
        try await simulation.restartInterrupted(kind)
        // A second end at once: what the first start did must not make things worse.
        try await simulation.restart(.powerLoss)
        try simulation.append([0, 5])
        try simulation.flush(everything: true)
        try await simulation.check([], StoreSimulation.everything)
      } catch {
        Issue.record(
          "seed \(seed), \(kind) in operation \(count): \(error)\n\(simulation.history.joined(separator: "\n"))")
        return
      }
    }
  }

  /// A crash while the store opens after a crash.
  @Test(arguments: 0..<2) func crashWhileOpening(_ seed: Int) async throws {
    for count in 1...30 {
      let simulation = try StoreSimulation(seed: UInt64(seed))
      try await Self.script(simulation)
      try simulation.append([3, 4])
      simulation.files.interrupt(.powerLoss, after: count)
      do { try await simulation.restartWithin(.kill) } catch {
        Issue.record("seed \(seed), operation \(count): \(error)\n\(simulation.history.joined(separator: "\n"))")
        return
      }
    }
  }

  private static func script(_ simulation: StoreSimulation) async throws {
    for _ in 0..<3 { try simulation.append([0, 1, 2, 5]) }
    try simulation.sync()
    for _ in 0..<3 { try simulation.append([0, 3, 5], after: 2500) }
    try simulation.flush(everything: true)
    try simulation.checkpoint()
    try simulation.appendLate(5, at: simulation.now - 1500, 9)
    try simulation.append([0, 5])
    try simulation.delete(LabelMatcher("i", .equal, "5"), simulation.now - 6000...simulation.now - 1000)
    try simulation.append([5], after: 80_000)
    try simulation.flush(everything: true)
    try simulation.merge(all: true)
    try await simulation.snapshot()
    try simulation.append([1, 2])
    try simulation.checkpoint()
    try simulation.append([0, 5], after: 5_000_000)
    try simulation.sync()
    try simulation.retain()
    try simulation.append([0])
  }
}
