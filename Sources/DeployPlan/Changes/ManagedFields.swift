import FleetModel

/// Who owns which fields of a live object
/// (<https://kubernetes.io/docs/reference/using-api/server-side-apply/#field-management>).
public struct ManagedFields: Sendable, Hashable {
  /// One manager's fields. An apply and an update under one name are two owners.
  public struct Owner: Sendable, Hashable, CustomStringConvertible {
    public enum Operation: String, Sendable, Hashable {
      case apply = "Apply"
      case update = "Update"
    }

    public var manager: String
    public var operation: Operation
    public var apiVersion: String
    /// `status`, `scale`; empty for the object itself.
    public var subresource: String
    var fields: FieldSet

    /// `kubectl`, or `kubectl (scale)`.
    public var description: String { subresource.isEmpty ? manager : "\(manager) (\(subresource))" }
  }

  /// In the object's order.
  public var owners: [Owner]
  /// Whether all entries could be read; where not, nothing can be concluded from what is absent.
  public var isComplete: Bool

  public init(of object: LiveObject) {
    let entries = object.managedFields
    owners = entries.compactMap { Owner($0) }
    isComplete = owners.count == entries.count && !entries.isEmpty
  }

  /// All who own the field itself or what it is part of, but not those who only own something below it.
  public func owners(of path: FieldPath) -> [Owner] { owners.filter { $0.fields.contains(path.steps) } }

  /// Whether that manager's applies own the field and nobody else does: leaving it out of an apply takes it away, or back
  /// to its default (`replicas` becomes 1).
  public func isSoleApplier(_ manager: String, of path: FieldPath) -> Bool {
    let owners = owners(of: path)
    return owners.count == 1 && owners[0].manager == manager && owners[0].operation == .apply
  }

  /// What `kubectl apply` without `--server-side` and editors own: fields that an apply leaves out stay if one of these owns
  /// them.
  public var clientSideAppliers: [Owner] {
    owners.filter { $0.operation == .update && $0.subresource.isEmpty && $0.manager.hasPrefix("kubectl") }
  }

  /// The fields that tell a list's items apart, from any owner of some of its items; `nil` where nobody owns single items.
  func keys(ofListAt path: FieldPath) -> [String]? {
    for owner in owners {
      var set: FieldSet? = owner.fields
      for step in path.steps {
        set = set?.children.first { $0.step.isSame(as: step) }?.set
        if set == nil { break }
      }
      for child in set?.children ?? [] { if case .item(let keys) = child.step { return keys.map(\.key) } }
    }
    return nil
  }
}

extension ManagedFields.Owner {
  /// `nil` for what is not of format FieldsV1.
  init?(_ entry: JSONValue) {
    guard let manager = entry["manager"]?.string, let operation = entry["operation"]?.string.flatMap(Operation.init),
      let apiVersion = entry["apiVersion"]?.string, entry["fieldsType"]?.string == "FieldsV1",
      let fields = entry["fieldsV1"].flatMap({ FieldSet($0) })
    else { return nil }
    self.manager = manager
    self.operation = operation
    self.apiVersion = apiVersion
    subresource = entry["subresource"]?.string ?? ""
    self.fields = fields
  }
}
