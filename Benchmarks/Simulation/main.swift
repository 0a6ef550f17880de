// Random lives of a store beside a plain model, in a release build: thousands in the time that a test run has for dozens.
//
//   store-simulation FIRST-SEED COUNT [damage]
//
// Ends with status 1 at the first flaw, and prints the seed: `store-simulation SEED 1` repeats it.

import Glibc
import SampleStore
import SystemPackage
import TestSupport

let arguments = CommandLine.arguments
guard arguments.count >= 3, let first = UInt64(arguments[1]), let count = UInt64(arguments[2]) else {
  print("usage: store-simulation FIRST-SEED COUNT [damage]")
  exit(2)
}
let isDamaged = arguments.count > 3 && arguments[3] == "damage"
for seed in first..<first + count {
  do {
    let simulation = try StoreSimulation(seed: seed)
    do {
      if isDamaged { try await StoreLives.damage(simulation) } else { try await StoreLives.live(simulation) }
    } catch {
      print("seed \(seed): \(error)")
      for line in simulation.history.suffix(60) { print(line) }
      for event in simulation.events.all.suffix(10) { print(event.message, event.fields) }
      exit(1)
    }
  } catch {
    print("seed \(seed): \(error)")
    exit(1)
  }
}
print("\(count) lives\(isDamaged ? " on a damaged disk" : ""), each as the model says")
