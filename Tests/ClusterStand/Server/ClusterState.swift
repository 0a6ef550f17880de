import FleetModel
import Platform

/// All that the cluster is: objects, watchers, what the test has ordered. Every verb is a function of it, in one step.
struct ClusterState {
  var store = ObjectStore()
  var table: ResourceTable
  var watchers: [Int: Watcher] = [:]
  var nextWatcher = 0
  let time: any TimeSource
  var controllers = ControllerMemory()
  /// Told of every change, for whoever runs the controllers.
  var onChange: @Sendable () -> Void = {}
  private var seed: UInt64

  init(table: ResourceTable, time: any TimeSource, seed: UInt64) {
    self.table = table
    self.time = time
    self.seed = seed
    for name in ["default", "kube-system", "kube-public", "kube-node-lease"] {
      guard let namespaces = table.resource(group: "", plural: "namespaces") else { continue }
      var namespace: Tree = ["apiVersion": "v1", "kind": "Namespace", "metadata": ["name": .string(name)]]
      namespace = filled(namespace, namespaces)
      beginLife(&namespace, namespaces)
      _ = store.put(namespace, namespaces)
    }
  }

  /// The next of a row of numbers that the seed fixes (SplitMix64).
  mutating func random() -> UInt64 {
    seed &+= 0x9E37_79B9_7F4A_7C15
    var value = seed
    value = (value ^ (value >> 30)) &* 0xBF58_476D_1CE4_E5B9
    value = (value ^ (value >> 27)) &* 0x94D0_49BB_1331_11EB
    return value ^ (value >> 31)
  }

  mutating func newUID() -> String {
    var digits = [random(), random()].map { value in
      let text = String(value, radix: 16)
      return String(repeating: "0", count: 16 - text.count) + text
    }.joined().map { $0 }
    digits[12] = "4"
    digits[16] = "a"
    let parts = [digits[0..<8], digits[8..<12], digits[12..<16], digits[16..<20], digits[20..<32]]
    return parts.map { String($0) }.joined(separator: "-")
  }

  /// Five letters as a ReplicaSet gives its pods.
  mutating func suffix() -> String {
    let letters = Array("bcdfghjklmnpqrstvwxz2456789")
    return String((0..<5).map { _ in letters[Int(random() % UInt64(letters.count))] })
  }

  /// Whole seconds, as in metadata.
  var now: String { RFC3339.format(time.now()).prefix(19) + "Z" }

  /// With six digits, as in leases.
  var microNow: String { RFC3339.format(time.now()).prefix(23) + "000Z" }

  /// Stores the object and tells the watchers.
  @discardableResult
  mutating func commit(_ object: Tree, _ resource: Resource) -> Tree {
    let change = store.put(object, resource)
    tell(change)
    onChange()
    return change.after ?? object
  }

  @discardableResult
  mutating func drop(_ resource: Resource, _ key: ObjectStore.Key) -> Tree? {
    guard let change = store.remove(resource, key) else { return nil }
    tell(change)
    onChange()
    return change.removed
  }
}
