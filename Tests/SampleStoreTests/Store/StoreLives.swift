import FleetModel
import SystemPackage
import TestSupport

@testable import SampleStore

/// Whole lives of a store, drawn from the simulation's seed.
enum StoreLives {
  static func live(_ simulation: StoreSimulation) async throws {
    let steps = Int.random(in: 10...60, using: &simulation.random)
    let hasTrouble = Bool.random(using: &simulation.random)
    for _ in 0..<steps {
      try await step(simulation)
      if hasTrouble { try await trouble(simulation) }
    }
    try await simulation.heal()
    try simulation.sync()
    try await simulation.check([], StoreSimulation.everything)
    try await simulation.restart(StoreSimulation.End.allCases.randomElement(using: &simulation.random) ?? .kill)
  }

  /// What goes on in a good life.
  private static func step(_ simulation: StoreSimulation) async throws {
    let now = simulation.now
    switch Int.random(in: 0..<40, using: &simulation.random) {
    case 0..<16:
      let times = Int.random(in: 1...20, using: &simulation.random)
      let chosen = choose(simulation)
      let gap = Int64.random(in: 1...3000, using: &simulation.random)
      for _ in 0..<times { try simulation.append(chosen, after: gap) }
    case 16..<20:
      let time = now - Int64.random(in: 0...80_000, using: &simulation.random)
      let index = Int.random(in: 0..<12, using: &simulation.random)
      try simulation.appendLate(index, at: time, Double.random(in: 0...1, using: &simulation.random))
    case 20, 21: try simulation.sync()
    case 22, 23: try simulation.checkpoint()
    case 24, 25: try simulation.flush(everything: false)
    case 26, 27: try simulation.flush(everything: true)
    case 28, 29: try simulation.merge(all: false)
    case 30: try simulation.merge(all: true)
    case 31: try simulation.keepBlocks()
    case 32: try simulation.retain()
    case 33:
      let range = range(simulation)
      try simulation.delete(matcher(simulation), range)
    case 34: try await simulation.snapshot()
    case 35:
      try simulation.append(choose(simulation), after: Int64.random(in: 100_000...900_000, using: &simulation.random))
    default: try await simulation.check([matcher(simulation)], range(simulation))
    }
  }

  private static func trouble(_ simulation: StoreSimulation) async throws {
    let files = simulation.files
    if files.isInterrupted { return try await simulation.restartInterrupted(simulation.interruption) }
    switch Int.random(in: 0..<40, using: &simulation.random) {
    case 0: try await simulation.restart(.close)
    case 1: try await simulation.restart(.kill)
    case 2: try await simulation.restart(.powerLoss)
    case 3, 4, 5:
      simulation.interruption = Bool.random(using: &simulation.random) ? .powerLoss : .processDeath
      files.interrupt(simulation.interruption, after: Int.random(in: 1...12, using: &simulation.random))
    case 6: files.capacity = files.usedBytes + UInt64.random(in: 0...4000, using: &simulation.random)
    case 7:
      var faults = files.faults
      faults.write = 0.1
      faults.sync = 0.1
      faults.names = 0.05
      faults.read = 0.05
      files.faults = faults
    case 8..<14: try simulation.recover()
    case 14..<20: try await simulation.heal()
    default: break
    }
  }

  private static func choose(_ simulation: StoreSimulation) -> [Int] {
    (0..<12).filter { _ in Bool.random(using: &simulation.random) }
  }

  private static func matcher(_ simulation: StoreSimulation) -> LabelMatcher {
    StoreSimulation.matchers.randomElement(using: &simulation.random) ?? StoreSimulation.matchers[0]
  }

  private static func range(_ simulation: StoreSimulation) -> ClosedRange<Int64> {
    let from = simulation.now - Int64.random(in: 0...200_000, using: &simulation.random)
    return from...(from + Int64.random(in: 0...200_000, using: &simulation.random))
  }

  static func damage(_ simulation: StoreSimulation) async throws {
    for _ in 0..<Int.random(in: 5...30, using: &simulation.random) { try await step(simulation) }
    for _ in 0..<3 {
      let files = simulation.files
      var paths: [FilePath] = []
      for folder in ["/data/store", "/data/store/log", "/data/store/blocks"].map({ FilePath($0) }) {
        for name in try files.names(in: folder) where files.content(of: folder.appending(name))?.isEmpty == false {
          paths.append(folder.appending(name))
        }
      }
      for path in paths where Int.random(in: 0..<3, using: &simulation.random) == 0 {
        try files.flipBits(Int.random(in: 1...3, using: &simulation.random), in: path)
      }
      try await simulation.reopenDamaged()
      try simulation.append([1, 2])
      try simulation.flush(everything: true)
      try simulation.merge(all: true)
      try simulation.retain()
      try simulation.checkpoint()
    }
  }
}
