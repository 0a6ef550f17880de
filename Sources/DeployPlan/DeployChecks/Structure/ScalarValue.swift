/// A scalar as `kubectl` and the API server read it: YAML 1.1 with decimal, octal and hexadecimal numbers, by the rules
/// of sigs.k8s.io/yaml (<https://github.com/kubernetes-sigs/yaml>, a fork of go-yaml v2).
///
/// Hence `on` and `yes` are booleans, `0644` is 420, and what stands in quotes is a text.
enum ScalarValue: Equatable {
  case null
  case boolean
  case integer(Int64)
  case number(Double)
  case text(String)

  init(_ text: String, plain: Bool) {
    guard plain else {
      self = .text(text)
      return
    }
    if YAMLTree.isNull(text) {
      self = .null
    } else if Self.booleans.contains(text) {
      self = .boolean
    } else if let number = Self.number(text) {
      self = number
    } else {
      self = .text(text)
    }
  }

  private static let booleans: Set = [
    "y", "Y", "yes", "Yes", "YES", "on", "On", "ON", "n", "N", "no", "No", "NO", "off", "Off", "OFF", "true", "True",
    "TRUE", "false", "False", "FALSE",
  ]

  private static func number(_ text: String) -> ScalarValue? {
    guard let first = text.utf8.first, (48...57).contains(first) || "+-.".utf8.contains(first) else { return nil }
    if [".inf", "+.inf", "-.inf", ".nan"].contains(text.lowercased()) { return .number(.infinity) }
    let plain = text.contains("_") ? text.filter { $0 != "_" } : text
    if let integer = integer(plain) { return .integer(integer) }
    return YAMLNumber.decimal(plain).map { .number($0) }
  }

  /// As Go's `strconv.ParseInt` with base 0.
  private static func integer(_ text: String) -> Int64? {
    let isNegative = text.utf8.first == UInt8(ascii: "-")
    var digits = Substring(text)
    if isNegative || text.utf8.first == UInt8(ascii: "+") { digits = digits.dropFirst() }
    var radix = 10
    for (prefix, base) in [("0x", 16), ("0X", 16), ("0o", 8), ("0O", 8), ("0b", 2), ("0B", 2)]
    where digits.hasPrefix(prefix) {
      radix = base
      digits = digits.dropFirst(2)
      break
    }
    if radix == 10, digits.count > 1, digits.first == "0" { radix = 8 }
    guard let first = digits.first, first != "+", first != "-" else { return nil }
    return Int64((isNegative ? "-" : "") + digits, radix: radix)
  }
}

extension YAMLTree {
  /// What a scalar is to Kubernetes; `nil` for lists and mappings.
  var scalar: ScalarValue? {
    if case .scalar(let text, let plain) = content { return ScalarValue(text, plain: plain) }
    return nil
  }

  /// The whole number that it is; `nil` for anything else.
  var integer: Int64? {
    switch scalar {
    case .integer(let value): value
    case .number(let value): Int64(exactly: value)
    default: nil
    }
  }

  var decimal: Double? {
    switch scalar {
    case .integer(let value): Double(value)
    case .number(let value): value.isFinite ? value : nil
    default: nil
    }
  }

  /// The text that it is; `nil` for anything else, an empty one included where `filled`.
  var string: String? {
    if case .text(let text) = scalar { return text }
    return nil
  }

  var isTrue: Bool {
    if case .scalar(let text, plain: true) = content {
      return YAMLTree.oldBooleans[text.lowercased()] ?? (text.lowercased() == "true")
    }
    return false
  }

  /// Not there, or there without a value.
  var isAbsent: Bool { scalar == .null }

  /// What it is to Kubernetes, for messages.
  var found: String {
    switch content {
    case .sequence: return "a list"
    case .mapping: return "a mapping"
    case .scalar(let text, let plain):
      let shown = Self.shortened(text)
      switch ScalarValue(text, plain: plain) {
      case .null: return "no value"
      case .boolean: return "the boolean \(shown)"
      case .integer, .number: return "the number \(shown)"
      case .text: return "the text \"\(shown)\""
      }
    }
  }
}
