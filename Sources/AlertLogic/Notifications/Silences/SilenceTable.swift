import FleetModel

/// The silences, numbered as they come, and an index from label values to those that ask for exactly them: an alert is held
/// against the few silences that may match, and once against each.
struct SilenceTable: Sendable {
  struct Entry: Sendable {
    var silence: Silence
    /// Never used again; alerts remember the numbers of the silences that match them.
    let number: UInt32
    fileprivate let tests: [MatcherTest]
  }

  /// By number, rising.
  private(set) var entries: [Entry] = []
  private var numbers: [String: UInt32] = [:]
  private var last: UInt32 = 0
  /// By a hash of a label's bytes, rising.
  private var byLabel: [UInt64: [UInt32]] = [:]
  /// Those that ask for no exact value.
  private var others: [UInt32] = []

  /// How long an expired silence is remembered (Alertmanager's `--data.retention`).
  static let retention: Duration = .seconds(120 * 3600)

  var latest: UInt32 { last }
  var count: Int { entries.count }

  subscript(id: String) -> Silence? { numbers[id].flatMap(entry)?.silence }

  func silence(number: UInt32) -> Silence? { entry(number)?.silence }

  private func entry(_ number: UInt32) -> Entry? { index(of: number).map { entries[$0] } }

  private func index(of number: UInt32) -> Int? {
    var low = 0
    var high = entries.count
    while low < high {
      let middle = (low + high) / 2
      if entries[middle].number < number { low = middle + 1 } else { high = middle }
    }
    return low < entries.count && entries[low].number == number ? low : nil
  }

  /// Puts a silence that is as it shall be; one with the same id and matchers is changed in place.
  mutating func put(_ silence: Silence) throws(SilenceError) {
    if let number = numbers[silence.id], let index = index(of: number),
      entries[index].silence.matchers == silence.matchers
    {
      entries[index].silence = silence
      return
    }
    let tests = try Self.compile(silence.matchers)
    remove(silence.id)
    last += 1
    entries.append(Entry(silence: silence, number: last, tests: tests))
    numbers[silence.id] = last
    if let labels = smallestBuckets(silence.matchers, tests) {
      for label in labels { byLabel[label, default: []].append(last) }
    } else {
      others.append(last)
    }
  }

  static func compile(_ matchers: [LabelMatcher]) throws(SilenceError) -> [MatcherTest] {
    var tests: [MatcherTest] = []
    for matcher in matchers {
      do throws(InvalidMatcher) { tests.append(try MatcherTest(matcher)) } catch {
        throw .invalidMatcher(matcher, problem: "\(error)")
      }
    }
    return tests
  }

  private mutating func remove(_ id: String) {
    guard let number = numbers.removeValue(forKey: id), let index = index(of: number) else { return }
    let gone = entries.remove(at: index)
    others.removeAll { $0 == number }
    for (matcher, test) in zip(gone.silence.matchers, gone.tests) {
      for label in Self.hashes(matcher, test) ?? [] {
        byLabel[label]?.removeAll { $0 == number }
        if byLabel[label]?.isEmpty == true { byLabel[label] = nil }
      }
    }
  }

  /// Forgets those that expired ``retention`` ago and gives their ids. O(silences).
  mutating func removeForgotten(at now: Timestamp) -> [String] {
    let forgotten = entries.filter { $0.silence.endsAt + Self.retention <= now }
    guard !forgotten.isEmpty else { return [] }
    let gone = Set(forgotten.map(\.number))
    entries.removeAll { gone.contains($0.number) }
    others.removeAll(where: gone.contains)
    var labels: Set<UInt64> = []
    for entry in forgotten {
      numbers[entry.silence.id] = nil
      for (matcher, test) in zip(entry.silence.matchers, entry.tests) {
        labels.formUnion(Self.hashes(matcher, test) ?? [])
      }
    }
    for label in labels {
      byLabel[label]?.removeAll(where: gone.contains)
      if byLabel[label]?.isEmpty == true { byLabel[label] = nil }
    }
    return forgotten.map(\.silence.id)
  }

  /// Appends to `found` the numbers, rising, of the silences after number `seen` that match `labels` and have not expired.
  /// O(labels + candidates).
  func matches(_ labels: LabelSet, after seen: UInt32, at now: Timestamp, to found: inout [UInt32]) {
    guard seen < last else { return }
    var candidates = Self.after(seen, others)
    labels.encoded.withUnsafeBufferPointer { bytes in
      var position = 0
      while let label = LabelSpan.next(in: bytes, at: &position) {
        guard let bucket = byLabel[Self.hash(bytes[label.name], bytes[label.value])] else { continue }
        candidates += Self.after(seen, bucket)
      }
    }
    if candidates.count > 1 { candidates.sort() }
    var previous: UInt32 = 0
    for number in candidates where number != previous {
      previous = number
      guard let entry = entry(number), entry.silence.state(at: now) != .expired else { continue }
      if entry.tests.allSatisfy({ $0.accepts(labels) }) { found.append(number) }
    }
  }

  private static func after(_ seen: UInt32, _ rising: [UInt32]) -> ArraySlice<UInt32> {
    guard let last = rising.last, last > seen else { return [] }
    var start = rising.endIndex
    while start > rising.startIndex, rising[start - 1] > seen { start -= 1 }
    return rising[start...]
  }

  /// The buckets of that matcher whose buckets hold least; `nil` where none asks for exact values.
  private func smallestBuckets(_ matchers: [LabelMatcher], _ tests: [MatcherTest]) -> [UInt64]? {
    zip(matchers, tests).compactMap(Self.hashes)
      .min { held($0) < held($1) }
  }

  private func held(_ labels: [UInt64]) -> Int { labels.reduce(0) { $0 + (byLabel[$1]?.count ?? 0) } }

  /// One for each value that the matcher takes; `nil` where it takes the empty one, that is no label, or cannot say.
  private static func hashes(_ matcher: LabelMatcher, _ test: MatcherTest) -> [UInt64]? {
    guard let values = test.exactValues, !values.isEmpty, !values.contains("") else { return nil }
    return Set(values).map { hash(matcher.name.utf8, $0.utf8) }
  }

  /// Silences whose hashes collide are told apart by their matchers.
  private static func hash(_ name: some Sequence<UInt8>, _ value: some Sequence<UInt8>) -> UInt64 {
    var hash = StableHash()
    for byte in name { hash.add(byte: byte) }
    hash.add(byte: 255)
    for byte in value { hash.add(byte: byte) }
    return hash.value
  }
}
