import FleetModel

/// A JSON value whose objects have no order, which is how a Kubernetes API server compares them.
indirect enum Tree: Sendable, Hashable {
  case null
  case bool(Bool)
  case number(Double)
  case string(String)
  case array([Tree])
  case object([String: Tree])

  /// The member of that name. Setting `nil` removes it; setting makes an object of what is none.
  subscript(key: String) -> Tree? {
    get { if case .object(let members) = self { members[key] } else { nil } }
    set {
      guard case .object(var members) = self else {
        if let newValue { self = .object([key: newValue]) }
        return
      }
      // Without this the dictionary has two owners and is copied whole.
      self = .null
      members[key] = newValue
      self = .object(members)
    }
  }

  /// What the keys lead to, one inside the other. Setting makes the objects on the way; setting `nil` makes none.
  subscript(path keys: String...) -> Tree? {
    get { keys.reduce(Optional(self)) { $0?[$1] } }
    set { set(newValue, at: keys[...]) }
  }

  private mutating func set(_ value: Tree?, at keys: ArraySlice<String>) {
    guard let first = keys.first else { return }
    guard keys.count > 1 else {
      self[first] = value
      return
    }
    guard var inner = self[first] ?? (value == nil ? nil : .object([:])) else { return }
    inner.set(value, at: keys.dropFirst())
    self[first] = inner
  }

  var string: String? { if case .string(let value) = self { value } else { nil } }
  var integer: Int? { if case .number(let value) = self { Int(exactly: value) } else { nil } }
  var bool: Bool? { if case .bool(let value) = self { value } else { nil } }
  var elements: [Tree] { if case .array(let elements) = self { elements } else { [] } }
  var members: [String: Tree] { if case .object(let members) = self { members } else { [:] } }
  var isNull: Bool { self == .null }

  /// An object's members that are strings.
  var texts: [String: String] { members.compactMapValues(\.string) }

  /// Null, or an object or array with nothing in it.
  var isEmptyCollection: Bool {
    switch self {
    case .null: true
    case .array(let elements): elements.isEmpty
    case .object(let members): members.isEmpty
    default: false
    }
  }
}

extension Tree: ExpressibleByStringLiteral, ExpressibleByArrayLiteral, ExpressibleByDictionaryLiteral,
  ExpressibleByBooleanLiteral, ExpressibleByIntegerLiteral
{
  init(stringLiteral value: String) { self = .string(value) }
  init(arrayLiteral elements: Tree...) { self = .array(elements) }
  init(dictionaryLiteral elements: (String, Tree)...) {
    self = .object(Dictionary(elements, uniquingKeysWith: { _, last in last }))
  }
  init(booleanLiteral value: Bool) { self = .bool(value) }
  init(integerLiteral value: Int) { self = .number(Double(value)) }
}

extension Tree {
  init(_ texts: [String: String]) { self = .object(texts.mapValues { .string($0) }) }

  init(_ json: JSONValue) {
    self =
      switch json {
      case .null: .null
      case .bool(let value): .bool(value)
      case .number(let value): .number(value)
      case .string(let value): .string(value)
      case .array(let elements): .array(elements.map { Tree($0) })
      case .object(let members):
        .object(Dictionary(members.map { ($0.key, Tree($0.value)) }, uniquingKeysWith: { _, last in last }))
      }
  }

  /// With the keys of objects in their order of code points.
  var json: JSONValue {
    switch self {
    case .null: .null
    case .bool(let value): .bool(value)
    case .number(let value): .number(value)
    case .string(let value): .string(value)
    case .array(let elements): .array(elements.map(\.json))
    case .object(let members):
      .object(members.sorted { $0.key < $1.key }.map { JSONValue.Member(key: $0.key, value: $0.value.json) })
    }
  }
}
