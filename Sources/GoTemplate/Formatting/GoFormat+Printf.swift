// `fmt.Sprintf`.
extension GoFormat {
  /// Where a format is read.
  private struct Reader {
    let format: [UInt8]
    var position = 0
    /// Of the next value.
    var argument = 0
    /// An index like `[3]` was there: what is left over is not told then.
    var isReordered = false
    var hasGoodIndex = true
    var isAfterIndex = false

    var byte: UInt8? { position < format.count ? format[position] : nil }

    mutating func take(_ wanted: UInt8) -> Bool {
      guard byte == wanted else { return false }
      position += 1
      return true
    }

    /// Digits; the whole rest is lost where the number is too large.
    mutating func number() -> Int? {
      var number: Int?
      while let digit = byte, (0x30...0x39).contains(digit) {
        if let number, number > 1_000_000 {
          position = format.count
          return nil
        }
        number = (number ?? 0) * 10 + Int(digit - 48)
        position += 1
      }
      return number
    }

    /// Takes `[n]`, where it is there.
    mutating func index(of count: Int) {
      isAfterIndex = false
      guard byte == UInt8(ascii: "[") else { return }
      isReordered = true
      guard format.count - position >= 3, let close = format[position...].firstIndex(of: UInt8(ascii: "]")) else {
        hasGoodIndex = false
        position += 1
        return
      }
      var inner = Reader(format: Array(format[position + 1..<close]))
      let number = inner.number()
      position = close + 1
      guard let number, inner.byte == nil else {
        hasGoodIndex = false
        return
      }
      isAfterIndex = true
      if number >= 1, number <= count {
        argument = number - 1
      } else {
        hasGoodIndex = false
      }
    }
  }

  mutating func printFormatted(_ format: String, _ values: [TemplateValue]) {
    var reader = Reader(format: Array(format.utf8))
    while reader.position < reader.format.count, !isCut {
      let start = reader.position
      while let byte = reader.byte, byte != UInt8(ascii: "%") { reader.position += 1 }
      if reader.position > start { write(reader.format[start..<reader.position]) }
      guard reader.take(UInt8(ascii: "%")) else { break }
      guard writeDirective(&reader, values) else { break }
    }
    flags = Flags()
    if !reader.isReordered, reader.argument < values.count { writeExtra(values[reader.argument...]) }
  }

  private mutating func writeExtra(_ values: ArraySlice<TemplateValue>) {
    write("%!(EXTRA ")
    for (index, value) in values.enumerated() {
      if index > 0 { write(", ") }
      if case .null = value {
        write("<nil>")
      } else {
        write(value.typeName + "=")
        write(value, UInt8(ascii: "v"))
      }
    }
    write(")")
  }

  /// What stands behind a `%`; false where the format ends within it.
  private mutating func writeDirective(_ reader: inout Reader, _ values: [TemplateValue]) -> Bool {
    flags = Flags()
    reader.hasGoodIndex = true
    readFlags(&reader)
    reader.index(of: values.count)
    readWidth(&reader, values)
    readPrecision(&reader, values)
    if !reader.isAfterIndex { reader.index(of: values.count) }
    reader.isAfterIndex = false
    guard reader.position < reader.format.count else {
      write("%!(NOVERB)")
      return false
    }
    let verb = scalar(&reader)
    if verb == "%" {
      write("%")
    } else if !reader.hasGoodIndex {
      write("%!\(verb)(BADINDEX)")
    } else if reader.argument >= values.count {
      write("%!\(verb)(MISSING)")
    } else {
      if verb == "v" || verb == "w" {
        (flags.sharpV, flags.plusV) = (flags.sharp, flags.plus)
        (flags.sharp, flags.plus) = (false, false)
      }
      write(values[reader.argument], verb: verb)
      reader.argument += 1
    }
    return true
  }

  private func scalar(_ reader: inout Reader) -> Unicode.Scalar {
    var parser = Unicode.UTF8.ForwardParser()
    var bytes = reader.format[reader.position...].prefix(4).makeIterator()
    guard case .valid(let encoded) = parser.parseScalar(from: &bytes) else {
      reader.position += 1
      return "\u{fffd}"
    }
    reader.position += encoded.count
    return Unicode.UTF8.decode(encoded)
  }

  private mutating func readFlags(_ reader: inout Reader) {
    while let byte = reader.byte {
      switch Unicode.Scalar(byte) {
      case "#": flags.sharp = true
      case "0": flags.zero = true
      case "+": flags.plus = true
      case "-": flags.minus = true
      case " ": flags.space = true
      default: return
      }
      reader.position += 1
    }
  }

  private mutating func readWidth(_ reader: inout Reader, _ values: [TemplateValue]) {
    if reader.take(UInt8(ascii: "*")) {
      flags.width = integer(&reader, values)
      if flags.width == nil { write("%!(BADWIDTH)") }
      if let width = flags.width, width < 0 {
        flags.width = -width
        flags.minus = true
        flags.zero = false
      }
      reader.isAfterIndex = false
    } else {
      flags.width = reader.number()
      if reader.isAfterIndex, flags.width != nil { reader.hasGoodIndex = false }
    }
  }

  private mutating func readPrecision(_ reader: inout Reader, _ values: [TemplateValue]) {
    guard reader.position + 1 < reader.format.count, reader.take(UInt8(ascii: ".")) else { return }
    if reader.isAfterIndex { reader.hasGoodIndex = false }
    reader.index(of: values.count)
    if reader.take(UInt8(ascii: "*")) {
      flags.precision = integer(&reader, values).flatMap { $0 < 0 ? nil : $0 }
      if flags.precision == nil { write("%!(BADPREC)") }
      reader.isAfterIndex = false
    } else {
      flags.precision = reader.number() ?? 0
    }
  }

  /// The next value, where it is an integer of a size that a width may have.
  private func integer(_ reader: inout Reader, _ values: [TemplateValue]) -> Int? {
    guard reader.argument < values.count else { return nil }
    reader.argument += 1
    guard case .int(let number) = values[reader.argument - 1].underlying, number.magnitude <= 1_000_000 else {
      return nil
    }
    return number
  }
}
