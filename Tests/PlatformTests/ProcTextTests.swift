import SystemPackage
import TestSupport
import Testing

@testable import Platform

@Suite struct ProcTextTests {
  static let rest = "S 1 2 3 4 5 6 7 8 9 10 300 200 1 2 20 0 4 0 98765 1000000 2500 18446744073709551615 1"

  @Test(arguments: [
    "planner", "my agent", "a) S 1 (b", "((", "))", ") R 9 9 9", "line\nend", "", "(sd-pam)", "tab\there", "日本",
  ])
  func findsTheFieldsBehindAnyName(name: String) {
    let text = Array("4711 (\(name)) \(Self.rest)\n".utf8)
    let expected = ProcText.ProcessStatistics(
      state: UInt8(ascii: "S"), ticks: 500, startTicks: 98_765, residentPages: 2_500)
    #expect(text.withUnsafeBytes { ProcText.statistics($0) } == expected)
  }

  @Test(arguments: [
    "", "(", ")", "1 (a)", "1 (a) ", "1 (a) S", "1 (a) S 1 2 3", "1 (a) S 1 2 3 4 5 6 7 8 9 10 x y 1 1 1 1 1 1 5 1 1",
    "1 (a) S 1 2 3 4 5 6 7 8 9 10 99999999999999999999 1 1 1 1 1 1 1 5 1 1",
    "1 (a) S 1 2 3 4 5 6 7 8 9 10 18446744073709551615 18446744073709551615 1 1 1 1 1 1 5 1 1",
    "no parenthesis at all",
  ])
  func refusesWhatIsNoStatistics(text: String) {
    #expect(Array(text.utf8).withUnsafeBytes { ProcText.statistics($0) } == nil)
  }

  @Test func survivesGarbage() {
    let random = SeededRandom(seed: 7)
    let alphabet = Array("0123456789 ()\n:cpulo-MemTotal:\u{0}9".utf8)
    for _ in 0..<20_000 {
      let bytes = (0..<Int(random.next() % 120)).map { _ in alphabet[Int(random.next() % UInt64(alphabet.count))] }
      bytes.withUnsafeBytes { bytes in
        _ = ProcText.statistics(bytes)
        _ = ProcText.cpus(bytes)
        _ = ProcText.memory(bytes)
        _ = ProcText.network(bytes)
        _ = ControlGroups(root: "/nonexistent").limits(membership: bytes)
      }
    }
  }

  @Test func sumsNetworksButLoopback() {
    let text = """
      Inter-|   Receive                                                |  Transmit
       face |bytes    packets errs drop fifo frame compressed multicast|bytes    packets errs drop fifo colls carrier compressed
          lo: 999 9 0 0 0 0 0 0 999 9 0 0 0 0 0 0
        eth0: 100 1 0 0 0 0 0 0 20 1 0 0 0 0 0 0
       wlan0:3000 1 0 0 0 0 0 0 400 1 0 0 0 0 0 0
        bad0: x
      """
    let usage = Array(text.utf8).withUnsafeBytes { ProcText.network($0) }
    #expect(usage == NetworkUsage(bytesReceived: 3_100, bytesSent: 420))
  }
}
