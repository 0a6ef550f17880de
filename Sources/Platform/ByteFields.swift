/// Reads numbers and words out of the kernel's text files without making strings; stops quietly at the end of the bytes.
struct ByteFields {
  private let bytes: UnsafeRawBufferPointer
  private var position = 0

  init(_ bytes: UnsafeRawBufferPointer) { self.bytes = bytes }

  var isAtEnd: Bool { position >= bytes.count }

  /// Skips blanks and reads a decimal number; `nil`, without moving on, if there is none or it is too large.
  mutating func number() -> UInt64? {
    skipBlanks()
    var value: UInt64 = 0
    var end = position
    while end < bytes.count, case let digit = bytes[end] &- 0x30, digit < 10 {
      let (product, overflow) = value.multipliedReportingOverflow(by: 10)
      let (sum, carry) = product.addingReportingOverflow(UInt64(digit))
      if overflow || carry { return nil }
      value = sum
      end += 1
    }
    guard end > position else { return nil }
    position = end
    return value
  }

  /// Skips blanks and the word after them.
  mutating func skipField() {
    skipBlanks()
    while position < bytes.count, bytes[position] != 0x20, bytes[position] != 0x0A, bytes[position] != 0x09 {
      position += 1
    }
  }

  mutating func skipLine() {
    while position < bytes.count, bytes[position] != 0x0A { position += 1 }
    position += 1
  }

  /// Moves past `text` if the bytes go on with it.
  mutating func take(_ text: StaticString) -> Bool {
    let count = text.utf8CodeUnitCount
    guard position + count <= bytes.count else { return false }
    for index in 0..<count where bytes[position + index] != text.utf8Start[index] { return false }
    position += count
    return true
  }

  /// Moves past the next `byte` of this line; false, at the line's end, if it has none.
  mutating func skip(past byte: UInt8) -> Bool {
    while position < bytes.count, bytes[position] != 0x0A {
      position += 1
      if bytes[position - 1] == byte { return true }
    }
    return false
  }

  /// The rest of this line, without its end.
  mutating func line() -> UnsafeRawBufferPointer {
    let start = min(position, bytes.count)
    skipLine()
    return UnsafeRawBufferPointer(rebasing: bytes[start..<min(max(position - 1, start), bytes.count)])
  }

  mutating func skipBlanks() {
    while position < bytes.count, bytes[position] == 0x20 || bytes[position] == 0x09 { position += 1 }
  }
}
