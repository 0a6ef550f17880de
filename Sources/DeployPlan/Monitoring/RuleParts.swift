import FleetModel

/// Rule groups in parts that a cluster takes.
///
/// The Prometheus Operator puts each PrometheusRule into a ConfigMap as one file, of at most 512 KiB
/// (`pkg/prometheus/rules.go`), and one that is larger keeps the rules of everybody from being synced.
enum RuleParts {
  /// In bytes of YAML. Half of what is taken: others write the same tree with other indentation.
  static let maximumSize = 256 << 10

  /// A group stays whole if it can: its rules are evaluated one after the other. One that is too large for a part goes on in a
  /// group of its own, whose rules see what is recorded before them one evaluation later. O(size).
  static func split(_ groups: [RuleGroup], maximumSize: Int = maximumSize) -> [[RuleGroup]] {
    var parts: [[RuleGroup]] = [[]]
    var used = 0
    var names = Set(groups.map(\.name))
    func begin() {
      if parts.last?.isEmpty == false { parts.append([]) }
      used = 0
    }
    for group in groups {
      let sizes = group.rules.map(size)
      let whole = sizes.reduce(0, +)
      if used + whole > maximumSize { begin() }
      if whole <= maximumSize {
        parts[parts.count - 1].append(group)
        used += whole
        continue
      }
      var part = group
      part.rules = []
      var number = 1
      for (rule, size) in zip(group.rules, sizes) {
        if used + size > maximumSize, !part.rules.isEmpty {
          parts[parts.count - 1].append(part)
          begin()
          part.rules = []
          repeat {
            number += 1
            part.name = "\(group.name) (\(number))"
          } while !names.insert(part.name).inserted
        }
        part.rules.append(rule)
        used += size
      }
      parts[parts.count - 1].append(part)
    }
    return parts
  }

  /// With the indentation that it has in a group.
  private static func size(of rule: ExpressionRule) -> Int {
    let text = CanonicalYAML.text(of: rule.tree).utf8
    return text.count + 10 * text.count { $0 == UInt8(ascii: "\n") }
  }
}
