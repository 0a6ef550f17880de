import DeployPlan
import FleetModel

/// Whose an object is, before a system touches it.
enum Ownership: Sendable, Hashable {
  /// It bears the system's labels, or Skep made it for this system.
  case own
  /// It bears another system's.
  case otherSystem(String)
  /// Something else made it and takes it away, as a Service its EndpointSlices.
  case owned
  /// It was there without Skep.
  case stranger

  init(of object: LiveObject, system: String) {
    if object.hasOwner {
      self = .owned
    } else if object.labels[SystemLabels.managedBy] == SystemLabels.skep,
      let instance = object.labels[SystemLabels.instance]
    {
      self = instance == system ? .own : .otherSystem(instance)
    } else if object.annotations[SystemLabels.createdBy] == system {
      self = .own
    } else {
      self = .stranger
    }
  }
}

/// What becomes of objects that are in an inventory and not wanted any more.
struct Removal: Sendable, Hashable {
  enum Fate: Sendable, Hashable {
    /// It goes, as the object with this `uid`.
    case delete(uid: String)
    /// It stays as it was before Skep: only the fields that Skep alone owns go.
    case release(uid: String, apiVersion: String)
    /// It stays as it is, for this reason.
    case leave(String)
    /// It is not there, or only waits for its finalizers.
    case gone
  }

  var id: Manifest.ID
  var fate: Fate

  /// In the order in which they go: the reverse of that in which they came.
  ///
  /// - Parameters:
  ///   - ids: in the order in which they were applied.
  ///   - adopted: those that were there before Skep.
  static func all(
    of ids: [Manifest.ID], in live: [Manifest.ID: LiveObject], adopted: Set<Manifest.ID>, system: String
  ) -> [Removal] {
    ids.reversed().map { id in
      guard let object = live[id] else { return Removal(id: id, fate: .gone) }
      if object.isBeingDeleted { return Removal(id: id, fate: .gone) }
      let isNamespace = id.kind == "Namespace" && id.group.isEmpty
      let fate: Fate =
        switch Ownership(of: object, system: system) {
        case .own where adopted.contains(id): .release(uid: object.uid, apiVersion: object.apiVersion)
        case .own where isNamespace && object.annotations[SystemLabels.createdBy] != system:
          .release(uid: object.uid, apiVersion: object.apiVersion)
        case .own: .delete(uid: object.uid)
        case .otherSystem(let other): .leave("it belongs to system \(other) now")
        case .owned: .leave("something else owns it")
        case .stranger: .leave("it no longer bears Skep's labels")
        }
      return Removal(id: id, fate: fate)
    }
  }
}

/// How many pods an agent has is its autoscaler's to say; the manifest says nothing of it.
///
/// A Deployment without the field begins with one pod, and one whose only owner of the field leaves it out falls back to one.
/// So Skep creates it with the number that the system file wants at first, and goes on sending the number that is there for as
/// long as nobody else has set it. Once the autoscaler has, the field is its own, and Skep sends it no more.
enum InitialReplicas {
  static let annotation = "skep.dev/initial-replicas"
  static let path = ".spec.replicas"

  /// The manifest's document as it is to be sent.
  ///
  /// - Parameter ownsReplicas: whether Skep's applies are the only owner of the number.
  static func document(_ manifest: JSONValue, live: LiveObject?, ownsReplicas: Bool) -> JSONValue {
    guard manifest["kind"]?.string == "Deployment", let spec = manifest["spec"], spec["replicas"] == nil else {
      return manifest
    }
    let count: JSONValue?
    if let live {
      count = ownsReplicas ? live.json["spec"]?["replicas"] : nil
    } else {
      let text = manifest["metadata"]?["annotations"]?[annotation]?.string
      count = text.flatMap { Int($0) }.map { .number(Double($0)) }
    }
    guard let count else { return manifest }
    return manifest.setting("spec", spec.setting("replicas", count))
  }

  /// The document without the number.
  static func removed(from document: JSONValue) -> JSONValue {
    guard let spec = document["spec"] else { return document }
    return document.setting("spec", .object(spec.members.filter { $0.key != "replicas" }))
  }
}

extension JSONValue {
  /// The object with that member in place of the one of its name, or at its end.
  func setting(_ key: String, _ value: JSONValue) -> JSONValue {
    var members = members
    if let index = members.firstIndex(where: { $0.key == key }) {
      members[index].value = value
    } else {
      members.append(Member(key: key, value: value))
    }
    return .object(members)
  }
}
