import CoreMetrics
public import FleetModel
import Metrics
import Synchronization

/// What metrics mean: type, help and unit of metric families, as the agents that serve them and the writers that push them
/// say. Kept in memory alone, since every agent says it anew with its next collection.
///
/// - What an agent says belongs to its instance and goes with it. Instances that say the same share one copy, so that a
///   thousand replicas cost what one does.
/// - What is pushed belongs to nobody; of too many families those that were said longest ago go first.
/// - What Skep stores by itself (`up`, `system_cpu_usage` …) is always known; see ``OwnFamilies``.
///
/// Every call is quick and may come from any thread. A collection that describes its metrics as the one before never comes
/// here.
public final class MetadataStore: Sendable {
  public struct Limits: Sendable, Hashable {
    /// Further families of an instance are not kept.
    public var familiesPerInstance = 5_000
    /// Different descriptions in all, pushed ones included.
    public var familiesInAll = 100_000
    public var pushedFamilies = 20_000
    /// Longer texts of help are cut; names and units beyond it are not kept.
    public var textBytes = 4_096

    public init() {}
  }

  /// One description of a family.
  public struct Family: Sendable, Hashable {
    public var name: String
    public var metadata: MetricMetadata

    public init(_ name: String, _ metadata: MetricMetadata) {
      self.name = name
      self.metadata = metadata
    }
  }

  private let state: Mutex<MetadataState>
  private let refused = Counter(label: "skep_metadata_families_refused_total")

  public init(limits: Limits = Limits()) { state = Mutex(MetadataState(limits: limits)) }

  // MARK: Taking

  /// Notes what a writer says of a family (the metadata of remote write 1.0, and that of each new series of 2.0). Saying
  /// nothing, a type that is not known and no text, changes nothing. O(1).
  public func record(family name: String, type: MetricType, help: String, unit: String) {
    let metadata = MetricMetadata(type: type, help: help, unit: unit)
    guard metadata != MetricMetadata() else { return }
    count(state.withLock { $0.push(name, metadata) })
  }

  /// Takes `text`, the comments of an instance's latest body, for all that the instance says.
  ///
  /// - Parameter read: gives the families of `text`; not asked if another instance says the very same.
  func describe(_ key: InstanceKey, by text: [UInt8], read: () -> [String: MetricMetadata]) {
    var hasher = Hasher()
    text.withUnsafeBytes { hasher.combine(bytes: $0) }
    let document = MetadataState.DocumentKey.text(hash: hasher.finalize(), bytes: text.count)
    if state.withLock({ $0.adopt(document, by: key) }) { return }
    let families = read().sorted { $0.key < $1.key }
    count(state.withLock { $0.store(families, as: document, by: key) })
  }

  /// Adds families that an instance names by the series it serves, where its format has no comments.
  func describe(_ key: InstanceKey, bySeries types: [String: MetricType]) {
    let sorted = types.sorted { $0.key < $1.key }
    count(state.withLock { $0.add(sorted, by: key) })
  }

  /// Forgets what an instance said.
  func forget(_ key: InstanceKey) { state.withLock { $0.forget(key) } }

  private func count(_ refusals: Int) { if refusals > 0 { refused.increment(by: refusals) } }

  // MARK: Asking

  /// Every different description of each family, by name; of one family alone where `name` is given. O(families).
  public func families(named name: String? = nil) -> [String: [MetricMetadata]] {
    var result: [String: [MetricMetadata]] = [:]
    for own in OwnFamilies.all where name == nil || own.name == name { result[own.name] = [own.metadata] }
    let said = state.withLock { state in name.map { state.families(named: $0) } ?? state.families }
    for family in said {
      if result[family.name]?.contains(family.metadata) != true {
        result[family.name, default: []].append(family.metadata)
      }
    }
    return result
  }

  /// What one instance says, by name, and what Skep stores of every instance; of one family alone where `name` is given.
  public func families(of agent: AgentID, instance: String, named name: String? = nil) -> [Family] {
    var said = state.withLock { $0.families(of: InstanceKey(agent: agent, instance: instance)) }
    if let name {
      said.removeAll { $0.name != name }
      if said.isEmpty { said = OwnFamilies.ofInstances.filter { $0.name == name } }
      return said
    }
    let names = Set(said.map(\.name))
    return (said + OwnFamilies.ofInstances.filter { !names.contains($0.name) }).sorted { $0.name < $1.name }
  }

  /// The type of each family: where descriptions differ the one that most of them give, instances that say the same counted
  /// once, and any before `unknown`.
  public func types() -> [String: MetricType] {
    var types = state.withLock { $0.types }
    for family in OwnFamilies.all { types[family.name] = family.metadata.type }
    return types
  }

  /// As what the series of that name behave: the parts of a histogram or summary as the counters and gauges that they are,
  /// `info` and `stateset` as gauges, the histogram itself as one. `nil` where nobody says. O(1).
  public func type(ofSeries name: String) -> MetricType? {
    if let own = OwnFamilies.byName[name] { return own.type }
    return state.withLock { state in
      FamilyParts.type(ofSeries: name) { family in state.type(of: family) }
    }
  }
}
