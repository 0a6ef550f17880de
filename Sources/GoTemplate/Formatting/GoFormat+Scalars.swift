// Numbers and strings. Each function tells whether the verb fits.
extension GoFormat {
  mutating func writeInteger(_ value: Int, _ verb: Unicode.Scalar, isUnsigned: Bool) -> Bool {
    switch verb {
    case "v" where flags.sharpV && isUnsigned:
      flags.sharp = true
      writeDigits(value.magnitude, isNegative: false, radix: 16, uppercase: false, prefix: "0x")
      flags.sharp = false
    case "v", "d": writeDigits(value.magnitude, isNegative: value < 0, radix: 10, uppercase: false, prefix: "")
    case "b":
      writeDigits(value.magnitude, isNegative: value < 0, radix: 2, uppercase: false, prefix: flags.sharp ? "0b" : "")
    case "o":
      writeDigits(value.magnitude, isNegative: value < 0, radix: 8, uppercase: false, prefix: "")
    case "O": writeDigits(value.magnitude, isNegative: value < 0, radix: 8, uppercase: false, prefix: "0o")
    case "x":
      writeDigits(value.magnitude, isNegative: value < 0, radix: 16, uppercase: false, prefix: flags.sharp ? "0x" : "")
    case "X":
      writeDigits(value.magnitude, isNegative: value < 0, radix: 16, uppercase: true, prefix: flags.sharp ? "0X" : "")
    case "c": pad(String(Self.character(value)).utf8)
    case "q": pad(GoQuoting.quoted(String(Self.character(value)), by: "'", asciiOnly: flags.plus).utf8)
    case "U": writeCodePoint(value)
    default: return false
    }
    return true
  }

  private static func character(_ value: Int) -> Unicode.Scalar {
    UInt32(exactly: value).flatMap(Unicode.Scalar.init) ?? "\u{fffd}"
  }

  private mutating func writeCodePoint(_ value: Int) {
    let digits = String(UInt(bitPattern: value), radix: 16, uppercase: true)
    let wanted = max(4, flags.precision ?? 4)
    var text = "U+" + String(repeating: "0", count: max(0, min(wanted, 1 << 20) - digits.utf8.count)) + digits
    if flags.sharp, let scalar = UInt32(exactly: value).flatMap(Unicode.Scalar.init), GoQuoting.isPrint(scalar) {
      text += " '\(scalar)'"
    }
    padWithSpaces(Array(text.utf8))
  }

  private mutating func writeDigits(
    _ magnitude: UInt, isNegative: Bool, radix: Int, uppercase: Bool, prefix: String
  ) {
    let sign = isNegative ? "-" : flags.plus ? "+" : flags.space ? " " : ""
    var least = 0
    if let precision = flags.precision {
      least = precision
      if precision == 0, magnitude == 0 { return padWithSpaces([]) }
    } else if flags.zero, !flags.minus, let width = flags.width {
      least = width - sign.utf8.count
    }
    var digits = String(magnitude, radix: radix, uppercase: uppercase)
    digits = String(repeating: "0", count: max(0, least - digits.utf8.count)) + digits
    if flags.sharp, radix == 8, !digits.hasPrefix("0") { digits = "0" + digits }
    padWithSpaces(Array((sign + prefix + digits).utf8))
  }

  /// The zeros of a number are before its digits already, or were not wanted.
  private mutating func padWithSpaces(_ bytes: [UInt8]) {
    let zero = flags.zero
    flags.zero = false
    pad(bytes)
    flags.zero = zero
  }

  mutating func writeFloat(_ value: Double, _ verb: Unicode.Scalar) -> Bool {
    let (letter, standard): (UInt8, Int?)
    switch verb {
    case "v": (letter, standard) = (UInt8(ascii: "g"), nil)
    case "b", "g", "G", "x", "X": (letter, standard) = (UInt8(verb.value), nil)
    case "f", "e", "E": (letter, standard) = (UInt8(verb.value), 6)
    case "F": (letter, standard) = (UInt8(ascii: "f"), 6)
    default: return false
    }
    let precision = flags.precision ?? standard
    var number = GoFloatText.text(value, letter, precision: precision)
    var sign = UInt8(ascii: "+")
    if number.first == UInt8(ascii: "-") || number.first == UInt8(ascii: "+") { sign = number.removeFirst() }
    if flags.space, sign == UInt8(ascii: "+"), !flags.plus { sign = 0x20 }
    if !value.isFinite {
      let showsSign = value.isNaN ? flags.space || flags.plus : flags.plus || sign != UInt8(ascii: "+") || flags.space
      // An infinity keeps its sign even where none was asked for.
      padWithSpaces((showsSign || value.isInfinite ? [sign] : []) + number)
      return true
    }
    if flags.sharp, verb != "b" { restoreZeros(&number, letter, precision) }
    guard flags.plus || sign != UInt8(ascii: "+") else {
      pad(number)
      return true
    }
    if flags.zero, !flags.minus, let width = flags.width, width > number.count + 1 {
      guard width <= 1 << 20 else {
        write(repeatElement(0x30, count: width))
        return true
      }
      write([sign])
      write(repeatElement(0x30, count: width - number.count - 1))
      write(number)
    } else {
      pad([sign] + number)
    }
    return true
  }

  /// `#`: always a point, and the zeros behind it.
  private func restoreZeros(_ number: inout [UInt8], _ letter: UInt8, _ precision: Int?) {
    var missing = 0
    if "gGx".utf8.contains(letter) { missing = precision ?? 6 }
    let isHexadecimal = letter | 0x20 == UInt8(ascii: "x")
    var tail: [UInt8] = []
    if let mark = number.firstIndex(where: { ($0 | 0x20) == UInt8(ascii: isHexadecimal ? "p" : "e") }) {
      tail = Array(number[mark...])
      number.removeLast(number.count - mark)
    }
    var hasPoint = false
    var isCounting = false
    for byte in number {
      if byte == UInt8(ascii: ".") {
        hasPoint = true
      } else {
        if byte != 0x30 { isCounting = true }
        if isCounting { missing -= 1 }
      }
    }
    if !hasPoint {
      if number == [0x30] { missing -= 1 }
      number.append(UInt8(ascii: "."))
    }
    if missing > 0 { number += [UInt8](repeating: 0x30, count: min(missing, 1 << 20)) }
    number += tail
  }

  mutating func writeString(_ text: String, _ verb: Unicode.Scalar) -> Bool {
    switch verb {
    case "v" where flags.sharpV: writeQuoted(text)
    case "v", "s": pad(truncated(text))
    case "x": writeBytes(text, uppercase: false)
    case "X": writeBytes(text, uppercase: true)
    case "q": writeQuoted(text)
    default: return false
    }
    return true
  }

  /// The first characters of `text`, as many as the precision says.
  func truncated(_ text: String) -> [UInt8] {
    guard let precision = flags.precision else { return Array(text.utf8) }
    return Array(String(String.UnicodeScalarView(text.unicodeScalars.prefix(precision))).utf8)
  }

  private mutating func writeQuoted(_ text: String) {
    let text = String(decoding: truncated(text), as: UTF8.self)
    let canBackquote = text.unicodeScalars.allSatisfy {
      $0 == "\t" || ($0.value >= 0x20 && $0 != "`" && $0.value != 0x7f && $0.value != 0xfeff)
    }
    pad((flags.sharp && canBackquote ? "`\(text)`" : GoQuoting.quoted(text, asciiOnly: flags.plus)).utf8)
  }

  private mutating func writeBytes(_ text: String, uppercase: Bool) {
    let bytes = text.utf8.prefix(flags.precision ?? text.utf8.count)
    let prefix = flags.sharp ? (uppercase ? "0X" : "0x") : ""
    var result: [UInt8] = []
    for (index, byte) in bytes.enumerated() {
      if flags.space, index > 0 { result.append(0x20) }
      if index == 0 || flags.space { result += prefix.utf8 }
      result += GoQuoting.hexadecimal(UInt32(byte), digits: 2, uppercase: uppercase).utf8
    }
    pad(result)
  }
}
