/// How two states of an object differ, by path.
struct Comparison {
  private(set) var added = FieldSet()
  private(set) var modified = FieldSet()
  private(set) var removed = FieldSet()

  var isSame: Bool { added.isEmpty && modified.isEmpty && removed.isEmpty }

  init(_ old: Tree, _ new: Tree, _ schema: Schema) { compare(old, new, schema, []) }

  private mutating func compare(_ old: Tree?, _ new: Tree?, _ schema: Schema, _ path: [String]) {
    let isList = [old, new].contains { if case .array? = $0 { true } else { false } }
    let isObject = [old, new].contains { if case .object? = $0 { true } else { false } }
    let fits = isMergeable(old, isList: isList) && isMergeable(new, isList: isList)
    let isEmpty = (old?.isEmptyCollection ?? true) && (new?.isEmptyCollection ?? true)
    guard fits, !(isList && isObject), isList || isObject, !isEmpty, !schema.isAtomic,
      isObject || kind(of: schema) != nil
    else { return compareLeaf(old, new, path) }
    if isObject {
      for key in Set((old?.members ?? [:]).keys).union((new?.members ?? [:]).keys) {
        compare(old?[key], new?[key], schema.member(key), path + [PathElement.field(key)])
      }
    } else if case .list(let inner, let kind) = schema {
      let before = byName(old, kind)
      let after = byName(new, kind)
      for name in Set(before.keys).union(after.keys) {
        compare(before[name], after[name], inner, path + [name])
      }
    }
    if path.isEmpty { return }
    if old == nil { added.insert(path[...]) }
    if new == nil { removed.insert(path[...]) }
  }

  private func isMergeable(_ value: Tree?, isList: Bool) -> Bool {
    switch value {
    case nil, .null: true
    case .array: isList
    case .object: !isList
    default: false
    }
  }

  private func kind(of schema: Schema) -> Schema.ListKind? {
    if case .list(_, let kind) = schema, kind != .atomic { kind } else { nil }
  }

  private func byName(_ list: Tree?, _ kind: Schema.ListKind) -> [String: Tree] {
    Dictionary(
      (list?.elements ?? []).compactMap { element in PathElement.of(element, in: kind).map { ($0, element) } },
      uniquingKeysWith: { first, _ in first })
  }

  private mutating func compareLeaf(_ old: Tree?, _ new: Tree?, _ path: [String]) {
    if path.isEmpty || old == new { return }
    if old == nil {
      added.insert(path[...])
    } else if new == nil {
      removed.insert(path[...])
    } else {
      modified.insert(path[...])
    }
  }
}
