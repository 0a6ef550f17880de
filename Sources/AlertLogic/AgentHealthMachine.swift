public import FleetModel

/// The health alert of one agent: fires when the first of its instances fails, resolves when none does any more.
public struct AgentHealthMachine: Sendable, Hashable {
  public enum Transition: Sendable, Hashable {
    /// The first instance failed.
    case fired(problem: String)
    /// It fires still; what is wrong has changed.
    case changed(problem: String)
    case resolved
  }

  /// What is wrong with each failing instance.
  public private(set) var failing: [String: String] = [:]
  /// All instances that were heard of and not removed.
  public private(set) var instances: Set<String> = []
  /// Failing instances known from before a restart of which nothing was heard since.
  private var unconfirmed: Set<String> = []

  public init() {}

  /// Takes up the failing instances from before a restart.
  public init(restored: [String: String]) {
    failing = restored
    unconfirmed = Set(restored.keys)
  }

  public var isFiring: Bool { !failing.isEmpty }
  public var awaitsConfirmation: Bool { !unconfirmed.isEmpty }

  public mutating func step(_ event: InstanceEvent) -> Transition? {
    let wasFiring = isFiring
    let before = problem
    switch event {
    case .failed(_, let instance, _, let error, _):
      instances.insert(instance)
      failing[instance] = error
      unconfirmed.remove(instance)
    case .recovered(_, let instance, _):
      instances.insert(instance)
      failing[instance] = nil
      unconfirmed.remove(instance)
    case .removed(_, let instance, _):
      instances.remove(instance)
      failing[instance] = nil
      unconfirmed.remove(instance)
    }
    return transition(from: wasFiring, before)
  }

  /// Gives up the restored instances of which nothing was heard: they are no longer watched.
  public mutating func dropUnconfirmed() -> Transition? {
    let wasFiring = isFiring
    let before = problem
    for instance in unconfirmed { failing[instance] = nil }
    unconfirmed = []
    return transition(from: wasFiring, before)
  }

  /// What is wrong, in words: the error of the first failing instance by name, and how many others fail.
  public var problem: String {
    guard let (instance, error) = failing.min(by: { $0.key < $1.key }) else { return "" }
    let others = failing.count - 1
    let more = others == 0 ? "" : " (and \(others) more failing \(others == 1 ? "instance" : "instances"))"
    return "instance \(instance): \(error)\(more)"
  }

  private func transition(from wasFiring: Bool, _ before: String) -> Transition? {
    switch (wasFiring, isFiring) {
    case (false, false): nil
    case (false, true): .fired(problem: problem)
    case (true, true): problem == before ? nil : .changed(problem: problem)
    case (true, false): .resolved
    }
  }
}
