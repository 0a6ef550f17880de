import FleetModel

/// What ``MetadataStore`` holds behind its lock: every different description once, and who says it.
struct MetadataState: Sendable {
  /// What a body says of its metrics, by the body's comments; two bodies that differ agree with a probability of 2^-64.
  /// One whose families are known by their series alone shares with nobody.
  enum DocumentKey: Hashable, Sendable {
    case text(hash: Int, bytes: Int)
    case series(InstanceKey)
  }

  private struct Document: Sendable {
    /// In the order of the families' names, or in that in which they came.
    var families: [Int32]
    var instances: Int
  }

  private struct Pushed: Sendable {
    var family: Int32
    var turn: UInt64
  }

  let limits: MetadataStore.Limits
  private var table = FamilyTable()
  private var documents: [DocumentKey: Document] = [:]
  private var instances: [InstanceKey: DocumentKey] = [:]
  private var pushed: [String: Pushed] = [:]
  /// Every push since the oldest family's, oldest first from ``firstPush`` on; those that were followed by another of the same
  /// name count no more.
  private var pushes: [(name: String, turn: UInt64)] = []
  private var firstPush = 0
  private var turn: UInt64 = 0

  init(limits: MetadataStore.Limits) { self.limits = limits }

  // MARK: What instances say

  /// Makes `document` what the instance says, if it is known already.
  mutating func adopt(_ document: DocumentKey, by key: InstanceKey) -> Bool {
    guard documents[document] != nil else { return false }
    guard instances[key] != document else { return true }
    documents[document]?.instances += 1
    forget(key)
    instances[key] = document
    return true
  }

  /// - Returns: how many families were not taken.
  mutating func store(
    _ families: [(key: String, value: MetricMetadata)], as document: DocumentKey, by key: InstanceKey
  ) -> Int {
    // Another instance may have brought it since ``adopt(_:by:)`` was asked.
    if adopt(document, by: key) { return 0 }
    var numbers: [Int32] = []
    for (name, metadata) in families.prefix(limits.familiesPerInstance) {
      if let number = use(name, metadata) { numbers.append(number) }
    }
    forget(key)
    documents[document] = Document(families: numbers, instances: 1)
    instances[key] = document
    return families.count - numbers.count
  }

  /// - Parameter types: in the order in which they are to be taken, as long as there is room.
  /// - Returns: how many families were not taken.
  mutating func add(_ types: [(key: String, value: MetricType)], by key: InstanceKey) -> Int {
    let document = DocumentKey.series(key)
    if instances[key] != document {
      forget(key)
      documents[document] = Document(families: [], instances: 1)
      instances[key] = document
    }
    var families = documents[document]?.families ?? []
    var positions: [String: Int] = [:]
    for (position, number) in families.enumerated() { positions[table[number].name] = position }
    var refused = 0
    for (name, type) in types {
      let metadata = MetricMetadata(type: type)
      if let position = positions[name] {
        guard table[families[position]].metadata != metadata, let number = use(name, metadata) else { continue }
        table.release(families[position])
        families[position] = number
      } else if families.count < limits.familiesPerInstance, let number = use(name, metadata) {
        families.append(number)
      } else {
        refused += 1
      }
    }
    documents[document]?.families = families
    return refused
  }

  mutating func forget(_ key: InstanceKey) {
    guard let document = instances.removeValue(forKey: key), let held = documents[document] else { return }
    guard held.instances <= 1 else {
      documents[document]?.instances -= 1
      return
    }
    documents[document] = nil
    for family in held.families { table.release(family) }
  }

  private mutating func use(_ name: String, _ metadata: MetricMetadata) -> Int32? {
    var metadata = metadata
    guard name.utf8.count <= limits.textBytes, metadata.unit.utf8.count <= limits.textBytes, !name.isEmpty else {
      return nil
    }
    if metadata.help.utf8.count > limits.textBytes { metadata.help = metadata.help.cut(to: limits.textBytes) }
    return table.use(name, metadata, limit: limits.familiesInAll)
  }

  // MARK: What is pushed

  /// - Returns: how many families were not taken.
  mutating func push(_ name: String, _ metadata: MetricMetadata) -> Int {
    turn += 1
    if let known = pushed[name], table[known.family].metadata == metadata {
      pushed[name]?.turn = turn
      notePush(name)
      return 0
    }
    guard limits.pushedFamilies > 0, let family = use(name, metadata) else { return 1 }
    if let known = pushed.updateValue(Pushed(family: family, turn: turn), forKey: name) { table.release(known.family) }
    notePush(name)
    if pushed.count > limits.pushedFamilies { dropOldestPushed() }
    return 0
  }

  /// Amortised O(1).
  private mutating func notePush(_ name: String) {
    pushes.append((name, turn))
    guard pushes.count - firstPush > 2 * pushed.count + 64 || firstPush > pushes.count / 2 else { return }
    pushes = pushes[firstPush...].filter { pushed[$0.name]?.turn == $0.turn }
    firstPush = 0
  }

  /// The one that was said longest ago. Amortised O(1).
  private mutating func dropOldestPushed() {
    while firstPush < pushes.count {
      let (name, turn) = pushes[firstPush]
      firstPush += 1
      guard let old = pushed[name], old.turn == turn else { continue }
      pushed[name] = nil
      table.release(old.family)
      return
    }
  }

  // MARK: Asking

  var families: [MetadataStore.Family] { table.all }

  func families(named name: String) -> [MetadataStore.Family] { table.families(named: name) }

  func families(of key: InstanceKey) -> [MetadataStore.Family] {
    guard let document = instances[key], let held = documents[document] else { return [] }
    return held.families.map { table[$0] }
  }

  var types: [String: MetricType] {
    var types: [String: MetricType] = [:]
    for name in table.names { types[name] = type(of: name) }
    return types
  }

  /// See ``MetadataStore/types()``.
  func type(of name: String) -> MetricType? { table.type(of: name) }

  /// What is wrong within, for tests; empty if nothing is. O(all).
  func invariantViolations() -> [String] {
    var uses: [Int32: Int] = [:]
    for document in documents.values { for family in document.families { uses[family, default: 0] += 1 } }
    for family in pushed.values { uses[family.family, default: 0] += 1 }
    var problems = table.invariantViolations(uses: uses)
    var saying: [DocumentKey: Int] = [:]
    for document in instances.values { saying[document, default: 0] += 1 }
    if saying != documents.mapValues(\.instances) { problems.append("instances and documents disagree") }
    let last = pushes[firstPush...].filter { pushed[$0.name]?.turn == $0.turn }
    if Set(last.map(\.name)) != Set(pushed.keys) || last.count != pushed.count {
      problems.append("pushed families and their order disagree")
    }
    if pushed.count > limits.pushedFamilies { problems.append("\(pushed.count) pushed families") }
    return problems
  }
}

extension String {
  /// At most `bytes` long, cut between characters.
  fileprivate func cut(to bytes: Int) -> String {
    var end = utf8.index(utf8.startIndex, offsetBy: bytes)
    while end > utf8.startIndex, end.samePosition(in: unicodeScalars) == nil { end = utf8.index(before: end) }
    return String(self[..<end])
  }
}
