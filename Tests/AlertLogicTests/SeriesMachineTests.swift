import AlertLogic
import FleetModel
import Testing

/// One line of a machine's life: at this second this happens, and that is what it says.
struct MachineStep: Sendable {
  enum Input: Sendable {
    case value(Double)
    /// A sample that was taken at another second than it arrives.
    case late(Double, takenAt: Double)
    case stale
    case time
    case unwatched
  }

  var second: Double
  var input: Input
  var expected: AlertTransition?

  init(_ second: Double, _ input: Input, _ expected: AlertTransition? = nil) {
    self.second = second
    self.input = input
    self.expected = expected
  }
}

struct MachineScript: Sendable, CustomTestStringConvertible {
  var name: String
  var terms: SeriesTerms
  var isCounter = false
  var steps: [MachineStep]

  init(_ name: String, _ terms: SeriesTerms, isCounter: Bool = false, _ steps: [MachineStep]) {
    self.name = name
    self.terms = terms
    self.isCounter = isCounter
    self.steps = steps
  }

  var testDescription: String { name }
}

func second(_ value: Double) -> Timestamp { Timestamp(milliseconds: Int64((value * 1000).rounded())) }

private let above80 = SeriesTerms(.value, .greater, 80)
private let held = SeriesTerms(.value, .greater, 80, holding: HoldTerms(hold: .seconds(60)))
private let kept = SeriesTerms(.value, .greater, 80, holding: HoldTerms(keepFiringFor: .seconds(30)))
private func rate(_ comparison: Comparison, _ bound: Double) -> SeriesTerms { SeriesTerms(.rate, comparison, bound) }

private let scripts: [MachineScript] = [
  MachineScript(
    "fires above, not at, the threshold; once; resolves", above80,
    [
      MachineStep(0, .value(80)), MachineStep(1, .value(80.1), .fired), MachineStep(2, .value(99), .continued),
      MachineStep(3, .value(80), .resolved), MachineStep(4, .value(10)), MachineStep(5, .value(81), .fired),
    ]),
  MachineScript(
    "the other comparisons", SeriesTerms(.value, .lessOrEqual, 1),
    [MachineStep(0, .value(1), .fired), MachineStep(1, .value(1.1), .resolved)]),
  MachineScript(
    "for: fires by time alone when the hold is over", held,
    [
      MachineStep(0, .value(90), .becamePending), MachineStep(30, .value(91)), MachineStep(59.999, .time),
      MachineStep(60, .time, .fired), MachineStep(61, .time), MachineStep(62, .value(1), .resolved),
    ]),
  MachineScript(
    "for: a break begins it anew", held,
    [
      MachineStep(0, .value(90), .becamePending), MachineStep(59, .value(80), .dropped),
      MachineStep(60, .value(90), .becamePending), MachineStep(119, .time), MachineStep(120, .value(90), .fired),
    ]),
  MachineScript(
    "keep_firing_for: outlives the condition, comes back without notice", kept,
    [
      MachineStep(0, .value(90), .fired), MachineStep(10, .value(1)), MachineStep(39, .value(1)),
      MachineStep(39.5, .value(90), .continued), MachineStep(50, .value(1)), MachineStep(79.999, .time),
      MachineStep(80, .time, .resolved),
    ]),
  MachineScript(
    "a staleness marker ends the condition", above80,
    [MachineStep(0, .value(90), .fired), MachineStep(1, .stale, .resolved), MachineStep(2, .value(90), .fired)]),
  MachineScript(
    "a staleness marker ends what is pending", held,
    [MachineStep(0, .value(90), .becamePending), MachineStep(1, .stale, .dropped), MachineStep(60, .time)]),
  MachineScript(
    "keep_firing_for applies to staleness too", kept,
    [MachineStep(0, .value(90), .fired), MachineStep(1, .stale), MachineStep(31, .time, .resolved)]),
  MachineScript(
    "NaN is above nothing", above80,
    [MachineStep(0, .value(90), .fired), MachineStep(1, .value(.nan), .resolved)]),
  MachineScript(
    "NaN differs from everything", SeriesTerms(.value, .notEqual, 0),
    [MachineStep(0, .value(.nan), .fired), MachineStep(1, .value(0), .resolved)]),
  MachineScript(
    "infinity", above80, [MachineStep(0, .value(.infinity), .fired), MachineStep(1, .value(-.infinity), .resolved)]),
  MachineScript(
    "a sample that is not newer decides nothing", above80,
    [
      MachineStep(100, .value(90), .fired), MachineStep(101, .late(1, takenAt: 100)),
      MachineStep(102, .late(1, takenAt: 50)), MachineStep(103, .late(1, takenAt: 100.001), .resolved),
    ]),
  MachineScript(
    "a marker older than the last sample decides nothing", above80,
    [MachineStep(100, .value(90), .fired), MachineStep(101, .late(StaleMarker.value, takenAt: 99))]),
  MachineScript(
    "a clock set back by more than the out-of-order window begins anew", above80,
    [
      MachineStep(10_000, .value(90), .fired), MachineStep(10_001, .late(1, takenAt: 9_400)),
      MachineStep(10_002, .late(1, takenAt: 9_000), .resolved), MachineStep(10_003, .late(90, takenAt: 9_001), .fired),
    ]),
  MachineScript(
    "silence ends the condition after the lookback", above80,
    [MachineStep(0, .value(90), .fired), MachineStep(299, .time), MachineStep(300, .time, .resolved)]),
  MachineScript(
    "a slow series may be silent for three of its intervals", above80,
    [
      MachineStep(0, .value(90), .fired), MachineStep(200, .value(90), .continued), MachineStep(500, .time),
      MachineStep(799, .time), MachineStep(800, .time, .resolved),
    ]),
  MachineScript(
    "unwatched resolves at once", kept,
    [MachineStep(0, .value(90), .fired), MachineStep(1, .unwatched, .resolved), MachineStep(2, .unwatched)]),
  MachineScript(
    "a rate needs two samples and the true time between them", rate(.greater, 1),
    [
      MachineStep(0, .value(1000)), MachineStep(10, .value(1010)), MachineStep(20, .value(1020.1), .fired),
      MachineStep(120, .value(1100), .resolved),
    ]),
  MachineScript(
    "a rate is by the samples' own times, not by their arrival", rate(.greater, 1),
    [
      MachineStep(0, .late(0, takenAt: 0)), MachineStep(1, .late(50, takenAt: 100)),
      MachineStep(2, .late(60, takenAt: 101), .fired),
    ]),
  MachineScript(
    "a counter that falls began anew at zero", rate(.greater, 1), isCounter: true,
    [
      MachineStep(0, .value(1000)), MachineStep(10, .value(10)), MachineStep(20, .value(15)),
      MachineStep(30, .value(14), .fired),
    ]),
  MachineScript(
    "a counter's rate is never negative", rate(.less, 0), isCounter: true,
    [MachineStep(0, .value(1000)), MachineStep(10, .value(0)), MachineStep(20, .value(0))]),
  MachineScript(
    "a gauge may fall", rate(.less, -1),
    [MachineStep(0, .value(1000)), MachineStep(10, .value(900), .fired), MachineStep(20, .value(900), .resolved)]),
  MachineScript(
    "a falling gauge does not rise", rate(.greater, 1),
    [MachineStep(0, .value(1000)), MachineStep(10, .value(900))]),
  MachineScript(
    "a rate over a staleness marker is over the samples on both sides", rate(.greater, 1),
    [MachineStep(0, .value(0)), MachineStep(10, .stale), MachineStep(20, .value(30), .fired)]),
  MachineScript(
    "a rate from NaN is NaN", rate(.greater, 1),
    [MachineStep(0, .value(.nan)), MachineStep(10, .value(1e9)), MachineStep(20, .value(2e9), .fired)]),
]

@Suite struct SeriesMachineTests {
  @Test(arguments: scripts) func follows(_ script: MachineScript) {
    var machine = SeriesMachine(isCounter: script.isCounter, at: second(script.steps[0].second))
    for (line, step) in script.steps.enumerated() {
      let now = second(step.second)
      let event: SeriesMachine.Event =
        switch step.input {
        case .value(let value): .sample(value, takenAt: now)
        case .late(let value, let time): .sample(value, takenAt: second(time))
        case .stale: .sample(StaleMarker.value, takenAt: now)
        case .time: .timePassed
        case .unwatched: .unwatched
        }
      #expect(machine.step(event, script.terms, at: now) == step.expected, "step \(line)")
    }
  }

  /// Extremes of outside input must not trap.
  @Test func survivesExtremes() {
    let terms = SeriesTerms(
      .rate, .greater, 0, holding: HoldTerms(hold: .seconds(Int64.max), keepFiringFor: .seconds(Int64.max)))
    for isCounter in [true, false] {
      var machine = SeriesMachine(isCounter: isCounter, at: second(0))
      for time in [Int64.min, .max, .min, 0, .max, -1, 1] {
        for value: Double in [0, .infinity, -.infinity, .nan, .greatestFiniteMagnitude, -.greatestFiniteMagnitude] {
          let taken = Timestamp(milliseconds: time)
          _ = machine.step(.sample(value, takenAt: taken), terms, at: taken)
          _ = machine.deadline(terms)
          _ = machine.step(.timePassed, terms, at: taken)
        }
      }
    }
  }

  /// Stepping at each deadline is the same as stepping every second: no moment is missed.
  @Test(arguments: 0..<200) func deadlinesMissNothing(_ seed: UInt64) {
    var random = SplitMix(seed)
    let terms = SeriesTerms(
      .value, .greater, 0.5,
      holding: HoldTerms(hold: .seconds(random.below(4) * 10), keepFiringFor: .seconds(random.below(3) * 10)),
      lookback: .seconds(60))
    let samples = (0..<400).map { _ -> Double? in
      switch random.below(6) {
      case 0: Double(random.below(2))
      case 1: random.below(10) == 0 ? StaleMarker.value : 1
      default: nil
      }
    }
    #expect(transitions(terms, samples, everySecond: true) == transitions(terms, samples, everySecond: false))
  }

  private func transitions(_ terms: SeriesTerms, _ samples: [Double?], everySecond: Bool) -> [String] {
    var machine = SeriesMachine(isCounter: false, at: second(0))
    var said: [String] = []
    func note(_ transition: AlertTransition?, _ time: Int) {
      if let transition, transition != .continued { said.append("\(time) \(transition)") }
    }
    for (time, value) in samples.enumerated() {
      let now = second(Double(time))
      let isDue = machine.deadline(terms).map { $0 <= now } ?? false
      if everySecond || isDue { note(machine.step(.timePassed, terms, at: now), time) }
      if let value { note(machine.step(.sample(value, takenAt: now), terms, at: now), time) }
    }
    return said
  }

  /// Whatever comes: a firing is followed by one resolution before the next firing, and pending never follows firing.
  @Test(arguments: 0..<300) func lifeIsInOrder(_ seed: UInt64) {
    var random = SplitMix(seed)
    let subjects: [SeriesTerms.Subject] = [.value, .rate]
    let terms = SeriesTerms(
      subjects[random.below(2)], Comparison.allCases[random.below(6)], Double(random.below(3)),
      holding: HoldTerms(hold: .seconds(random.below(3) * 15), keepFiringFor: .seconds(random.below(3) * 15)))
    var machine = SeriesMachine(isCounter: random.below(2) == 0, at: second(0))
    var now = 0.0
    var state = "inactive"
    for _ in 0..<500 {
      now += Double(random.below(100)) / 2
      let event: SeriesMachine.Event
      switch random.below(12) {
      case 0: event = .timePassed
      case 1: event = .sample(StaleMarker.value, takenAt: second(now))
      case 2: event = .sample(.nan, takenAt: second(now))
      case 3: event = .sample(1, takenAt: second(now - Double(random.below(2000))))
      case 4: event = .unwatched
      default: event = .sample(Double(random.below(5)), takenAt: second(now))
      }
      switch machine.step(event, terms, at: second(now)) {
      case nil: break
      case .becamePending:
        #expect(state == "inactive")
        state = "pending"
      case .fired:
        #expect(state == "pending" || (state == "inactive" && terms.holding.hold == .zero))
        state = "firing"
      case .continued: #expect(state == "firing")
      case .dropped:
        #expect(state == "pending")
        state = "inactive"
      case .resolved:
        #expect(state == "firing")
        state = "inactive"
      }
    }
  }
}

/// SplitMix64, as a value.
struct SplitMix {
  private var state: UInt64

  init(_ seed: UInt64) { state = seed &* 0x9E37_79B9_7F4A_7C15 }

  mutating func below(_ bound: Int) -> Int {
    state &+= 0x9E37_79B9_7F4A_7C15
    var mixed = state
    mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
    mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
    return Int((mixed ^ (mixed >> 31)) % UInt64(bound))
  }
}
