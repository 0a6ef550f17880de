/// What an API server knows of the values at one place of an object, for decoding and for server-side apply.
///
/// Meaning of lists and maps: <https://kubernetes.io/docs/reference/using-api/server-side-apply/#merge-strategy>.
indirect enum Schema: Sendable {
  enum Scalar: Sendable, Hashable {
    case string
    case integer
    case number
    case boolean
    case quantity
    /// A number or a text, such as a port.
    case integerOrString
    case time
    case microTime
    /// base64.
    case bytes
  }

  enum ListKind: Sendable, Hashable {
    /// Has one owner as a whole.
    case atomic
    case set
    /// Elements are objects told apart by these keys.
    case map([Key])
  }

  struct Key: Sendable, Hashable {
    var name: String
    /// Stands for a key that an element lacks.
    var standard: Tree?
  }

  case scalar(Scalar)
  case object(ObjectType)
  /// Any keys, one kind of value.
  case map(Schema, isAtomic: Bool)
  case list(Schema, ListKind)
  /// Whatever is there: objects are merged member by member, lists are atomic.
  case any
}

/// An object with known fields.
final class ObjectType: Sendable {
  let name: String
  let fields: [String: Field]
  /// Whether it has one owner as a whole.
  let isAtomic: Bool
  /// The fields that are there even when nobody gave them, with the value they then have.
  let always: [String: Tree]

  struct Field: Sendable {
    var schema: Schema
    /// What a decoder puts where nothing is given.
    var standard: Tree?
    /// Is written even when empty, as by a Go type without `omitempty`.
    var isAlways = false
    /// A zero is not the same as nothing, as with a Go pointer.
    var keepsZero = false
    /// The only texts allowed.
    var choices: [String] = []
    var isRequired = false
    /// The text a value must match, for custom resources.
    var bounds: Bounds?
  }

  /// Limits of a custom resource's schema.
  struct Bounds: Sendable, Hashable {
    var minimum: Double?
    var maximum: Double?
    var minimumLength: Int?
    var maximumLength: Int?
  }

  init(name: String, fields: [String: Field], isAtomic: Bool = false) {
    self.name = name
    self.fields = fields
    self.isAtomic = isAtomic
    var always: [String: Tree] = [:]
    for (key, field) in fields where field.isAlways { always[key] = field.schema.zero }
    self.always = always
  }
}

extension Schema {
  /// What a decoder writes for a field that is always there and that nobody gave.
  var zero: Tree {
    switch self {
    case .scalar(let scalar):
      switch scalar {
      case .string, .bytes: ""
      case .integer, .number, .integerOrString: 0
      case .boolean: false
      case .quantity: "0"
      case .time, .microTime: .null
      }
    case .object(let type): .object(type.always)
    case .map, .list, .any: .null
    }
  }

  /// Whether a value here is owned as a whole.
  var isAtomic: Bool {
    switch self {
    case .scalar: true
    case .object(let type): type.isAtomic
    case .map(_, let isAtomic): isAtomic
    case .list(_, let kind): kind == .atomic
    case .any: false
    }
  }

  /// Of an object's or map's member.
  func member(_ key: String) -> Schema {
    switch self {
    case .object(let type): type.fields[key]?.schema ?? .any
    case .map(let value, _): value
    default: .any
    }
  }

  /// Whether the key is a field of the type rather than one of a map.
  func hasField(_ key: String) -> Bool { if case .object(let type) = self { type.fields[key] != nil } else { false } }
}
