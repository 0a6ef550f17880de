import FleetModel
import Testing

@Suite struct PrometheusDurationTests {
  @Test(
    arguments: [
      ("0", 0), ("0s", 0), ("1ms", 1), ("30s", 30_000), ("5m", 300_000), ("1h30m", 5_400_000), ("15d", 1_296_000_000),
      ("1w", 604_800_000), ("1y", 31_536_000_000), ("1y2w3d4h5m6s7ms", 33_019_506_007), ("007s", 7000), ("90s", 90_000),
      ("1h1ms", 3_600_001),
    ] as [(String, Int64)])
  func parsed(text: String, milliseconds: Int64) throws {
    #expect(try #require(PrometheusDuration.parse(text)) == .milliseconds(milliseconds))
  }

  @Test(arguments: [
    "", " ", "30", "00", "-1s", "+1s", "1.5h", "1m1h", "1s1s", "1 s", "s", "1S", "1mo", "1sm", "1h ", "１s", "1µs",
    "0x1s",
    "9223372036854775807y", "99999999999999999999s", "300y", "1ms1s",
  ])
  func refused(text: String) { #expect(PrometheusDuration.parse(text) == nil) }

  @Test(
    arguments: [
      (0, "0s"), (1, "1ms"), (30_000, "30s"), (60_000, "1m"), (5_400_000, "1h30m"), (1_296_000_000, "15d"),
      (604_800_000, "1w"), (31_536_000_000, "1y"), (691_200_000, "8d"), (3_600_001, "1h1ms"), (-90_000, "-1m30s"),
    ] as [(Int64, String)])
  func formatted(milliseconds: Int64, text: String) {
    #expect(PrometheusDuration.format(.milliseconds(milliseconds)) == text)
  }

  /// What is written is read back, for lengths spread over all magnitudes.
  @Test func roundTrip() throws {
    var length: Int64 = 1
    while length < Int64.max / 1_000_000 / 3 {
      for milliseconds in [length - 1, length, length + 1, length * 2 + 7] {
        let text = PrometheusDuration.format(.milliseconds(milliseconds))
        #expect(PrometheusDuration.parse(text) == .milliseconds(milliseconds), "\(text)")
      }
      length = length * 7 / 3 + 1
    }
  }
}
