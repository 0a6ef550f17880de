import FleetModel

/// An object of the Kubernetes API as Skep renders it: a value that becomes one ``Manifest``.
///
/// Conforming types model the fields that Skep uses, under the names of the API reference in Swift's spelling. An absent
/// value writes no key: what is left out stays with the API server's default, and with whoever else owns the field.
public protocol KubernetesObject: Sendable, Hashable {
  /// `GROUP/VERSION`, or the version alone for the core group.
  static var apiVersion: String { get }
  static var kind: String { get }
  var metadata: Kubernetes.ObjectMeta { get set }
  /// What stands beside `apiVersion`, `kind` and `metadata`, in the order that people know: mostly `spec` alone.
  var content: [YAMLTree.Entry] { get }
}

extension KubernetesObject {
  /// The object with its keys in canonical order.
  public var manifest: Manifest {
    var object = YAMLMapping([
      ("apiVersion", .text(Self.apiVersion)), ("kind", .text(Self.kind)), ("metadata", metadata.tree),
    ])
    for entry in content { object.add(entry.key, entry.value) }
    return Manifest(tree: object.tree)
  }
}

/// Objects of Kubernetes itself (<https://kubernetes.io/docs/reference/kubernetes-api/>).
public enum Kubernetes {}

/// Objects of the Istio service mesh (<https://istio.io/latest/docs/reference/config/>).
public enum Istio {}

/// Objects of the Prometheus Operator (<https://prometheus-operator.dev/docs/api-reference/api/>).
public enum PrometheusOperator {}

/// A part of an object that has keys of its own.
protocol ManifestPart {
  var tree: YAMLTree { get }
}

extension YAMLMapping {
  /// The one key `spec`.
  static func spec(_ spec: YAMLMapping) -> [YAMLTree.Entry] {
    [YAMLTree.Entry(key: "spec", place: .none, value: spec.tree)]
  }

  mutating func add(_ key: String, _ number: Int?) { add(key, number.map { .integer($0) }) }

  mutating func add(_ key: String, _ flag: Bool?) { add(key, flag.map { .boolean($0) }) }

  mutating func add(_ key: String, _ part: (some ManifestPart)?) { add(key, part?.tree) }

  mutating func add(_ key: String, list: [some ManifestPart]) { add(key, list: list.map(\.tree)) }
}

extension YAMLTree {
  /// A finite decimal number, whole ones without a fraction and none with an exponent: `1e-05` is a text to some readers of
  /// YAML 1.1.
  static func number(_ value: Double) -> YAMLTree {
    if let whole = Int(exactly: value) { return .integer(whole) }
    return YAMLTree(content: .scalar(decimal(value), plain: true), place: .none)
  }

  private static func decimal(_ value: Double) -> String {
    let shortest = ShortestDecimal(value.magnitude)
    let digits = "\(shortest.digits)"
    let zeros = { String(repeating: "0", count: max(0, $0)) }
    let text: String
    if shortest.exponent >= 0 {
      text = digits + zeros(shortest.exponent) + ".0"
    } else {
      let whole = digits.dropLast(-shortest.exponent)
      let fraction = zeros(-shortest.exponent - digits.utf8.count) + digits.suffix(-shortest.exponent)
      text = (whole.isEmpty ? "0" : whole) + "." + fraction
    }
    return value < 0 ? "-" + text : text
  }

  /// Keys and values of texts, sorted by key.
  static func texts(_ texts: [String: String]) -> YAMLTree {
    YAMLMapping(texts.sorted { $0.key < $1.key }.map { ($0.key, .text($0.value)) }).tree
  }

  static let emptyMapping = YAMLTree(content: .mapping([]), place: .none)
}
