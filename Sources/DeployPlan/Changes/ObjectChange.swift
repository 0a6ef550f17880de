public import FleetModel

/// What an apply would do to one object, or did.
public struct ObjectChange: Sendable, Hashable {
  public enum Action: String, Sendable, Hashable, CaseIterable {
    case create
    case change
    /// It left the system file.
    case remove
    case unchanged
    /// It is there and somebody else made it.
    case adopt
  }

  public var id: Manifest.ID
  /// Whose object it is; `nil` for what agents share.
  public var agent: String?
  public var action: Action
  /// In the order of the object.
  public var fields: [FieldChange]
  /// Fields that somebody else owns with other values: an apply is refused unless it takes them by force.
  public var conflicts: [FieldConflict]
  /// What the API server says of the object though it takes it.
  public var warnings: [String]
  /// What Skep says of it: why it was not tried, what will not happen.
  public var notes: [String]

  public init(
    _ id: Manifest.ID, _ action: Action, agent: String? = nil, fields: [FieldChange] = [],
    conflicts: [FieldConflict] = [], warnings: [String] = [], notes: [String] = []
  ) {
    self.id = id
    self.action = action
    self.agent = agent
    self.fields = fields
    self.conflicts = conflicts
    self.warnings = warnings
    self.notes = notes
  }

  /// How the server would leave the object, beside how it is.
  ///
  /// - Parameters:
  ///   - live: as it is.
  ///   - applied: the answer to the apply, mostly a dry run. An answer that differs in nothing that is shown is unchanged.
  ///   - adopting: whether the object is somebody else's so far.
  public static func comparing(
    live: LiveObject, applied: LiveObject, adopting: Bool = false, warnings: [String] = []
  ) -> ObjectChange {
    let fields = FieldComparison.changes(from: live, to: applied)
    return ObjectChange(
      applied.id, adopting ? .adopt : fields.isEmpty ? .unchanged : .change, agent: applied.agent, fields: fields,
      warnings: warnings)
  }

  /// An object that is not there yet, with all fields that it would get.
  ///
  /// - Parameter object: the answer to a dry run, or the manifest where none can be had.
  public static func creating(_ object: LiveObject, warnings: [String] = [], notes: [String] = []) -> ObjectChange {
    ObjectChange(
      object.id, .create, agent: object.agent, fields: FieldComparison.changes(from: nil, to: object),
      warnings: warnings,
      notes: notes)
  }

  /// An apply that others' fields refuse: what it would change as far as the documents tell, and whose the fields are.
  ///
  /// - Parameters:
  ///   - desired: the document that was to be applied; only what it names is compared.
  ///   - causes: the path and the words of each of the server's causes.
  public static func conflicting(
    live: LiveObject, desired: LiveObject, causes: [(path: String, message: String)], adopting: Bool = false
  ) -> ObjectChange {
    ObjectChange(
      desired.id, adopting ? .adopt : .change, agent: desired.agent,
      fields: FieldComparison.changes(from: live, to: desired, onlyNamed: true),
      conflicts: causes.map { FieldConflict(path: $0.path, message: $0.message, live: live, desired: desired) })
  }

  public static func removing(_ object: LiveObject, notes: [String] = []) -> ObjectChange {
    ObjectChange(object.id, .remove, agent: object.agent, notes: notes)
  }

  public static func unchanged(_ object: LiveObject, notes: [String] = []) -> ObjectChange {
    ObjectChange(object.id, .unchanged, agent: object.agent, notes: notes)
  }
}

/// One field that changes.
public struct FieldChange: Sendable, Hashable {
  public var path: FieldPath
  /// `nil` where there was none.
  public var before: JSONValue?
  /// `nil` where there will be none.
  public var after: JSONValue?
  /// Who else owned it before; empty where nobody else did.
  public var owners: [String]
  /// Whether the values are secret; they are not here then, but for `(secret)` in their places.
  public var isSecret: Bool

  public init(
    _ path: FieldPath, before: JSONValue?, after: JSONValue?, owners: [String] = [], isSecret: Bool = false
  ) {
    self.path = path
    self.before = isSecret ? before.map { _ in Self.secret } : before
    self.after = isSecret ? after.map { _ in Self.secret } : after
    self.owners = owners
    self.isSecret = isSecret
  }

  static let secret: JSONValue = "(secret)"
}

/// A field that somebody else owns.
public struct FieldConflict: Sendable, Hashable {
  /// As the server writes it, without the leading dot.
  public var path: String
  /// Who owns it: `kubectl-client-side-apply`.
  public var manager: String
  /// What the field is and what it was to be; `nil` where that cannot be told or is secret.
  public var theirs: JSONValue?
  public var ours: JSONValue?

  public init(path: String, manager: String, theirs: JSONValue? = nil, ours: JSONValue? = nil) {
    self.path = path
    self.manager = manager
    self.theirs = theirs
    self.ours = ours
  }

  /// - Parameters:
  ///   - path: a cause's field: `.spec.template.spec.containers[name="web"].image`.
  ///   - message: a cause's words: `conflict with "kubectl" with subresource "scale" using apps/v1`.
  init(path: String, message: String, live: LiveObject, desired: LiveObject) {
    let isSecret = SecretFields.isSecret(path, of: desired)
    self.init(
      path: path.hasPrefix(".") ? String(path.dropFirst()) : path, manager: Self.manager(in: message),
      theirs: isSecret ? nil : live.json.value(atServerPath: path),
      ours: isSecret ? nil : desired.json.value(atServerPath: path))
  }

  /// The first text in quotes; all of it where there is none.
  private static func manager(in message: String) -> String {
    let parts = message.split(separator: "\"", maxSplits: 2, omittingEmptySubsequences: false)
    return parts.count == 3 ? String(parts[1]) : message
  }
}

extension LiveObject {
  /// The agent that the object belongs to; `nil` for what agents share.
  public var agent: String? { labels["component"] == "agent" ? labels["agent-id"] : nil }
}
