/// Reads the notation of the field tables.
///
/// ```text
/// PodSpec: containers! [Container by name], nodeSelector {string}, restartPolicy Always|OnFailure|Never
/// StringMatch(exact|prefix|regex): exact string, prefix string, regex string
/// kind cluster v1 Namespace: spec NamespaceSpec, status any
/// ```
/// `!` marks what must be given, `[T by k1+k2]` a list merged by keys, `[T set]` one without repetition, `{T}` a
/// mapping, `A|B` and `=A` what is one of few texts, `(a..b)` bounds, `&rule` what else is asked, `?` what may be null,
/// `(a|b)` behind a name fields of which one at most may be given. Indented lines go on with the one above.
struct FieldNotation {
  private(set) var objects: [ObjectType] = []
  private(set) var kinds: [KindType] = []
  private var indices: [String: Int] = [:]
  /// Text that is no notation. Only a mistake of ours: a test asks that there be none.
  private(set) var mistakes: [String] = []

  init(_ tables: [String]) {
    let lines = tables.flatMap { Self.joined($0) }
    for line in lines where !line.hasPrefix("kind ") {
      let name = String(line.prefix { $0 != ":" && $0 != "(" && $0 != "&" })
      if indices[name] != nil { mistakes.append("\(name) is given twice") }
      indices[name] = objects.count
      objects.append(ObjectType(name: name))
    }
    for line in lines {
      guard let colon = line.firstIndex(of: ":") else {
        mistakes.append(line)
        continue
      }
      let head = line[..<colon]
      if head.hasPrefix("kind ") {
        readKind(head.dropFirst(5), fields: line[line.index(after: colon)...])
      } else {
        var object = self.object(named: head, fields: line[line.index(after: colon)...])
        object.name = String(head.prefix { $0 != "(" && $0 != "&" })
        if let index = indices[object.name] { objects[index] = object }
      }
    }
  }

  private static func joined(_ table: String) -> [String] {
    var lines: [String] = []
    for line in table.split(separator: "\n") {
      if line.first == " ", let last = lines.indices.last {
        lines[last] += " " + line.drop { $0 == " " }
      } else {
        lines.append(String(line))
      }
    }
    return lines
  }

  private mutating func readKind(_ head: Substring, fields: Substring) {
    var words = head.split(separator: " ").map(String.init)
    let isClusterWide = words.first == "cluster"
    if isClusterWide { words.removeFirst() }
    guard words.count == 2 else { return mistakes.append(String(head)) }
    let parts = words[0].split(separator: "/")
    let group = parts.count == 2 ? String(parts[0]) : ""
    let isCustom = group.hasSuffix(".istio.io") || group == "monitoring.coreos.com"
    var object = object(named: head, fields: fields)
    object.name = words[1]
    if let metadata = indices["ObjectMeta"] {
      object.fields["metadata"] = ObjectType.Field(type: FieldType(form: .object(metadata)), isRequired: true)
      object.fieldNames.append("metadata")
      object.requiredNames.append("metadata")
    }
    kinds.append(
      KindType(
        group: group, versions: (parts.last ?? "").split(separator: ",").map(String.init), kind: words[1],
        isClusterWide: isClusterWide, object: object, isCustom: isCustom))
  }

  private mutating func object(named head: Substring, fields: Substring) -> ObjectType {
    var object = ObjectType(name: "")
    for group in head.split(separator: "(").dropFirst() {
      object.alternatives.append(group.prefix { $0 != ")" }.split(separator: "|").map(String.init))
    }
    for name in head.split(separator: "&").dropFirst() {
      guard let rule = FieldType.Rule(rawValue: String(name)) else { return mistake(String(head), object) }
      object.rules.append(rule)
    }
    for text in fields.split(separator: ",") {
      let field = text.drop { $0 == " " }
      guard let blank = field.firstIndex(of: " ") else { return mistake(String(field), object) }
      var name = String(field[..<blank])
      let isRequired = name.last == "!"
      if isRequired { name.removeLast() }
      var rest = field[field.index(after: blank)...]
      let type = readType(&rest)
      if !rest.isEmpty { mistakes.append(String(field)) }
      object.fields[name] = ObjectType.Field(type: type, isRequired: isRequired)
      object.fieldNames.append(name)
      if isRequired { object.requiredNames.append(name) }
    }
    return object
  }

  private mutating func mistake(_ text: String, _ object: ObjectType) -> ObjectType {
    mistakes.append(text)
    return object
  }

  /// Lists and mappings stand in each other as deep as the tables, which are ours, have them.
  private mutating func readType(_ rest: inout Substring) -> FieldType {
    var type = FieldType(form: .any)
    if rest.first == "[" {
      rest = rest.dropFirst()
      let element = readType(&rest)
      let qualifier = String(rest.prefix { $0 != "]" })
      rest = rest.dropFirst(qualifier.count + 1)
      let keys = qualifier.hasPrefix(" by ") ? qualifier.dropFirst(4).split(separator: "+").map(String.init) : []
      type.form = .list(element, keys: keys, isSet: qualifier == " set")
    } else if rest.first == "{" {
      rest = rest.dropFirst()
      let value = readType(&rest)
      rest = rest.dropFirst()
      type.form = .map(value)
    } else {
      let word = String(rest.prefix { !"()]}&? ".contains($0) })
      rest = rest.dropFirst(word.count)
      type.form = form(word)
    }
    readSuffixes(&rest, &type)
    return type
  }

  private mutating func form(_ word: String) -> FieldType.Form {
    switch word {
    case "any": return .any
    case "bool": return .boolean
    case "int32": return .int32
    case "int64": return .int64
    case "number": return .number
    case "intOrString": return .integerOrText
    default: break
    }
    if let text = FieldType.TextForm(rawValue: word) { return .text(text) }
    if word.hasPrefix("=") { return .oneOf([String(word.dropFirst())]) }
    if word.contains("|") { return .oneOf(word.split(separator: "|").map { $0 == "\"\"" ? "" : String($0) }) }
    if let index = indices[word] { return .object(index) }
    mistakes.append(word)
    return .any
  }

  private mutating func readSuffixes(_ rest: inout Substring, _ type: inout FieldType) {
    while let mark = rest.first {
      switch mark {
      case "(":
        let bounds = rest.dropFirst().prefix { $0 != ")" }
        rest = rest.dropFirst(bounds.count + 2)
        guard let dots = bounds.firstRange(of: "..") else { return mistakes.append(String(bounds)) }
        type.least = Int64(bounds[..<dots.lowerBound])
        type.most = Int64(bounds[dots.upperBound...])
      case "&":
        let name = String(rest.dropFirst().prefix { $0.isLetter })
        rest = rest.dropFirst(name.count + 1)
        guard let rule = FieldType.Rule(rawValue: name) else { return mistakes.append(name) }
        type.rules.append(rule)
      case "?":
        rest = rest.dropFirst()
        type.isNullable = true
      default: return
      }
    }
  }
}
