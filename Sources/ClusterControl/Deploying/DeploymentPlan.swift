public import DeployPlan
import FleetModel

/// What an apply would do, object by object, and what speaks against it.
public struct DeploymentPlan: Sendable {
  /// In the order of the apply; what goes comes last, in the order in which it goes.
  public var changes: [ObjectChange] = []
  /// Why it must not be applied as it is; each with its mend.
  public var refusals: [String] = []
  /// What to know beside it.
  public var notes: [String] = []

  /// What is sent, by object. What is not in it is unchanged for certain.
  var documents: [Manifest.ID: JSONValue] = [:]
  var live = LiveState()
  /// What left the system.
  var removals: [Removal] = []
  /// Objects of others that are taken over.
  var adopted: Set<Manifest.ID> = []
  /// What may be in the cluster and is not wanted any more.
  var outdated: [Manifest.ID] = []

  /// Whether an apply would write anything.
  public var hasChanges: Bool { changes.contains { $0.action != .unchanged } }

  /// As commands print it.
  public func count(_ action: ObjectChange.Action) -> Int { changes.count { $0.action == action } }
}
