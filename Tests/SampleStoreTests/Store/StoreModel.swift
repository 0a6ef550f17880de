import FleetModel
import TestSupport

@testable import SampleStore

/// What a store may and must hold, as plainly as can be said.
///
/// Of each time of a series it knows what was offered, in the order in which the store took it. What the store took is
/// certain; what it refused for want of a disk may be there. What was not synced is no longer certain once the power was
/// lost. Of two values for one time the older counts.
struct StoreModel {
  struct Offer: Equatable {
    var bits: UInt64
    var isCertain: Bool
    var isSynced = false
  }

  typealias Times = [Int64: [Offer]]

  private(set) var series: [LabelSet: Times] = [:]
  /// Everything ever offered: what is read from a damaged disk must at least be among it.
  private var ever: [LabelSet: [Int64: Set<UInt64>]] = [:]
  /// Deletions that failed: a restart may complete them.
  private var unfinished: [(matcher: LabelMatcher, range: ClosedRange<Int64>)] = []
  /// What they meant: it may still go, whenever the store comes to it.
  private var doomed: [LabelSet: Set<Int64>] = [:]

  // MARK: What is done to the store

  mutating func offer(_ value: Double, at time: Int64, to labels: LabelSet, taken: Bool) {
    ever[labels, default: [:]][time, default: []].insert(value.bitPattern)
    let offers = series[labels]?[time] ?? []
    if let same = offers.firstIndex(where: { $0.bits == value.bitPattern }) {
      if taken, !offers.contains(where: \.isCertain) { series[labels]?[time]?[same].isCertain = true }
      return
    }
    series[labels, default: [:]][time, default: []].append(Offer(bits: value.bitPattern, isCertain: taken))
  }

  mutating func synced() { change { if $0.isCertain { $0.isSynced = true } } }

  mutating func delete(_ matcher: LabelMatcher, _ range: ClosedRange<Int64>, done: Bool) {
    for (labels, times) in series where Self.matches(matcher, labels) {
      for time in times.keys where range.contains(time) {
        if done {
          series[labels]?[time] = nil
        } else {
          blur(labels, time)
          doomed[labels, default: []].insert(time)
        }
      }
    }
    if done { doomed = [:] } else { unfinished.append((matcher, range)) }
  }

  mutating func expire(before cutoff: Int64) {
    for (labels, times) in series { for time in times.keys where time < cutoff { blur(labels, time) } }
  }

  /// - Parameter lost: whether what was not synced may be gone.
  mutating func restart(losingUnsynced lost: Bool) {
    if lost { change { if !$0.isSynced { $0.isCertain = false } } }
    for (matcher, range) in unfinished {
      for (labels, times) in series where Self.matches(matcher, labels) {
        for time in times.keys where range.contains(time) { blur(labels, time) }
      }
    }
    unfinished = []
  }

  private mutating func change(_ body: (inout Offer) -> Void) {
    for labels in series.keys {
      for time in (series[labels] ?? [:]).keys {
        for index in (series[labels]?[time] ?? []).indices { series[labels]?[time]?[index].apply(body) }
      }
    }
  }

  private mutating func blur(_ labels: LabelSet, _ time: Int64) {
    for index in (series[labels]?[time] ?? []).indices { series[labels]?[time]?[index].isCertain = false }
  }

  static func matches(_ matcher: LabelMatcher, _ labels: LabelSet) -> Bool {
    let value = labels[matcher.name] ?? ""
    return switch matcher.operation {
    case .equal: value == matcher.value
    case .notEqual: value != matcher.value
    case .matches: (try? LabelPattern(matcher.value))?.matches(value) ?? false
    case .matchesNot: !((try? LabelPattern(matcher.value))?.matches(value) ?? true)
    }
  }

  // MARK: What it answers

  /// What is wrong with an answer; `nil` if nothing is.
  func flaw(in answer: [SelectedSeries], to matchers: [LabelMatcher], _ range: ClosedRange<Int64>) -> String? {
    for (one, other) in zip(answer, answer.dropFirst()) where !LabelSet.precedes(one.labels, other.labels) {
      return "\(one.labels) comes before \(other.labels)"
    }
    var found: [LabelSet: [Int64: UInt64]] = [:]
    for series in answer {
      if series.samples.count == 0 { return "\(series.labels) is there without samples" }
      if let flaw = Self.flaw(inOrderOf: series) { return flaw }
      found[series.labels] = Dictionary(
        uniqueKeysWithValues: zip(series.samples.timestamps, series.samples.values.map(\.bitPattern)))
    }
    for (labels, times) in found {
      if let matcher = matchers.first(where: { !Self.matches($0, labels) }) {
        return "\(labels) does not match \(matcher)"
      }
      for (time, bits) in times {
        if !range.contains(time) { return "\(labels) at \(time) is outside the range" }
        if !Self.allows(series[labels]?[time] ?? [], bits) {
          return "\(labels) at \(time) is \(Double(bitPattern: bits)), which cannot be: \(series[labels]?[time] ?? [])"
        }
      }
    }
    for (labels, times) in series where matchers.allSatisfy({ Self.matches($0, labels) }) {
      for (time, offers) in times where range.contains(time) && found[labels]?[time] == nil {
        if offers.contains(where: \.isCertain) { return "\(labels) at \(time) is missing: \(offers)" }
      }
    }
    return nil
  }

  private static func flaw(inOrderOf series: SelectedSeries) -> String? {
    let times = series.samples.timestamps
    for (earlier, later) in zip(times, times.dropFirst()) where earlier >= later {
      return "times of \(series.labels) do not rise: \(earlier), \(later)"
    }
    return nil
  }

  /// The first certain one, or an uncertain one before it.
  private static func allows(_ offers: [Offer], _ bits: UInt64) -> Bool {
    for offer in offers {
      if offer.bits == bits { return true }
      if offer.isCertain { return false }
    }
    return false
  }

  /// What is wrong with an answer from a damaged disk.
  func flawAfterDamage(in answer: [SelectedSeries]) -> String? {
    for series in answer {
      if let flaw = Self.flaw(inOrderOf: series) { return flaw }
      for (time, value) in zip(series.samples.timestamps, series.samples.values)
      where ever[series.labels]?[time]?.contains(value.bitPattern) != true {
        return "\(series.labels) at \(time) is \(value), which never was"
      }
    }
    return nil
  }

  /// Takes an answer to everything, after a restart, for what is.
  mutating func settle(_ answer: [SelectedSeries], isDurable: Bool) {
    var settled: [LabelSet: Times] = [:]
    for found in answer {
      for (time, value) in zip(found.samples.timestamps, found.samples.values) {
        let offers = series[found.labels]?[time] ?? []
        let place = offers.firstIndex { $0.bits == value.bitPattern } ?? 0
        var rest = offers.isEmpty ? [Offer(bits: value.bitPattern, isCertain: true)] : Array(offers[place...])
        rest[0].isCertain = doomed[found.labels]?.contains(time) != true
        if isDurable { rest[0].isSynced = true }
        settled[found.labels, default: [:]][time] = rest
      }
    }
    series = settled
  }
}

extension StoreModel.Offer {
  fileprivate mutating func apply(_ body: (inout Self) -> Void) { body(&self) }
}
