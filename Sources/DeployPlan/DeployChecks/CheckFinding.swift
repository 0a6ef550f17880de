public import FleetModel

/// One place where one rule is not kept.
public struct CheckFinding: Sendable, Hashable, CustomStringConvertible {
  public var rule: CheckRule.ID
  /// Its path begins with the object: `Deployment multi-agents/agent-planner: spec.replicas`.
  public var diagnostic: Diagnostic
  /// The object; `nil` for what concerns the system file or a whole file.
  public var subject: Manifest.ID?
  /// What puts it aside; `nil` for what stands.
  public var waiver: Waiver?

  public init(rule: CheckRule.ID, diagnostic: Diagnostic, subject: Manifest.ID? = nil, waiver: Waiver? = nil) {
    self.rule = rule
    self.diagnostic = diagnostic
    self.subject = subject
    self.waiver = waiver
  }

  /// A finding in an object, at the level of its rule.
  /// - Parameters:
  ///   - node: what is wrong, for its line; `nil` stands for the object.
  ///   - path: such as `spec.ports[0].name`; empty for the object itself.
  ///   - mend: the rule's where it is `nil`.
  public init(
    _ rule: CheckRule, in manifest: Manifest, at node: YAMLTree? = nil, path: String = "", message: String,
    mend: String? = nil
  ) {
    let place = (node ?? manifest.tree).place
    let isPlaced = place.line > 0
    let id = manifest.id
    self.init(
      rule: rule.id,
      diagnostic: Diagnostic(
        rule.level, file: manifest.file, line: isPlaced ? place.line : nil, column: isPlaced ? place.column : nil,
        path: path.isEmpty ? "\(id)" : "\(id): \(path)", message: message, mend: mend ?? rule.mend),
      subject: id)
  }

  /// Whether it keeps the objects from being applied.
  public var isError: Bool { waiver == nil && diagnostic.level == .error }

  /// `file:line:col: error: Deployment multi-agents/agent-planner: spec.x: what is wrong; how to mend it [SKEP-K012]`
  public var description: String {
    let text = "\(diagnostic) [\(rule)]"
    return waiver.map { "\(text) (waived: \($0.reason))" } ?? text
  }
}
