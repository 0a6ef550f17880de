import FleetModel

/// Times and values as Prometheus writes them into JSON (`util/jsonutil/marshal.go`). The functions write through a pointer and
/// return how many bytes they wrote: at most ``longestTime`` and ``longestValue``.
enum SampleText {
  typealias Bytes = UnsafeMutablePointer<UInt8>

  static let longestTime = 24
  static let longestValue = 32

  /// Seconds with the milliseconds, where there are any, as three decimals: `1435781451.781`, `1435781451.100`.
  static func write(time milliseconds: Int64, to bytes: Bytes) -> Int {
    var count = 0
    if milliseconds < 0 {
      bytes[0] = UInt8(ascii: "-")
      count = 1
    }
    let (seconds, rest) = milliseconds.magnitude.quotientAndRemainder(dividingBy: 1000)
    count += write(seconds, to: bytes + count)
    if rest == 0 { return count }
    bytes[count] = UInt8(ascii: ".")
    bytes[count + 1] = digit(rest / 100)
    bytes[count + 2] = digit(rest / 10 % 10)
    bytes[count + 3] = digit(rest % 10)
    return count + 4
  }

  /// The shortest decimal that reads back the same, with an exponent below 1e-6 and from 1e21 on; `NaN`, `+Inf`, `-Inf`.
  static func write(value: Double, to bytes: Bytes) -> Int {
    write(value, to: bytes) { size, _ in size < 1e-6 || size >= 1e21 }
  }

  /// The same as the text format writes it: with an exponent below 1e-4 and from 1e6 on (Go's `%g`).
  static func write(general value: Double, to bytes: Bytes) -> Int {
    write(value, to: bytes) { size, point in point < -3 || point > 6 }
  }

  @inline(__always)
  private static func write(
    _ value: Double, to bytes: Bytes, isScientific: (_ size: Double, _ point: Int) -> Bool
  ) -> Int {
    guard value.isFinite else { return write(value.isNaN ? "NaN" : value < 0 ? "-Inf" : "+Inf", to: bytes) }
    var count = 0
    if value.sign == .minus {
      bytes[0] = UInt8(ascii: "-")
      count = 1
    }
    let size = value.magnitude
    if size < 1e6, size == size.rounded(.towardZero) { return count + write(UInt64(size), to: bytes + count) }
    let decimal = ShortestDecimal(size)
    let point = digitCount(decimal.digits) + decimal.exponent
    return count
      + (isScientific(size, point) ? scientific(decimal, to: bytes + count) : plain(decimal, to: bytes + count))
  }

  static func write(_ number: UInt64, to bytes: Bytes) -> Int {
    let count = digitCount(number)
    var rest = number
    var index = count
    while index > 0 {
      index -= 1
      let (tenth, last) = rest.quotientAndRemainder(dividingBy: 10)
      bytes[index] = digit(last)
      rest = tenth
    }
    return count
  }

  private static func write(_ word: StaticString, to bytes: Bytes) -> Int {
    bytes.update(from: word.utf8Start, count: word.utf8CodeUnitCount)
    return word.utf8CodeUnitCount
  }

  private static func plain(_ decimal: ShortestDecimal, to bytes: Bytes) -> Int {
    let count = digitCount(decimal.digits)
    let point = count + decimal.exponent
    if point <= 0 {
      bytes[0] = UInt8(ascii: "0")
      bytes[1] = UInt8(ascii: ".")
      for index in 0..<(-point) { bytes[2 + index] = UInt8(ascii: "0") }
      return 2 - point + write(decimal.digits, to: bytes + 2 - point)
    }
    _ = write(decimal.digits, to: bytes)
    if point >= count {
      for index in count..<point { bytes[index] = UInt8(ascii: "0") }
      return point
    }
    var index = count
    while index > point {
      bytes[index] = bytes[index - 1]
      index -= 1
    }
    bytes[point] = UInt8(ascii: ".")
    return count + 1
  }

  /// `1.5e-07`: at least two digits of exponent.
  private static func scientific(_ decimal: ShortestDecimal, to bytes: Bytes) -> Int {
    var count = write(decimal.digits, to: bytes + 1)
    let exponent = decimal.exponent + count - 1
    bytes[0] = bytes[1]
    bytes[1] = UInt8(ascii: ".")
    count = count == 1 ? 1 : count + 1
    bytes[count] = UInt8(ascii: "e")
    bytes[count + 1] = UInt8(ascii: exponent < 0 ? "-" : "+")
    count += 2
    if exponent.magnitude < 10 {
      bytes[count] = UInt8(ascii: "0")
      count += 1
    }
    return count + write(UInt64(exponent.magnitude), to: bytes + count)
  }

  private static func digit(_ value: UInt64) -> UInt8 { UInt8(ascii: "0") &+ UInt8(truncatingIfNeeded: value) }

  private static func digitCount(_ number: UInt64) -> Int {
    var count = 1
    var limit: UInt64 = 10
    while count < 20, number >= limit {
      count += 1
      if count == 20 { break }
      limit *= 10
    }
    return count
  }
}
