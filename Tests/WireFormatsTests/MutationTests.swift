import FleetModel
import TestSupport
import Testing

@testable import WireFormats

/// Bytes of good and bad bodies changed at random: nothing crashes, and the fast parser says what the complete one says.
@Suite struct MutationTests {
  private static let json = [
    #"{"metrics":[{"name":"a","type":"counter","value":1,"labels":{"x":"1"}},{"name":"b","value":-2.5e3}]}"#,
    #"{"v":{"a":[1,{"b":null}]},"metrics":[{"value":"NaN","name":"\u00e9\ud83d\ude00","more":[[]]}],"z":true}"#,
    #"{"metrics":[]}"#,
  ].map { Array($0.utf8) }

  private static let seeds: [(body: [UInt8], format: ExpositionFormat)] =
    json.map { ($0, .agentJSON) } + Corpus.cases.filter { $0.body.count < 4000 }.map { ($0.body, $0.format) } + [
      (Array("# TYPE h histogram\nh_bucket{le=\"1\"} 4\nh_sum 1.5 77\n".utf8), .prometheusText),
      (Array("# TYPE c counter\n# UNIT c_s s\nc_total{a=\"b\"} 4 1.5 # {t=\"x\"} 1 2\n# EOF\n".utf8), .openMetrics),
    ]

  @Test(arguments: 0..<8)
  func nothingBreaks(round: UInt64) {
    let random = SeededRandom(seed: round + 1)
    func pick(_ bound: Int) -> Int { Int(random.next() % UInt64(max(1, bound))) }
    let alphabet = Array("{}[]\"\\,=# \n\t:0129.eE+-_\0\u{fffd}aNIT".utf8) + [0xff, 0xc3]
    for _ in 0..<600 {
      let (original, format) = Self.seeds[pick(Self.seeds.count)]
      var checker = AgreementChecker()
      var body = original
      checker.check(body, format)
      for _ in 0..<(1 + pick(4)) {
        switch pick(5) {
        case 0 where !body.isEmpty: body[pick(body.count)] = alphabet[pick(alphabet.count)]
        case 1: body.insert(alphabet[pick(alphabet.count)], at: pick(body.count + 1))
        case 2 where !body.isEmpty: body.remove(at: pick(body.count))
        case 3 where !body.isEmpty:
          let start = pick(body.count)
          let piece = body[start..<min(body.count, start + 1 + pick(40))]
          body.insert(contentsOf: piece, at: pick(body.count + 1))
        default: body.removeLast(min(body.count, pick(6)))
        }
        checker.check(body, format)
      }
      // A memory of another body must not show through.
      checker.check(original, format)
    }
  }
}
