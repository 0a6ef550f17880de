/// Decides how the instances of one agent go over from what runs to what is wanted.
///
/// Asked again after every event, it looks only at how things are; nothing is remembered that could go stale. One instance
/// is replaced at a time, and none is touched while a new one is not ready yet: a change that does not work stops there.
/// The old one stays until the new one is ready, unless the new one needs its very port: then it stops first.
enum RollPlanner {
  struct Instance: Hashable {
    var id: Int
    var ordinal: Int
    /// Runs what is wanted, rather than an earlier version of it.
    var isCurrent: Bool
    var isReady: Bool
    var isStopping: Bool
    /// Holds the port on which its successor is to listen.
    var blocksSuccessor: Bool
    var restarts: Int
    var age: Duration
  }

  enum Step: Hashable {
    case start(ordinal: Int)
    case stop(id: Int)
  }

  /// How long a new instance may take to become ready until the roll counts as held.
  static let patience: Duration = .seconds(60)
  /// How often it may be restarted until then.
  static let restartsAllowed = 3

  static func steps(wanted count: Int, of instances: [Instance]) -> [Step] {
    var steps: [Step] = []
    var ordinals: [Int: [Instance]] = [:]
    for instance in instances { ordinals[instance.ordinal, default: []].append(instance) }

    for instance in instances where instance.ordinal >= count && !instance.isStopping {
      steps.append(.stop(id: instance.id))
    }
    var rollInProgress = false
    var outdated: [Instance] = []
    for ordinal in 0..<max(count, 0) {
      let here = ordinals[ordinal] ?? []
      let active = here.filter { !$0.isStopping }
      let old = active.filter { !$0.isCurrent }
      if let current = active.first(where: \.isCurrent) {
        if current.isReady { steps += old.map { .stop(id: $0.id) } } else { rollInProgress = true }
      } else if old.isEmpty {
        if !here.contains(where: { $0.isStopping && $0.blocksSuccessor }) { steps.append(.start(ordinal: ordinal)) }
        rollInProgress = true
      } else {
        outdated += old
      }
    }
    // What does not work is replaced at once: there is nothing to lose.
    for instance in outdated where !instance.isReady { steps.append(.stop(id: instance.id)) }
    let working = outdated.filter(\.isReady)
    if !rollInProgress, working.count == outdated.count, let next = working.first {
      steps.append(next.blocksSuccessor ? .stop(id: next.id) : .start(ordinal: next.ordinal))
    }
    return steps
  }

  /// Why the roll does not get on; `nil` while it does, or none is under way.
  static func held(wanted count: Int, _ instances: [Instance]) -> String? {
    let remaining = instances.filter { !$0.isCurrent && !$0.isStopping && $0.ordinal < count }.count
    guard
      let stuck = instances.first(where: {
        $0.isCurrent && !$0.isReady && !$0.isStopping && ($0.age >= patience || $0.restarts >= restartsAllowed)
      })
    else { return nil }
    let kept = remaining == 0 ? "" : "; \(remaining) of the earlier version kept running"
    return "the new instance \(stuck.ordinal) does not become ready\(kept)"
  }
}
