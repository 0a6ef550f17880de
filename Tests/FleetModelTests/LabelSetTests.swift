import FleetModel
import Testing

@Suite struct LabelSetTests {
  @Test func sortsDropsEmptyValuesAndKeepsTheLast() {
    let set = LabelSet([Label("z", "1"), Label("a", "x"), Label("m", ""), Label("z", "2")])
    #expect(Array(set) == [Label("a", "x"), Label("z", "2")])
    #expect(set["z"] == "2" && set["m"] == nil && set["q"] == nil)
    #expect(set == LabelSet(["a": "x", "z": "2"]))
  }

  @Test func encodesAsDocumented() {
    let long = String(repeating: "v", count: 300)
    let set = LabelSet([Label("b", long), Label("a", "1")])
    let expected: [UInt8] = [1, 97, 1, 49, 1, 98, 0xac, 2] + Array(long.utf8)
    #expect(set.encoded == expected)
    #expect(LabelSet(canonicalEncoding: expected) == set)
    #expect(LabelSet(canonicalEncoding: expected)["b"] == long)
  }

  @Test func setsAndRemoves() {
    let set = LabelSet(["__name__": "up", "a": "1"])
    #expect(set.metricName == "up" && LabelSet().metricName.isEmpty && LabelSet().isEmpty)
    #expect(set.setting("a", to: "") == LabelSet(["__name__": "up"]))
    #expect(set.setting("b", to: "2") == LabelSet(["__name__": "up", "a": "1", "b": "2"]))
    #expect(set.removing("__name__", "x") == LabelSet(["a": "1"]))
  }

  @Test func printsLikePrometheus() {
    #expect(LabelSet(["__name__": "up"]).description == "up")
    #expect(LabelSet(["__name__": "up", "a": "q\"\\\n"]).description == #"up{a="q\"\\\n"}"#)
    #expect(LabelSet(["a": "1"]).description == #"{a="1"}"#)
  }

  /// The order label by label, by name and then by value, on sets that have much or little in common.
  @Test func orderIsThatOfNamesAndValues() {
    var state: UInt64 = 7
    func next(_ bound: Int) -> Int {
      state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      return Int(state >> 33) % bound
    }
    let texts = [
      "a", "aa", "ab", "b", "long-value-0001", "long-value-0002", "long-value-00021",
      String(repeating: "x", count: 130),
    ]
    let sets = (0..<120).map { _ in
      LabelSet(
        (0..<next(5)).map { Label(["a", "agent_id", "operation", "z"][($0 + next(2)) % 4], texts[next(texts.count)]) })
    }
    func key(_ set: LabelSet) -> [[UInt8]] { set.flatMap { [Array($0.name.utf8), Array($0.value.utf8)] } }
    for left in sets {
      for right in sets {
        let expected = key(left).lexicographicallyPrecedes(key(right)) { $0.lexicographicallyPrecedes($1) }
        #expect(LabelSet.precedes(left, right) == expected, "\(left) \(right)")
      }
    }
  }
}
