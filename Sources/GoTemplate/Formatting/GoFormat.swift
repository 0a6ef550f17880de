/// Writes values as Go's `fmt` does (<https://pkg.go.dev/fmt>).
struct GoFormat {
  private(set) var output: [UInt8] = []
  /// Something was left out: the text would be longer than allowed.
  private(set) var isCut = false
  private let limit: Int
  var flags = Flags()
  /// While a value is shown in an error: its methods are not asked.
  private var isShowingError = false

  struct Flags {
    var sharp = false
    var zero = false
    var plus = false
    var minus = false
    var space = false
    /// `%#v` and `%+v`.
    var sharpV = false
    var plusV = false
    var width: Int?
    var precision: Int?
  }

  /// - Parameter limit: bytes.
  init(limit: Int) { self.limit = limit }

  /// `value` as a verb writes it, for errors: the beginning of it, where it is long.
  static func text(of value: TemplateValue, _ verb: Unicode.Scalar = "v") -> String {
    var format = GoFormat(limit: 1000)
    format.write(value, verb: verb)
    return String(decoding: format.output, as: UTF8.self)
  }

  // MARK: Writing

  mutating func write(_ bytes: some Collection<UInt8>) {
    guard !isCut, output.count + bytes.count <= limit else {
      isCut = true
      return
    }
    output += bytes
  }

  mutating func write(_ text: String) { write(text.utf8) }

  /// `bytes` to the width asked for.
  mutating func pad(_ bytes: some Collection<UInt8>) {
    let length = bytes.reduce(0) { $0 + ($1 & 0xc0 == 0x80 ? 0 : 1) }
    let missing = max(0, (flags.width ?? 0) - length)
    if flags.minus { write(bytes) }
    if missing > 0 {
      if missing > limit { isCut = true }
      guard !isCut else { return }
      write(repeatElement(flags.zero && !flags.minus ? 0x30 : 0x20, count: missing))
    }
    if !flags.minus { write(bytes) }
  }

  // MARK: Print

  /// `fmt.Sprint`: a space between two neighbours of which neither is a string.
  mutating func print(_ values: [TemplateValue]) {
    var isAfterString = true
    for (index, value) in values.enumerated() {
      var isString = false
      if case .string = value.underlying { isString = true }
      if index > 0, !isString, !isAfterString { write(" ") }
      write(value, UInt8(ascii: "v"))
      isAfterString = isString
    }
  }

  mutating func printLine(_ values: [TemplateValue]) {
    for (index, value) in values.enumerated() {
      if index > 0 { write(" ") }
      write(value, UInt8(ascii: "v"))
    }
    write("\n")
  }

  // MARK: Values

  mutating func badVerb(_ verb: Unicode.Scalar, _ value: TemplateValue) {
    write("%!\(verb)(")
    if case .null = value {
      write("<nil>")
    } else {
      isShowingError = true
      write(value.typeName + "=")
      write(value, UInt8(ascii: "v"))
      isShowingError = false
    }
    write(")")
  }

  mutating func write(_ value: TemplateValue, _ verb: UInt8, depth: Int = 0) {
    write(value, verb: Unicode.Scalar(verb), depth: depth)
  }

  mutating func write(_ value: TemplateValue, verb: Unicode.Scalar, depth: Int = 0) {
    guard !isCut else { return }
    if case .null = value {
      if depth > 0 {
        return write(flags.sharpV ? "interface {}(nil)" : "<nil>")
      }
      if verb == "v" || verb == "T" { pad("<nil>".utf8) } else { badVerb(verb, value) }
      return
    }
    if verb == "T", depth == 0 { return pad(truncated(value.typeName)) }
    switch value {
    case .null: break
    case .list, .map, .object, .function:
      if verb == "w", !isShowingError { return badVerb(verb, value) }
    default: break
    }
    switch value {
    case .null: break
    case .bool(let truth):
      if verb == "t" || verb == "v" { pad((truth ? "true" : "false").utf8) } else { badVerb(verb, value) }
    case .int(let number):
      if !writeInteger(number, verb, isUnsigned: false) { badVerb(verb, value) }
    case .float(let number):
      if !writeFloat(number, verb) { badVerb(verb, value) }
    case .string(let text):
      if !writeString(text, verb) { badVerb(verb, value) }
    case .list(let list): write(list, verb, depth)
    case .map(let map): write(map, verb, depth)
    case .object(let object): write(object, verb, depth)
    case .function: writeAddress(value, verb)
    }
  }

  private mutating func write(_ list: TemplateList, _ verb: Unicode.Scalar, _ depth: Int) {
    write(flags.sharpV ? list.typeName + "{" : "[")
    for (index, element) in list.elements.enumerated() {
      if isCut { return }
      if index > 0 { write(flags.sharpV ? ", " : " ") }
      write(element, verb: verb, depth: depth + 1)
    }
    write(flags.sharpV ? "}" : "]")
  }

  private mutating func write(_ map: TemplateMap, _ verb: Unicode.Scalar, _ depth: Int) {
    write(flags.sharpV ? map.typeName + "{" : "map[")
    for (index, entry) in map.sorted.enumerated() {
      if isCut { return }
      if index > 0 { write(flags.sharpV ? ", " : " ") }
      write(.string(entry.key), verb: verb, depth: depth + 1)
      write(":")
      write(entry.value, verb: verb, depth: depth + 1)
    }
    write(flags.sharpV ? "}" : "]")
  }

  private mutating func write(_ object: TemplateObject, _ verb: Unicode.Scalar, _ depth: Int) {
    if !isShowingError, !flags.sharpV, "vsxXq".unicodeScalars.contains(verb), let text = object.text {
      _ = writeString(text(), verb)
      return
    }
    let value = TemplateValue.object(object)
    if object.isPointer {
      var isPlain = true
      if case .value(let inner) = object.content {
        switch inner {
        case .list, .map: break
        default: isPlain = false
        }
      }
      guard depth == 0, isPlain else { return writeAddress(value, verb) }
      write("&")
      return write(value.pointee, verb: verb, depth: depth + 1)
    }
    switch object.content {
    case .value(let inner): write(named: object, inner, verb, depth)
    case .fields(let fields):
      write(flags.sharpV ? object.typeName + "{" : "{")
      for (index, field) in fields.enumerated() {
        if index > 0 { write(flags.sharpV ? ", " : " ") }
        if flags.plusV || flags.sharpV { write(field.name + ":") }
        write(field.value, verb: verb, depth: depth + 1)
      }
      write("}")
    }
  }

  private mutating func write(
    named object: TemplateObject, _ inner: TemplateValue, _ verb: Unicode.Scalar, _ depth: Int
  ) {
    let isWritten: Bool
    switch inner {
    case .int(let number): isWritten = writeInteger(number, verb, isUnsigned: object.typeName.hasPrefix("uint"))
    case .float(let number): isWritten = writeFloat(number, verb)
    case .string(let text): isWritten = writeString(text, verb)
    case .bool(let truth):
      isWritten = verb == "t" || verb == "v"
      if isWritten { pad((truth ? "true" : "false").utf8) }
    default:
      write(inner, verb: verb, depth: depth)
      isWritten = true
    }
    if !isWritten { badVerb(verb, .object(object)) }
  }

  /// Where something lies in memory is nobody's business: every address is the same.
  private mutating func writeAddress(_ value: TemplateValue, _ verb: Unicode.Scalar) {
    switch verb {
    case "v", "p": write("0xc000000000")
    case "b", "o", "d", "x", "X": _ = writeInteger(0xc0_0000_0000, verb, isUnsigned: true)
    default: badVerb(verb, value)
    }
  }
}
