import Testing

@testable import LocalRuntime

@Suite struct RollPlannerTests {
  typealias Step = RollPlanner.Step

  /// Instances as text, one each: ordinal, `o`ld or `n`ew, then `r`eady, `u`nready or `s`topping, `p` if it blocks the port.
  static func instances(_ text: String) -> [RollPlanner.Instance] {
    text.split(separator: " ").enumerated().map { index, word in
      RollPlanner.Instance(
        id: index, ordinal: Int(word.prefix(1)) ?? 0, isCurrent: word.contains("n"), isReady: word.contains("r"),
        isStopping: word.contains("s"), blocksSuccessor: word.contains("p"), restarts: 0, age: .zero)
    }
  }

  struct Case: Sendable, CustomTestStringConvertible {
    var testDescription: String
    var count: Int
    var instances: String
    var steps: [RollPlanner.Step]

    init(_ description: String, _ count: Int, _ instances: String, _ steps: [RollPlanner.Step]) {
      testDescription = description
      self.count = count
      self.instances = instances
      self.steps = steps
    }
  }

  static let cases: [Case] = [
    Case("starts all at first", 3, "", [.start(ordinal: 0), .start(ordinal: 1), .start(ordinal: 2)]),
    Case("leaves what is as wanted", 2, "0nr 1nu", []),
    Case("stops what is too much", 1, "0nr 1nr 2nu", [.stop(id: 1), .stop(id: 2)]),
    Case("stops all that left", 0, "0or 1ou", [.stop(id: 0), .stop(id: 1)]),
    Case("does not stop twice", 0, "0os", []),
    Case("starts the new one beside the old", 2, "0or 1or", [.start(ordinal: 0)]),
    Case("waits for the new one", 2, "0or 1or 0nu", []),
    Case("then stops the old one and goes on", 2, "0or 1or 0nr", [.stop(id: 0), .start(ordinal: 1)]),
    Case("ends the roll", 2, "0nr 1or 1nr", [.stop(id: 1)]),
    Case("stops first where the port is needed", 1, "0orp", [.stop(id: 0)]),
    Case("waits for the port", 1, "0osp", []),
    Case("does not wait for another port", 1, "0os", [.start(ordinal: 0)]),
    Case("touches no other while one is between two lives", 2, "0osp 1or", []),
    Case("replaces what does not work at once", 2, "0ou 1or", [.stop(id: 0)]),
    Case("drops a failed attempt and keeps the one that works", 1, "0or 0ou", [.stop(id: 1)]),
    Case("goes back to what still runs", 1, "0nr 0ou", [.stop(id: 1)]),
    Case("scales up before it rolls", 2, "0or", [.start(ordinal: 1)]),
    Case("takes a count below zero for none", -1, "0nr", [.stop(id: 0)]),
  ]

  @Test(arguments: cases) func decides(expected: Case) {
    #expect(RollPlanner.steps(wanted: expected.count, of: Self.instances(expected.instances)) == expected.steps)
  }

  @Test func isHeldByWhatDoesNotBecomeReady() {
    var instances = Self.instances("0or 1or 0nu")
    #expect(RollPlanner.held(wanted: 2, instances) == nil)
    instances[2].age = .seconds(60)
    #expect(
      RollPlanner.held(wanted: 2, instances)
        == "the new instance 0 does not become ready; 2 of the earlier version kept running")
    instances[2].age = .zero
    instances[2].restarts = 3
    #expect(RollPlanner.held(wanted: 2, instances) != nil)
    instances[2].isReady = true
    #expect(RollPlanner.held(wanted: 2, instances) == nil)
  }

  /// Whatever becomes ready in whatever order, a roll ends with all new, and never has fewer ready than wanted less one.
  @Test(arguments: [false, true]) func endsWithEverythingNew(blocking: Bool) {
    var instances = Self.instances(blocking ? "0orp 1orp 2orp" : "0or 1or 2or")
    var next = 10
    for _ in 0..<40 {
      for step in RollPlanner.steps(wanted: 3, of: instances) {
        switch step {
        case .start(let ordinal):
          instances.append(
            RollPlanner.Instance(
              id: next, ordinal: ordinal, isCurrent: true, isReady: false, isStopping: false,
              blocksSuccessor: blocking, restarts: 0, age: .zero))
          next += 1
        case .stop(let id):
          for index in instances.indices where instances[index].id == id { instances[index].isStopping = true }
        }
      }
      #expect(instances.filter { $0.isReady && !$0.isStopping }.count >= 2)
      if let gone = instances.firstIndex(where: \.isStopping) {
        instances.remove(at: gone)
      } else if let new = instances.firstIndex(where: { !$0.isReady }) {
        instances[new].isReady = true
      }
    }
    #expect(instances.map(\.ordinal).sorted() == [0, 1, 2])
    #expect(instances.allSatisfy { $0.isCurrent && $0.isReady })
  }
}
