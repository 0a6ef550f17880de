/// What templates work on: Go's values as far as text templates can tell them apart.
public indirect enum TemplateValue: Sendable {
  /// Nothing: a missing entry, `nil`.
  case null
  case bool(Bool)
  /// Go's `int`.
  case int(Int)
  /// Go's `float64`.
  case float(Double)
  case string(String)
  case list(TemplateList)
  case map(TemplateMap)
  /// A struct, or a value of a named type.
  case object(TemplateObject)
  case function(TemplateFunction)

  /// As Go names it in errors and for `%T`.
  public var typeName: String {
    switch self {
    case .null: "<nil>"
    case .bool: "bool"
    case .int: "int"
    case .float: "float64"
    case .string: "string"
    case .list(let list): list.typeName
    case .map(let map): map.typeName
    case .object(let object): (object.isPointer ? "*" : "") + object.typeName
    case .function(let function): function.typeName
    }
  }

  /// How many values are within each other; 0 for those that hold none.
  var depth: Int {
    switch self {
    case .list(let list): list.depth
    case .map(let map): map.depth
    case .object(let object): object.depth
    default: 0
    }
  }

  /// What a named type is made of: of a `time.Duration` the integer.
  var underlying: TemplateValue {
    if case .object(let object) = self, !object.isPointer, case .value(let inner) = object.content { return inner }
    return self
  }

  /// What a pointer points at.
  var pointee: TemplateValue {
    guard case .object(var object) = self, object.isPointer else { return self }
    object.isPointer = false
    return .object(object)
  }

  /// Neither nothing, nor zero, nor empty.
  var truth: Bool {
    switch underlying {
    case .null: false
    case .bool(let value): value
    case .int(let value): value != 0
    case .float(let value): value != 0
    case .string(let value): !value.isEmpty
    case .list(let list): !list.elements.isEmpty
    case .map(let map): !map.entries.isEmpty
    case .object, .function: true
    }
  }
}

/// A slice.
public struct TemplateList: Sendable {
  public let typeName: String
  public let elements: [TemplateValue]
  /// By name; the methods of a named slice type.
  public let methods: [String: TemplateFunction]
  let depth: Int

  /// - Parameter typeName: Go's, as `[]string` or `template.Alerts`.
  public init(
    _ elements: [TemplateValue], typeName: String = "[]interface {}", methods: [String: TemplateFunction] = [:]
  ) {
    self.typeName = typeName
    self.elements = elements
    self.methods = methods
    depth = (elements.lazy.map(\.depth).max() ?? 0) + 1
  }
}

/// A map with strings for keys.
public struct TemplateMap: Sendable {
  public let typeName: String
  public let entries: [String: TemplateValue]
  /// What stands for an entry that is not there, where the set of templates asks for zeros.
  public let zero: TemplateValue
  public let methods: [String: TemplateFunction]
  let depth: Int

  public init(
    _ entries: [String: TemplateValue], typeName: String = "map[string]interface {}", zero: TemplateValue = .null,
    methods: [String: TemplateFunction] = [:]
  ) {
    self.typeName = typeName
    self.entries = entries
    self.zero = zero
    self.methods = methods
    depth = (entries.values.lazy.map(\.depth).max() ?? 0) + 1
  }

  /// A `map[string]string`.
  public init(
    strings: [String: String], typeName: String = "map[string]string", methods: [String: TemplateFunction] = [:]
  ) {
    self.init(strings.mapValues { .string($0) }, typeName: typeName, zero: .string(""), methods: methods)
  }

  /// By the bytes of the keys, as Go sorts.
  var sorted: [(key: String, value: TemplateValue)] {
    entries.sorted { $0.key.utf8.lexicographicallyPrecedes($1.key.utf8) }
  }
}

/// A struct, or a value of a named type, with its methods.
public struct TemplateObject: Sendable {
  public enum Content: Sendable {
    /// In the order in which they are declared.
    case fields([(name: String, value: TemplateValue)])
    /// What a named type is made of.
    case value(TemplateValue)
  }

  /// With its package and without the `*` of a pointer: `time.Time`.
  public var typeName: String
  public var isPointer: Bool
  public var content: Content
  /// The fields of which the type is `interface {}`: errors call it so, whatever is in them.
  public var fieldsOfAnything: Set<String> = []
  public var methods: @Sendable (String) -> TemplateFunction?
  /// What Go's `String` method gives, where the type has one.
  public var text: (@Sendable () -> String)?
  /// What it is to Swift, for the functions that get it.
  public var native: (any Sendable)?

  public init(
    typeName: String, isPointer: Bool = false, content: Content, text: (@Sendable () -> String)? = nil,
    native: (any Sendable)? = nil, methods: @escaping @Sendable (String) -> TemplateFunction? = { _ in nil }
  ) {
    self.typeName = typeName
    self.isPointer = isPointer
    self.content = content
    self.text = text
    self.native = native
    self.methods = methods
  }

  var depth: Int {
    switch content {
    case .fields(let fields): (fields.lazy.map(\.value.depth).max() ?? 0) + 1
    case .value(let value): value.depth + 1
    }
  }
}

/// Something to call: a function of a set of templates, or a method of an object.
public struct TemplateFunction: Sendable {
  /// What an argument must be.
  public enum Parameter: Sendable, Hashable {
    case any
    case bool
    case int
    case float
    case string
    /// A type that no literal has, by its name; with a `*` where it is a pointer.
    case named(String)
    /// The same, of a named slice or map: it may be nil.
    case collection(String)

    /// As Go's errors call it.
    var text: String {
      switch self {
      case .any: "interface {}"
      case .bool: "bool"
      case .int: "int"
      case .float: "float64"
      case .string: "string"
      case .named(let name), .collection(let name): name
      }
    }

    var mayBeNil: Bool {
      switch self {
      case .any, .collection: true
      case .named(let name): ["*", "[]", "map["].contains { name.hasPrefix($0) }
      case .bool, .int, .float, .string: false
      }
    }

    /// `value` as this parameter takes it; `nil` where it does not fit.
    func fit(_ value: TemplateValue) -> TemplateValue? {
      switch (self, value) {
      case (.any, _), (.bool, .bool), (.int, .int), (.float, .float), (.string, .string): value
      case (.named(let name), _), (.collection(let name), _):
        value.typeName == name ? value : value.pointee.typeName == name ? value.pointee : nil
      default: nil
      }
    }
  }

  public typealias Body = @Sendable ([TemplateValue]) throws(TemplateCallFailure) -> TemplateValue

  public let parameters: [Parameter]
  /// What any number of further arguments must be; `nil` where there may be none.
  public let rest: Parameter?
  let body: Body

  /// - Parameter body: gets arguments that fit the parameters, or `null` for those that may be nil.
  public init(_ parameters: [Parameter] = [], rest: Parameter? = nil, _ body: @escaping Body) {
    self.parameters = parameters
    self.rest = rest
    self.body = body
  }

  var typeName: String {
    "func(" + (parameters.map(\.text) + (rest.map { ["..." + $0.text] } ?? [])).joined(separator: ", ")
      + ") interface {}"
  }
}

/// Why a function of a template gave nothing.
public enum TemplateCallFailure: Error, Sendable {
  /// What is wrong, in Go's words where Go has some: the template's error says where.
  case message(String)
  /// The execution ends and hands this to whoever asked for it.
  case stop(any Error)
}

/// Why the execution of a template ended early.
public enum TemplateFailure: Error, Sendable {
  case failed(TemplateError)
  /// What a function stopped the execution with.
  case stopped(any Error)
}
