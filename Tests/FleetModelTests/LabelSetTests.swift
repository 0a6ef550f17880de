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
}
