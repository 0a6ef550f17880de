import FleetModel
import TestSupport
import Testing

@testable import WireFormats

/// Bodies that follow one another, and bodies that were damaged on the way: the parser with its memory says what a reading without
/// one says, and nothing crashes.
@Suite("metric families, one body after the other") struct MetricFamilySequenceTests {
  private static func value(_ type: UInt64, _ random: SeededRandom) -> MetricFamilyBytes.Value {
    func number() -> Double { Double(random.next() % 1000) / 8 }
    func exemplar() -> MetricFamilyBytes.Exemplar? {
      random.next() % 4 == 0
        ? .init([("trace_id", "\(random.next() % 99)")], number(), at: Int64(random.next() % 9999)) : nil
    }
    let buckets = (0..<Int(random.next() % 3)).map {
      (bound: Double($0) / 2, count: random.next() % 50, exemplar: exemplar())
    }
    switch type {
    case 0: return .counter(number(), exemplar())
    case 1: return .gauge(number())
    case 2: return .summary(count: random.next() % 9, sum: number(), quantiles: [(0.5, number()), (0.9, number())])
    case 3: return .untyped(number())
    default:
      guard random.next() % 2 == 0 else { return .classic(count: random.next() % 99, sum: number(), buckets: buckets) }
      var histogram = NativeHistogram()
      histogram.schema = Int8(random.next() % 4)
      histogram.zeroThreshold = 0.001
      histogram.count = Double(random.next() % 500)
      histogram.sum = number()
      histogram.positiveSpans = [.init(offset: Int32(random.next() % 9) - 4, length: 3)]
      histogram.positiveBuckets = (0..<3).map { _ in Double(random.next() % 9) }
      return .native(
        histogram, isFloat: random.next() % 2 == 0, exemplars: exemplar().map { [$0] } ?? [], buckets: buckets)
    }
  }

  private static func families(_ random: SeededRandom) -> [MetricFamilyBytes] {
    (0..<Int(random.next() % 7)).map { _ in
      let type = random.next() % 6
      var metrics: [MetricFamilyBytes.Metric] = []
      for index in 0..<random.next() % 4 {
        metrics.append(
          .init(
            [("l", "\(index)"), ("m", "\(random.next() % 2)")], value(type, random),
            at: random.next() % 5 == 0 ? Int64(random.next() % 99) : nil, isScattered: random.next() % 5 == 0))
      }
      // Names seldom change their type.
      let name = "n\(type)_\(random.next() % 3)" + (random.next() % 20 == 0 ? "" : "_x")
      return MetricFamilyBytes(name, type: type, help: random.next() % 9 == 0 ? "h" : "", metrics)
    }
  }

  @Test(arguments: 0..<6)
  func memoryDoesNotShow(seed: UInt64) {
    let random = SeededRandom(seed: seed + 1)
    var checker = AgreementChecker()
    var families: [MetricFamilyBytes] = []
    for _ in 0..<300 {
      switch random.next() % 6 {
      case 0: families = Self.families(random)
      case 1 where !families.isEmpty: families.remove(at: Int(random.next() % UInt64(families.count)))
      case 2: families += Self.families(random).prefix(1)
      case 3: families.reverse()
      default: break
      }
      checker.check(MetricFamilyBytes.body(families), .prometheusProtobuf, refuse: random.next() % 8 == 0)
    }
  }

  @Test(arguments: 0..<8)
  func damagedBodiesBreakNothing(round: UInt64) {
    let random = SeededRandom(seed: round + 77)
    func pick(_ bound: Int) -> Int { Int(random.next() % UInt64(max(1, bound))) }
    for _ in 0..<250 {
      let original = MetricFamilyBytes.body(Self.families(random))
      var checker = AgreementChecker()
      var body = original
      checker.check(body, .prometheusProtobuf)
      for _ in 0..<(1 + pick(4)) {
        switch pick(5) {
        case 0 where !body.isEmpty: body[pick(body.count)] ^= 1 << UInt8(pick(8))
        case 1: body.insert(UInt8(truncatingIfNeeded: random.next()), at: pick(body.count + 1))
        case 2 where !body.isEmpty: body.remove(at: pick(body.count))
        case 3 where !body.isEmpty: body[pick(body.count)] = [0, 0x7f, 0x80, 0xff][pick(4)]
        default: body.removeLast(min(body.count, pick(12)))
        }
        checker.check(body, .prometheusProtobuf)
      }
      checker.check(original, .prometheusProtobuf)
    }
  }

  @Test func everyPrefixIsTakenOrRefused() {
    let random = SeededRandom(seed: 5)
    let body = MetricFamilyBytes.body(Self.families(random) + Self.families(random))
    var checker = AgreementChecker()
    for length in 0...body.count { checker.check(Array(body[..<length]), .prometheusProtobuf) }
    #expect(checker.parsed == body.count + 1)
  }
}
