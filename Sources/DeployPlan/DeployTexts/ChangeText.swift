public import FleetModel

/// A plan as people read it: a block for each object that changes, in the marks of a diff, and a line of totals.
public struct ChangeText: Sendable {
  /// In the order of the apply.
  public var changes: [ObjectChange]
  /// Whether the fields of new objects are shown too: all that they get.
  public var showsNewFields: Bool
  /// Lines of one text that are shown of its difference.
  public var longestText = 12

  public init(_ changes: [ObjectChange], showsNewFields: Bool = false) {
    self.changes = changes
    self.showsNewFields = showsNewFields
  }

  /// What is unchanged is counted, and shown only where something is to be said of it.
  public var lines: [StyledLine] {
    let shown = changes.filter { $0.action != .unchanged || !$0.warnings.isEmpty || !$0.notes.isEmpty }
    return shown.flatMap(lines(of:)) + [totals]
  }

  /// `2 to create, 1 to change, 40 unchanged`, or that nothing would change.
  public var totals: StyledLine {
    let words: [(ObjectChange.Action, String)] = [
      (.create, "to create"), (.change, "to change"), (.adopt, "to adopt"), (.remove, "to remove"),
      (.unchanged, "unchanged"),
    ]
    let counts = words.compactMap { action, words -> String? in
      let count = changes.count { $0.action == action }
      return count == 0 ? nil : "\(count) \(words)"
    }
    if changes.allSatisfy({ $0.action == .unchanged }) {
      return StyledLine("nothing would change: \(StyledLine.count(changes.count, "object")) as wanted", .good)
    }
    let conflicts = changes.reduce(0) { $0 + $1.conflicts.count }
    let rest = conflicts == 0 ? "" : "; \(StyledLine.count(conflicts, "field")) of others in the way"
    return StyledLine(counts.joined(separator: ", ") + rest, .heading)
  }

  private func lines(of change: ObjectChange) -> [StyledLine] {
    var lines = [Self.title(of: change)]
    if change.action != .create || showsNewFields {
      // A field in conflict is told once, with whose it is.
      let told = Set(change.conflicts.map(\.path))
      for field in change.fields where !told.contains(Self.serverPath(field.path)) { lines += self.lines(of: field) }
    }
    for conflict in change.conflicts { lines += Self.lines(of: conflict) }
    lines += change.notes.map { StyledLine("    \($0)", .quiet) }
    lines += change.warnings.map { StyledLine("    warning: \($0)", .warning) }
    return lines
  }

  private static func title(of change: ObjectChange) -> StyledLine {
    switch change.action {
    case .create: StyledLine("+ \(change.id)", .added)
    case .change: StyledLine("~ \(change.id)", .changed)
    case .remove: StyledLine("- \(change.id)", .removed)
    case .adopt: StyledLine("! \(change.id): somebody else made it", .warning)
    case .unchanged: StyledLine("  \(change.id)", .plain)
    }
  }

  private static func lines(of conflict: FieldConflict) -> [StyledLine] {
    let values =
      conflict.theirs == nil && conflict.ours == nil
      ? "" : ": \(text(conflict.theirs)) there, \(text(conflict.ours)) wanted"
    return [StyledLine("    ! \(conflict.path) belongs to \(conflict.manager)\(values)", .bad)]
  }

  private func lines(of field: FieldChange) -> [StyledLine] {
    if case .string(let old)? = field.before, case .string(let new)? = field.after, Self.isLong(old) || Self.isLong(new)
    {
      return [StyledLine("    ~ \(field.path):\(Self.owners(of: field))", .changed)] + difference(old, new)
    }
    switch (field.before, field.after) {
    case (nil, let new?): return [StyledLine("    + \(field.path): \(Self.text(new))", .added)]
    case (let old?, nil):
      return [StyledLine("    - \(field.path): \(Self.text(old))\(Self.owners(of: field))", .removed)]
    case (let old, let new):
      // Both secret: that they differ is all that may be told.
      let values = field.isSecret ? "\(Self.text(new)) changed" : "\(Self.text(old)) -> \(Self.text(new))"
      return [StyledLine("    ~ \(field.path): \(values)\(Self.owners(of: field))", .changed)]
    }
  }

  private static func owners(of field: FieldChange) -> String {
    field.owners.isEmpty ? "" : " (also of \(field.owners.joined(separator: ", ")))"
  }

  private static func isLong(_ text: String) -> Bool { text.utf8.contains(10) }

  /// One line; texts of many lines are told by their sizes, and what is long is cut.
  private static func text(_ value: JSONValue?) -> String {
    switch value {
    case nil: return "nothing"
    case .string(let text)? where isLong(text):
      return "(\(StyledLine.count(text.split(separator: "\n", omittingEmptySubsequences: false).count, "line")))"
    case let value?:
      if value == FieldChange.secret { return "(secret)" }
      let text = value.description
      return text.count <= 120 ? text : text.prefix(119) + "…"
    }
  }

  /// The lines that differ, of which the first few are shown.
  private func difference(_ old: String, _ new: String) -> [StyledLine] {
    let before = old.split(separator: "\n", omittingEmptySubsequences: false)
    let after = new.split(separator: "\n", omittingEmptySubsequences: false)
    let same = zip(before, after).prefix { $0 == $1 }.count
    let room = min(before.count, after.count) - same
    let end = zip(before.reversed(), after.reversed()).prefix(room).prefix { $0 == $1 }.count
    let left = Array(before[same..<before.count - end])
    let right = Array(after[same..<after.count - end])
    var lines: [(line: Int, text: StyledLine)] = []
    // Finding what moved within takes time that grows with the product of both lengths.
    if left.count <= 400, right.count <= 400 {
      for change in right.difference(from: left) {
        switch change {
        case .remove(let offset, let text, _): lines.append((offset * 2, StyledLine("        - \(text)", .removed)))
        case .insert(let offset, let text, _): lines.append((offset * 2 + 1, StyledLine("        + \(text)", .added)))
        }
      }
      lines.sort { $0.line < $1.line }
    } else {
      lines = left.map { (0, StyledLine("        - \($0)", .removed)) }
      lines += right.map { (1, StyledLine("        + \($0)", .added)) }
    }
    let more = lines.count - longestText
    let shown = lines.prefix(longestText).map(\.text)
    return more <= 0 ? shown : shown + [StyledLine("        … \(more) more lines", .quiet)]
  }

  /// As the server writes paths, which conflicts are told by.
  private static func serverPath(_ path: FieldPath) -> String {
    path.steps.reduce("") { text, step in
      if case .field(let name) = step { return text.isEmpty ? name : text + "." + name }
      return text + FieldPath([step]).description
    }
  }
}

extension ObjectChange {
  /// As commands print it.
  public var json: JSONValue {
    var members: [JSONValue.Member] = [
      .init(key: "object", value: id.json), .init(key: "action", value: .string(action.rawValue)),
    ]
    if let agent { members.append(.init(key: "agent", value: .string(agent))) }
    members += [
      .init(key: "fields", value: .array(fields.map(\.json))),
      .init(key: "conflicts", value: .array(conflicts.map(\.json))),
      .init(key: "warnings", value: .array(warnings.map { .string($0) })),
      .init(key: "notes", value: .array(notes.map { .string($0) })),
    ]
    return .object(members)
  }
}

extension FieldChange {
  /// Without `before` or `after` where there is none; never with a secret value.
  var json: JSONValue {
    var members: [JSONValue.Member] = [.init(key: "path", value: .string(path.description))]
    if let before { members.append(.init(key: "before", value: before)) }
    if let after { members.append(.init(key: "after", value: after)) }
    if !owners.isEmpty { members.append(.init(key: "owners", value: .array(owners.map { .string($0) }))) }
    if isSecret { members.append(.init(key: "secret", value: true)) }
    return .object(members)
  }
}

extension FieldConflict {
  var json: JSONValue {
    var members: [JSONValue.Member] = [
      .init(key: "path", value: .string(path)), .init(key: "manager", value: .string(manager)),
    ]
    if let theirs { members.append(.init(key: "theirs", value: theirs)) }
    if let ours { members.append(.init(key: "ours", value: ours)) }
    return .object(members)
  }
}
