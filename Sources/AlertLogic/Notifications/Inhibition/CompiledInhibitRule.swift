import FleetModel

/// An inhibition rule, its regular expressions compiled.
struct CompiledInhibitRule: Sendable {
  let source: MatcherList
  let target: MatcherList
  /// Sorted, none twice.
  let equal: [String]

  init(_ rule: InhibitRule, path: String) throws(PolicyError) {
    source = try MatcherList(rule.sourceMatchers, path: "\(path).source_matchers")
    target = try MatcherList(rule.targetMatchers, path: "\(path).target_matchers")
    equal = Array(Set(rule.equal)).sorted()
  }
}
