public import FleetModel

/// How alerts are named.
public enum AlertIdentity {
  /// The label of a series that names its agent.
  public static let agentLabel = "agent_id"

  /// `rule:agent:metric`, and after a further colon sixteen hexadecimal digits where the series has other labels than its
  /// metric's name and `agent_id`.
  ///
  /// `instance` is among those other labels, so two instances of one agent never share an alert. The digits are a
  /// ``StableHash`` of rule, agent, metric and the other labels: the same series gives the same id after a restart. They
  /// are also there where one of the three parts holds a colon itself, since `a:b` + `c` would else equal `a` + `b:c`.
  public static func id(rule: String, agent: String, metric: String, labels: LabelSet) -> String {
    var hash = StableHash()
    for part in [rule, agent, metric] { hash.add(delimited: part) }
    var needsHash = [rule, agent, metric].contains { $0.utf8.contains(UInt8(ascii: ":")) }
    for label in labels where label.name != agentLabel && label.name != LabelSet.metricName {
      hash.add(delimited: label.name)
      hash.add(delimited: label.value)
      needsHash = true
    }
    let stem = "\(rule):\(agent):\(metric)"
    return needsHash ? "\(stem):\(hash.hexadecimal)" : stem
  }

  /// The id of an agent's health alert.
  public static func healthID(agent: String) -> String { "agent_health:\(agent)" }

  /// The fingerprint that Alertmanager gives an alert with these labels (prometheus/common `model/signature.go`,
  /// `labelSetToFingerprint`): FNV-1a over names and values in order of the names, each followed by the byte 255.
  public static func fingerprint(of labels: [String: String]) -> String {
    var hash = StableHash()
    for (name, value) in labels.sorted(by: { $0.key.utf8.lexicographicallyPrecedes($1.key.utf8) }) {
      hash.add(name)
      hash.add(byte: 255)
      hash.add(value)
      hash.add(byte: 255)
    }
    return hash.hexadecimal
  }
}
