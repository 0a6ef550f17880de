/// Reads types written as text, one after the other; a type stands before those that use it.
///
/// ```
/// Probe
///   httpGet HTTPGetAction
///   timeoutSeconds int = 1
/// ```
///
/// A line under a name is a field, its type, and what is true of it:
/// `string int number bool quantity port time micro bytes any`, the name of a type; `[T]` an atomic list, `set[T]`,
/// `[T by name,protocol=TCP]` a list told apart by keys; `{T}` a map; `atomic T` owned as a whole;
/// `!T` always written; `?T` keeps a zero; `T = x` what stands for nothing (as JSON);
/// `T in a|b` the only texts; `T bounds min=0,maxLength=9` limits; `T !` required. A name followed by `atomic` makes all values of that type atomic.
struct SchemaText {
  private(set) var types: [String: ObjectType]

  init(_ types: [String: ObjectType] = [:]) { self.types = types }

  /// Adds the types of a text.
  mutating func add(_ text: String) {
    var name = ""
    var isAtomic = false
    var fields: [String: ObjectType.Field] = [:]
    func close(_ types: inout [String: ObjectType]) {
      if !name.isEmpty { types[name] = ObjectType(name: name, fields: fields, isAtomic: isAtomic) }
      fields = [:]
    }
    for line in text.split(separator: "\n") where !line.allSatisfy({ $0 == " " }) {
      if line.hasPrefix(" ") {
        let words = line.split(separator: " ", omittingEmptySubsequences: true).map(String.init)
        precondition(words.count >= 2, "BUG: field without a type: \(line)")
        for field in words[0].split(separator: ",") { fields[String(field)] = self.field(words.dropFirst()) }
      } else {
        close(&types)
        let words = line.split(separator: " ")
        name = String(words[0])
        isAtomic = words.dropFirst().contains("atomic")
      }
    }
    close(&types)
  }

  private func field(_ words: ArraySlice<String>) -> ObjectType.Field {
    var words = words
    var field = ObjectType.Field(schema: .any)
    if let choices = take("in", of: &words) { field.choices = choices.split(separator: "|").map(String.init) }
    if let bounds = take("bounds", of: &words) { field.bounds = Self.bounds(bounds) }
    if let standard = take("=", of: &words) { field.standard = Self.value(standard) }
    if words.last == "!" {
      field.isRequired = true
      words.removeLast()
    }
    var text = words.joined(separator: " ")
    if text.hasPrefix("!") {
      field.isAlways = true
      text.removeFirst()
    }
    if text.hasPrefix("?") {
      field.keepsZero = true
      text.removeFirst()
    }
    field.schema = schema(text)
    return field
  }

  /// The word behind `keyword`, both taken away.
  private func take(_ keyword: String, of words: inout ArraySlice<String>) -> String? {
    guard let place = words.firstIndex(of: keyword), place + 1 < words.endIndex else { return nil }
    let value = words[place + 1]
    words.removeSubrange(place...(place + 1))
    return value
  }

  private static func bounds(_ text: String) -> ObjectType.Bounds {
    var bounds = ObjectType.Bounds()
    for part in text.split(separator: ",") {
      let pair = part.split(separator: "=")
      guard pair.count == 2, let value = Double(pair[1]) else { preconditionFailure("BUG: bounds \(text)") }
      switch pair[0] {
      case "min": bounds.minimum = value
      case "max": bounds.maximum = value
      case "minLength": bounds.minimumLength = Int(value)
      case "maxLength": bounds.maximumLength = Int(value)
      default: preconditionFailure("BUG: bounds \(text)")
      }
    }
    return bounds
  }

  private static func value(_ text: String) -> Tree {
    switch text {
    case "true": true
    case "false": false
    case "{}": .object([:])
    case "\"\"": ""
    default: Double(text).map { .number($0) } ?? .string(text)
    }
  }

  func schema(_ text: String) -> Schema {
    if text.hasPrefix("atomic ") {
      switch schema(String(text.dropFirst(7))) {
      case .map(let value, _): return .map(value, isAtomic: true)
      case .object(let type): return .object(ObjectType(name: type.name, fields: type.fields, isAtomic: true))
      case let other: return other
      }
    }
    if text.hasPrefix("{"), text.hasSuffix("}") {
      return .map(schema(String(text.dropFirst().dropLast())), isAtomic: false)
    }
    if text.hasPrefix("set["), text.hasSuffix("]") { return .list(schema(String(text.dropFirst(4).dropLast())), .set) }
    if text.hasPrefix("["), text.hasSuffix("]") {
      let inner = text.dropFirst().dropLast().split(separator: " ")
      guard inner.count == 3, inner[1] == "by" else {
        return .list(schema(String(text.dropFirst().dropLast())), .atomic)
      }
      let keys = inner[2].split(separator: ",").map { key in
        let parts = key.split(separator: "=", maxSplits: 1)
        return Schema.Key(name: String(parts[0]), standard: parts.count > 1 ? .string(String(parts[1])) : nil)
      }
      return .list(schema(String(inner[0])), .map(keys))
    }
    switch text {
    case "string": return .scalar(.string)
    case "int": return .scalar(.integer)
    case "number": return .scalar(.number)
    case "bool": return .scalar(.boolean)
    case "quantity": return .scalar(.quantity)
    case "port": return .scalar(.integerOrString)
    case "time": return .scalar(.time)
    case "micro": return .scalar(.microTime)
    case "bytes": return .scalar(.bytes)
    case "any": return .any
    default:
      guard let type = types[text] else { preconditionFailure("BUG: type \(text) is not written before its use") }
      return .object(type)
    }
  }
}
