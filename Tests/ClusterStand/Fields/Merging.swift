extension Tree {
  /// What is left of `self` once `applied` has been laid over it: objects member by member, lists as their kind says.
  func merging(_ applied: Tree, _ schema: Schema) -> Tree {
    switch (self, applied) {
    case (.object(let mine), .object(let theirs)):
      if schema.isAtomic || (mine.isEmpty && theirs.isEmpty) { return applied }
      var result = mine
      for (key, new) in theirs { result[key] = mine[key].map { $0.merging(new, schema.member(key)) } ?? new }
      return .object(result)
    case (.array(let mine), .array(let theirs)):
      guard case .list(let inner, let kind) = schema, kind != .atomic, !(mine.isEmpty && theirs.isEmpty) else {
        return applied
      }
      return .array(Self.merge(mine, theirs, inner, kind))
    // Nothing laid over something that is merged member by member leaves it as it was.
    case (.object(let mine), .null): return schema.isAtomic || mine.isEmpty ? applied : self
    case (.array(let mine), .null):
      if case .list(_, let kind) = schema, kind != .atomic, !mine.isEmpty { return self }
      return applied
    default: return applied
    }
  }

  /// Elements of the live list keep their place; those of both come in the applied order.
  private static func merge(_ live: [Tree], _ applied: [Tree], _ schema: Schema, _ kind: Schema.ListKind) -> [Tree] {
    func names(_ list: [Tree]) -> [String] {
      list.enumerated().map { PathElement.of($0.element, in: kind) ?? "i:\($0.offset)" }
    }
    let liveNames = names(live)
    let appliedNames = names(applied)
    let liveByName = Dictionary(zip(liveNames, live), uniquingKeysWith: { first, _ in first })
    let appliedSet = Set(appliedNames)
    let shared = appliedNames.filter { liveByName[$0] != nil }
    var nextShared = 0
    var merged: Set<String> = []
    var result: [Tree] = []
    var left = 0
    var right = 0
    func take(_ index: Int) {
      let name = appliedNames[index]
      if let old = liveByName[name] {
        result.append(kind == .set ? old : old.merging(applied[index], schema))
      } else {
        result.append(applied[index])
      }
      merged.insert(name)
      if nextShared < shared.count, shared[nextShared] == name { nextShared += 1 }
    }
    while left < live.count || right < applied.count {
      if left < live.count, right < applied.count {
        let name = liveNames[left]
        if name == appliedNames[right] {
          take(right)
          left += 1
          right += 1
          continue
        }
        if appliedSet.contains(name), nextShared < shared.count, shared[nextShared] != name {
          // In both, but another of both comes first.
          left += 1
          continue
        }
      }
      if left < live.count {
        let name = liveNames[left]
        if !appliedSet.contains(name) {
          result.append(live[left])
          left += 1
          continue
        }
        if merged.contains(name) {
          left += 1
          continue
        }
      }
      if right < applied.count {
        take(right)
        right += 1
      } else {
        // What is in both is taken with the applied list.
        left += 1
      }
    }
    return result
  }
}
