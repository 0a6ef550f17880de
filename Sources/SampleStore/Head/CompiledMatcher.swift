import FleetModel

/// A label matcher as what it does to the index: it names labels, and either only series with one of them pass, or only
/// series with none of them. A series that lacks the label has the empty value; the second form is for matchers which
/// accept that.
struct CompiledMatcher: Sendable {
  enum Labels: Sendable {
    /// Those with one of these values; none of them is empty.
    case values([String])
    /// Those that the pattern accepts or, inverted, does not.
    case pattern(LabelPattern, inverted: Bool)
    case all
  }

  let name: [UInt8]
  let labels: Labels
  /// Series with one of the labels pass; otherwise series with none of them.
  let isInclusive: Bool

  static func compile(_ matchers: [LabelMatcher]) throws(InvalidMatcher) -> [CompiledMatcher] {
    var compiled: [CompiledMatcher] = []
    for matcher in matchers { if let matcher = try compile(matcher) { compiled.append(matcher) } }
    return compiled
  }

  /// Whether a series passes whose label has this value; `nil` if it lacks the label.
  func accepts(_ value: UnsafeBufferPointer<UInt8>?) -> Bool {
    guard let value else { return !isInclusive }
    return names(value) == isInclusive
  }

  private func names(_ value: UnsafeBufferPointer<UInt8>) -> Bool {
    switch labels {
    case .all: true
    case .values(let values): values.contains { $0.utf8.elementsEqual(value) }
    case .pattern(let pattern, let inverted): pattern.matches(utf8: value) != inverted
    }
  }

  /// - Returns: `nil` for a matcher that every series matches.
  /// - Throws: ``InvalidMatcher``
  static func compile(_ matcher: LabelMatcher) throws(InvalidMatcher) -> CompiledMatcher? {
    let name = Array(matcher.name.utf8)
    switch matcher.operation {
    case .equal where matcher.value.isEmpty: return CompiledMatcher(name: name, labels: .all, isInclusive: false)
    case .notEqual where matcher.value.isEmpty: return CompiledMatcher(name: name, labels: .all, isInclusive: true)
    case .equal: return CompiledMatcher(name: name, labels: .values([matcher.value]), isInclusive: true)
    case .notEqual: return CompiledMatcher(name: name, labels: .values([matcher.value]), isInclusive: false)
    case .matches, .matchesNot:
      let pattern: LabelPattern
      do throws(PatternError) { pattern = try LabelPattern(matcher.value) } catch {
        throw InvalidMatcher(matcher: matcher, problem: error.description)
      }
      return compile(name, pattern, isPositive: matcher.operation == .matches)
    }
  }

  private static func compile(_ name: [UInt8], _ pattern: LabelPattern, isPositive: Bool) -> CompiledMatcher? {
    // Does a series without the label match?
    let takesAbsent = pattern.matchesEmpty == isPositive
    // Which labels to name: those that match where they let a series in, those that do not where they keep it out.
    let accepted = isPositive != takesAbsent
    if pattern.matchesEverything, !accepted {
      return isPositive ? nil : CompiledMatcher(name: name, labels: .values([]), isInclusive: true)
    }
    let labels: Labels
    if accepted, let values = pattern.exactValues {
      labels = .values(values.filter { !$0.isEmpty })
    } else {
      labels = .pattern(pattern, inverted: !accepted)
    }
    return CompiledMatcher(name: name, labels: labels, isInclusive: !takesAbsent)
  }
}

/// A set of pair numbers.
struct PairSet: Sendable {
  private var first: UInt32 = 0
  private var bits: [UInt64] = []

  /// - Parameter numbers: rising.
  init(_ numbers: [UInt32]) {
    guard let low = numbers.first, let high = numbers.last else { return }
    first = low
    bits = [UInt64](repeating: 0, count: Int(high - low) / 64 + 1)
    for number in numbers { bits[Int(number - low) >> 6] |= 1 << UInt64((number - low) & 63) }
  }

  func contains(_ number: UInt32) -> Bool {
    guard number >= first else { return false }
    let offset = Int(number - first)
    return offset >> 6 < bits.count && bits[offset >> 6] >> UInt64(offset & 63) & 1 == 1
  }
}
