import FleetModel
import FoundationEssentials
import Yams

/// A Prometheus `file_sd` file
/// (<https://prometheus.io/docs/prometheus/latest/configuration/configuration/#file_sd_config>): a list of groups, each
/// with `targets` (`HOST:PORT`) and `labels`.
///
/// Of the labels, `__address__`, `__scheme__`, `__metrics_path__`, `__param_NAME`, `__scrape_interval__` and
/// `__scrape_timeout__` mean what they mean in Prometheus, `instance` replaces `HOST:PORT`, other names that begin with
/// `__` are dropped. `agent_id` names the agent; without it the agent's name is made from `job`, and without that from
/// the target: lower case, everything but letters and digits turned to `-`, at most 40 characters.
struct DiscoveryFile: Sendable {
  struct Group: Sendable {
    var targets: [String]
    var labels: [String: String]
    /// Where in the file it stands, for messages.
    var place: String
  }

  /// What is wrong with a file: the first problem, with its place.
  struct Problem: Error, Sendable, Hashable {
    var diagnostic: Diagnostic
  }

  /// The targets of a file of that name.
  static func targets(_ bytes: [UInt8], path: String) throws(Problem) -> [CollectionTarget] {
    let isJSON = path.hasSuffix(".json")
    let groups = isJSON ? try jsonGroups(bytes, path) : try yamlGroups(bytes, path)
    var targets: [CollectionTarget] = []
    for group in groups {
      for address in group.targets { targets.append(try target(address, group, path)) }
    }
    return targets
  }

  // MARK: - JSON

  private struct JSONGroup: Decodable {
    var targets: [String]
    var labels: [String: String]?
  }

  private static func jsonGroups(_ bytes: [UInt8], _ path: String) throws(Problem) -> [Group] {
    let decoded: [JSONGroup]
    do {
      decoded = try JSONDecoder().decode([JSONGroup].self, from: Data(bytes))
    } catch let error as DecodingError {
      throw problem(error, path)
    } catch {
      throw Problem(diagnostic: Diagnostic(file: path, message: "not JSON: \(error)"))
    }
    return decoded.enumerated().map { index, group in
      Group(targets: group.targets, labels: group.labels ?? [:], place: "[\(index)]")
    }
  }

  private static func problem(_ error: DecodingError, _ path: String) -> Problem {
    let context: DecodingError.Context
    let message: String
    switch error {
    case .keyNotFound(let key, let found): (context, message) = (found, "\"\(key.stringValue)\" is missing")
    case .typeMismatch(let type, let found): (context, message) = (found, "expected \(name(of: type))")
    case .valueNotFound(let type, let found): (context, message) = (found, "expected \(name(of: type)), found null")
    case .dataCorrupted(let found):
      let cause = found.underlyingError.map { ": \($0)" } ?? ""
      (context, message) = (found, found.debugDescription + cause)
    @unknown default: return Problem(diagnostic: Diagnostic(file: path, message: "\(error)"))
    }
    let place = context.codingPath.reduce("") { text, key in
      key.intValue.map { "\(text)[\($0)]" } ?? (text.isEmpty ? key.stringValue : "\(text).\(key.stringValue)")
    }
    return Problem(
      diagnostic: Diagnostic(
        file: path, path: place, message: message,
        mend: #"write [{"targets": ["HOST:PORT"], "labels": {"agent_id": "NAME"}}]"#))
  }

  private static func name(of type: any Any.Type) -> String {
    if type == String.self { return "a string" }
    return "\(type)".hasPrefix("Dictionary") ? "an object" : "a list"
  }

  // MARK: - YAML

  private static func yamlGroups(_ bytes: [UInt8], _ path: String) throws(Problem) -> [Group] {
    func refuse(_ node: Node?, _ place: String, _ message: String) -> Problem {
      Problem(
        diagnostic: Diagnostic(
          file: path, line: node?.mark?.line, column: node?.mark?.column, path: place, message: message,
          mend: "write a list of groups, each with \"targets\" and \"labels\""))
    }
    let root: Node?
    do {
      root = try Yams.compose(yaml: String(decoding: bytes, as: UTF8.self))
    } catch let error as YamlError {
      throw refuse(nil, "", "not YAML: \(String("\(error)".prefix(300)))")
    } catch {
      throw refuse(nil, "", "not YAML: \(error)")
    }
    // An empty file names nobody.
    guard let root else { return [] }
    guard let sequence = root.sequence else { throw refuse(root, "", "expected a list") }
    var groups: [Group] = []
    for (index, node) in sequence.enumerated() {
      let place = "[\(index)]"
      guard let mapping = node.mapping else { throw refuse(node, place, "expected a group") }
      var group = Group(targets: [], labels: [:], place: place)
      for (key, value) in mapping {
        switch key.string {
        case "targets":
          guard let targets = value.sequence else { throw refuse(value, place + ".targets", "expected a list") }
          for (position, target) in targets.enumerated() {
            guard let text = target.scalar?.string else {
              throw refuse(target, place + ".targets[\(position)]", "expected HOST:PORT")
            }
            group.targets.append(text)
          }
        case "labels":
          guard let labels = value.mapping else { throw refuse(value, place + ".labels", "expected labels") }
          for (name, label) in labels {
            guard let name = name.string, let text = label.scalar?.string else {
              throw refuse(label, place + ".labels", "expected NAME: VALUE")
            }
            group.labels[name] = text
          }
        default: throw refuse(key, place, "unknown key \"\(key.string ?? "?")\"")
        }
      }
      groups.append(group)
    }
    return groups
  }

  // MARK: - Targets

  private static func target(_ address: String, _ group: Group, _ path: String) throws(Problem) -> CollectionTarget {
    func refuse(_ message: String) -> Problem {
      Problem(diagnostic: Diagnostic(file: path, path: group.place, message: message))
    }
    func duration(_ name: String) throws(Problem) -> Duration? {
      guard let text = group.labels[name] else { return nil }
      guard let duration = PrometheusDuration.parse(text), duration > .zero else {
        throw refuse("\(name) \"\(text)\" is no duration such as 30s")
      }
      return duration
    }
    let labels = group.labels
    let place = labels["__address__"] ?? address
    guard !place.isEmpty, !place.contains("/") else { throw refuse("target \"\(place)\" is not HOST:PORT") }
    let path = labels["__metrics_path__"] ?? "/metrics"
    let query = labels.filter { $0.key.hasPrefix("__param_") }.sorted { $0.key < $1.key }
      .map { "\(encode(String($0.key.dropFirst(8))))=\(encode($0.value))" }.joined(separator: "&")
    let url =
      "\(labels["__scheme__"] ?? "http")://\(place)\(path.hasPrefix("/") ? "" : "/")\(path)"
      + (query.isEmpty ? "" : "?\(query)")
    let name = labels["agent_id"] ?? agentName(from: labels["job"] ?? place)
    let agent: AgentID
    do throws(AgentID.InvalidName) { agent = try AgentID(name) } catch { throw refuse("\(error)") }
    let target = CollectionTarget(
      agentID: agent, instance: labels["instance"] ?? place, metricsEndpoint: url,
      labels: labels.filter { !$0.key.hasPrefix("__") && $0.key != "agent_id" && $0.key != "instance" },
      interval: try duration("__scrape_interval__"), timeout: try duration("__scrape_timeout__"))
    do throws(RegistrationError) { try target.validated() } catch { throw refuse("target \"\(place)\": \(error)") }
    return target
  }

  /// `Node Exporter` → `node-exporter`.
  static func agentName(from text: String) -> String {
    var name = ""
    for byte in text.lowercased().utf8 {
      let isAlphanumeric = (97...122).contains(byte) || (48...57).contains(byte)
      if isAlphanumeric {
        name.unicodeScalars.append(Unicode.Scalar(byte))
      } else if !name.isEmpty, !name.hasSuffix("-") {
        name += "-"
      }
    }
    name = String(name.prefix(AgentID.maximumLength))
    while name.hasSuffix("-") { name.removeLast() }
    return name.isEmpty ? "unnamed" : name
  }

  private static func encode(_ text: String) -> String {
    let hex = Array("0123456789ABCDEF")
    return text.utf8.reduce(into: "") { result, byte in
      let isPlain =
        (97...122).contains(byte) || (65...90).contains(byte) || (48...57).contains(byte) || "-._~".utf8.contains(byte)
      if isPlain {
        result.unicodeScalars.append(Unicode.Scalar(byte))
      } else {
        result += "%\(hex[Int(byte >> 4)])\(hex[Int(byte & 15)])"
      }
    }
  }
}
