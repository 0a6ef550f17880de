/// The integers that stand for a column's values.
struct ValueDomain: Equatable {
  let rawValue: UInt8

  init?(rawValue: UInt8) {
    guard rawValue <= 10 else { return nil }
    self.rawValue = rawValue
  }

  /// `n / 10^exponent`, exponent 0 ... 9.
  private init(exponent: Int) { rawValue = UInt8(exponent) }

  /// The bits of the double as a number that rises with it.
  private init() { rawValue = 10 }

  static var bits: ValueDomain { ValueDomain() }

  /// The bits below the sign, negative where it is set; -0 is the least number.
  private static func ordered(_ value: Double) -> Int64 {
    let size = Int64(bitPattern: value.bitPattern) & .max
    guard value.sign == .minus else { return size }
    return size == 0 ? .min : -size
  }

  @inline(__always)
  private static func value(ordered number: Int64) -> Double {
    let sign = number &>> 63
    return Double(bitPattern: UInt64(bitPattern: (number ^ sign) &- sign | sign & .min))
  }

  /// Finds the domain that suits and turns the values into its integers; appends those that have none to `exceptions`.
  static func fill(
    _ numbers: UnsafeMutablePointer<Int64>, from values: UnsafeBufferPointer<Double>, exceptions: inout [UInt8]
  ) -> ValueDomain {
    let start = exceptions.count
    if fillWholes(numbers, from: values) { return ValueDomain(exponent: 0) }
    if let exponent = decimalExponent(values), fillDecimals(numbers, from: values, exponent, &exceptions) {
      return ValueDomain(exponent: exponent)
    }
    exceptions.removeSubrange(start...)
    for index in values.indices { numbers[index] = ordered(values[index]) }
    return bits
  }

  /// - Returns: `false` as soon as a value is no integer.
  private static func fillWholes(
    _ numbers: UnsafeMutablePointer<Int64>, from values: UnsafeBufferPointer<Double>
  ) -> Bool {
    for index in values.indices {
      let number = ScaledInteger.number(values[index])
      guard number != ScaledInteger.none else { return false }
      numbers[index] = number
    }
    return true
  }

  /// The least exponent under which nearly all values are integers.
  private static func decimalExponent(_ values: UnsafeBufferPointer<Double>) -> Int? {
    var exponent = 0
    var misfits = 0
    for value in values where !ChunkCodec.isSpecial(value) {
      if ScaledInteger.number(value, exponent: exponent) != ScaledInteger.none { continue }
      var larger = exponent + 1
      while larger <= 9, ScaledInteger.number(value, exponent: larger) == ScaledInteger.none { larger += 1 }
      if larger <= 9 {
        exponent = larger
      } else {
        misfits += 1
        if misfits > values.count / 16 { return nil }
      }
    }
    return exponent
  }

  private static func fillDecimals(
    _ numbers: UnsafeMutablePointer<Int64>, from values: UnsafeBufferPointer<Double>, _ exponent: Int,
    _ exceptions: inout [UInt8]
  ) -> Bool {
    let start = exceptions.count
    var last = ScaledInteger.none
    var raw = 0
    var count = 0
    var lead = 0
    for index in values.indices {
      let value = values[index]
      let number = ChunkCodec.isSpecial(value) ? ScaledInteger.none : ScaledInteger.number(value, exponent: exponent)
      if number != ScaledInteger.none {
        numbers[index] = number
        last = number
        continue
      }
      if count == 0 { exceptions += [0, 0] }
      count += 1
      raw += ValueExceptions.append(value, at: index, to: &exceptions) ? 1 : 0
      if raw > values.count / 8 { return false }
      if last == ScaledInteger.none { lead = index + 1 }
      numbers[index] = last
    }
    for index in 0..<lead { numbers[index] = lead < values.count ? numbers[lead] : 0 }
    if count > 0 {
      exceptions[start] = UInt8(truncatingIfNeeded: count - 1)
      exceptions[start + 1] = UInt8(truncatingIfNeeded: (count - 1) >> 8)
    }
    return true
  }

  /// Turns integers back into values; both may lie in the same memory.
  func restore(_ numbers: UnsafePointer<Int64>, count: Int, into values: UnsafeMutablePointer<Double>) {
    switch rawValue {
    case 0: for index in 0..<count { values[index] = Double(numbers[index]) }
    case 10:
      for index in 0..<count { values[index] = Self.value(ordered: numbers[index]) }
    default:
      let power = ScaledInteger.power(Int(rawValue))
      for index in 0..<count { values[index] = Double(numbers[index]) / power }
    }
  }
}

/// Values that no integer of the column's domain stands for.
struct ValueExceptions {
  private let bytes: UnsafeRawBufferPointer
  private let count: Int

  private static let inFull = 5

  private static func form(_ value: Double) -> Int {
    switch value.bitPattern {
    case StaleMarker.bitPattern: 0
    case Double.nan.bitPattern: 1
    case Double.infinity.bitPattern: 2
    case (-Double.infinity).bitPattern: 3
    case (-0.0).bitPattern: 4
    default: inFull
    }
  }

  private static func common(_ form: Int) -> Double {
    switch form {
    case 0: StaleMarker.value
    case 1: .nan
    case 2: .infinity
    case 3: -.infinity
    default: -0.0
    }
  }

  init(_ reader: inout ColumnReader) throws(ChunkError) {
    count = Int(try reader.word(2)) + 1
    bytes = reader.rest
    guard count <= ValueColumn.maximumCount else { throw .corrupt(atSample: 0, "\(count) exceptions") }
    for _ in 0..<count {
      if try reader.word(2) >> 10 >= UInt64(Self.inFull) { _ = try reader.word(8) }
    }
  }

  /// - Returns: `true` if the value had to be written in full.
  static func append(_ value: Double, at position: Int, to bytes: inout [UInt8]) -> Bool {
    let form = form(value)
    bytes.append(word: UInt64(position | form << 10), size: 2)
    guard form == inFull else { return false }
    bytes.append(word: value.bitPattern, size: 8)
    return true
  }

  func apply(to values: UnsafeMutablePointer<Double>, count end: Int) throws(ChunkError) {
    var reader = ColumnReader(bytes)
    for _ in 0..<count {
      let head = try reader.word(2)
      let position = Int(head & 0x3ff)
      let form = Int(head >> 10)
      guard position < end, form <= Self.inFull else { throw .corrupt(atSample: position, "a misplaced exception") }
      values[position] = form == Self.inFull ? Double(bitPattern: try reader.word(8)) : Self.common(form)
    }
  }
}
