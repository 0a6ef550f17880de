/// What a field of an object may hold.
struct FieldType: Sendable {
  indirect enum Form: Sendable {
    /// Whatever it is: it is not looked into.
    case any
    case boolean
    case int32
    case int64
    case number
    case integerOrText
    case text(TextForm)
    case oneOf([String])
    /// An index of ``FieldTables/objects``.
    case object(Int)
    /// - Parameters:
    ///   - keys: what tells the elements apart, where the server merges lists element by element.
    ///   - isSet: whether no element stands twice.
    case list(FieldType, keys: [String], isSet: Bool)
    case map(FieldType)
  }

  /// What a text is to be.
  enum TextForm: String, Sendable, CaseIterable {
    case plain = "string"
    case quantity
    case time
    case base64
    /// A duration of Go's of a millisecond at least, as Istio's schema asks for.
    case duration
    /// A duration of Prometheus', as the operator's schema asks for.
    case interval
    case byteSize
    case webURL
    case proxyURL
    case groupName
    case kindName
    case partialResponse
  }

  /// What is asked of a value beyond its form: the rules that Istio's definitions give in CEL.
  enum Rule: String, Sendable {
    case plain, plainItems, filledItems, empty, portKeys, portLevelNeedsSelector, serviceAccountsAlone
  }

  var form: Form
  /// Of a number its value, of a text its length, of a list or mapping its count.
  var least: Int64?
  var most: Int64?
  var rules: [Rule] = []
  var isNullable = false
}

/// The fields of one kind of mapping.
struct ObjectType: Sendable {
  struct Field: Sendable {
    var type: FieldType
    var isRequired: Bool
  }

  var name: String
  var fields: [String: Field] = [:]
  /// In alphabetical order.
  var fieldNames: [String] = []
  var requiredNames: [String] = []
  /// Of each group one at most may be given.
  var alternatives: [[String]] = []
  var rules: [FieldType.Rule] = []
}

/// One kind of object in all of its versions.
struct KindType: Sendable {
  /// Empty for the core group.
  var group: String
  var versions: [String]
  var kind: String
  var isClusterWide: Bool
  /// Without `apiVersion` and `kind`.
  var object: ObjectType
  /// Whether a CustomResourceDefinition describes it: `null` is then a value that is refused.
  var isCustom: Bool
}
