import Glibc

/// The texts (or bytes) of one key in a block, in the form that fits them.
///
/// ```
/// 0, by number: │ texts varint │ compressed: each text with its length │ packed numbers │
/// 1, by digits: │ length varint │ one text │ { is digit u8 } … │ for each text its hex digits, two a byte │
/// 2, as it is:  │ packed lengths │ compressed: the texts one after another │
/// ```
/// The second is for texts of one length which differ in lower-case hex digits alone: ids, counters, UUIDs.
enum TextColumn {
  /// A text where it lies; `symbol` is its number where it has one, else ``PackedRow/none``.
  struct Text: BitwiseCopyable {
    var bytes: UnsafeRawBufferPointer
    var symbol: UInt32
  }

  private static let byNumber: UInt8 = 0
  private static let byDigits: UInt8 = 1
  private static let asItIs: UInt8 = 2
  private static let longestTemplate = 96

  /// - Parameter codes: of at least as many elements as there are symbols, all zero; left so.
  static func write(
    _ texts: UnsafeBufferPointer<Text>, codes: UnsafeMutablePointer<UInt32>, to target: inout GrowingMemory<UInt8>
  ) {
    if writeByNumber(texts, codes, &target) || writeByDigits(texts, &target) { return }
    target.append(asItIs)
    var lengths = GrowingMemory<UInt64>()
    var joined = GrowingMemory<UInt8>()
    for text in texts {
      lengths.append(UInt64(text.bytes.count))
      joined.append(text.bytes)
    }
    PackedColumn.write(lengths.elements, to: &target)
    Deflated.append(joined.raw, to: &target)
  }

  private static func writeByNumber(
    _ texts: UnsafeBufferPointer<Text>, _ codes: UnsafeMutablePointer<UInt32>, _ target: inout GrowingMemory<UInt8>
  ) -> Bool {
    var distinct = GrowingMemory<UInt32>()
    defer { for symbol in distinct.elements { codes[Int(symbol)] = 0 } }
    let most = max(texts.count / 2, 1)
    for text in texts {
      guard text.symbol != PackedRow.none else { return false }
      if codes[Int(text.symbol)] != 0 { continue }
      guard distinct.count < most else { return false }
      distinct.append(text.symbol)
      codes[Int(text.symbol)] = UInt32(truncatingIfNeeded: distinct.count)
    }
    var dictionary = GrowingMemory<UInt8>()
    var written: UInt32 = 0
    var numbers = GrowingMemory<UInt64>()
    for text in texts {
      let code = codes[Int(text.symbol)]
      if code > written {
        dictionary.appendField(text.bytes)
        written = code
      }
      numbers.append(UInt64(code - 1))
    }
    target.append(byNumber)
    target.appendVarint(UInt64(distinct.count))
    Deflated.append(dictionary.raw, to: &target)
    PackedColumn.write(numbers.elements, to: &target)
    return true
  }

  @inline(__always)
  private static func digit(_ byte: UInt8) -> UInt8? {
    if byte >= 0x30, byte <= 0x39 { return byte - 0x30 }
    if byte >= 0x61, byte <= 0x66 { return byte - 0x57 }
    return nil
  }

  private static func writeByDigits(
    _ texts: UnsafeBufferPointer<Text>, _ target: inout GrowingMemory<UInt8>
  ) -> Bool {
    guard let first = texts.first?.bytes, (1...longestTemplate).contains(first.count) else { return false }
    let length = first.count
    var differs = [UInt8](repeating: 0, count: length)
    for text in texts {
      guard text.bytes.count == length else { return false }
      for position in 0..<length where text.bytes[position] != first[position] { differs[position] = 1 }
    }
    let places = (0..<length).filter { differs[$0] != 0 }
    for text in texts {
      for place in places where digit(text.bytes[place]) == nil { return false }
    }
    target.append(byDigits)
    target.appendField(first)
    differs.withUnsafeBytes { target.append($0) }
    for text in texts {
      var high: UInt8?
      for place in places {
        let value = digit(text.bytes[place]) ?? 0
        if let upper = high {
          target.append(upper << 4 | value)
          high = nil
        } else {
          high = value
        }
      }
      if let high { target.append(high << 4) }
    }
    return true
  }

  // MARK: Reading

  /// Reads texts; the bytes that it was made of must outlive it.
  enum Reader {
    /// `offsets` of each text in `dictionary`, and the end.
    case byNumber(dictionary: [UInt8], offsets: [Int], numbers: PackedColumn.Reader)
    case byDigits(template: [UInt8], places: [Int], digits: UnsafeRawBufferPointer)
    case asItIs(joined: [UInt8], offsets: [Int])

    init(_ cursor: inout FieldCursor, count: Int) throws(SpanDamage) {
      switch cursor.byte() {
      case TextColumn.byNumber:
        let distinct = Int(truncatingIfNeeded: min(cursor.varint(), UInt64(Int32.max)))
        let dictionary = try Deflated.read(&cursor)
        guard let offsets = Self.offsets(dictionary, distinct) else {
          throw SpanDamage("a dictionary of texts is cut short")
        }
        self = .byNumber(
          dictionary: dictionary, offsets: offsets, numbers: try PackedColumn.Reader(&cursor, count: count))
      case TextColumn.byDigits:
        let template = Array(cursor.field())
        let differs = cursor.take(template.count)
        let places = differs.indices.filter { differs[$0] != 0 }
        let digits = cursor.take((places.count + 1) / 2 * count)
        if cursor.isOverrun { throw SpanDamage("a column of digits is cut short") }
        self = .byDigits(template: template, places: places, digits: digits)
      case TextColumn.asItIs:
        let lengths = try PackedColumn.Reader(&cursor, count: count)
        let joined = try Deflated.read(&cursor)
        var offsets: [Int] = [0]
        offsets.reserveCapacity(count + 1)
        var end = 0
        for index in 0..<count {
          let length = lengths[index]
          guard length <= UInt64(joined.count - end) else { throw SpanDamage("a column of texts is cut short") }
          end += Int(length)
          offsets.append(end)
        }
        self = .asItIs(joined: joined, offsets: offsets)
      case let form: throw SpanDamage("a column of texts is of the unknown form \(form)")
      }
    }

    /// The places of texts that stand behind their lengths: two numbers for each, begin and end.
    private static func offsets(_ dictionary: [UInt8], _ count: Int) -> [Int]? {
      dictionary.withUnsafeBytes { bytes in
        var cursor = FieldCursor(bytes)
        var offsets: [Int] = []
        for _ in 0..<count {
          let length = cursor.count()
          offsets.append(cursor.position)
          _ = cursor.take(length)
          offsets.append(cursor.position)
          if cursor.isOverrun { return nil }
        }
        return offsets
      }
    }

    /// Hands over the text at a position, for the time of the call.
    @inline(__always)
    func with<Value>(_ index: Int, _ body: (UnsafeRawBufferPointer) -> Value) -> Value {
      switch self {
      case .byNumber(let dictionary, let offsets, let numbers):
        let number = Int(truncatingIfNeeded: numbers[index])
        guard number >= 0, number < offsets.count / 2 else { return body(UnsafeRawBufferPointer(start: nil, count: 0)) }
        return dictionary.withUnsafeBytes {
          body(UnsafeRawBufferPointer(rebasing: $0[offsets[2 * number]..<offsets[2 * number + 1]]))
        }
      case .byDigits(let template, let places, let digits):
        var text = template
        let start = (places.count + 1) / 2 * index
        for (position, place) in places.enumerated() {
          let pair = digits[start + position / 2]
          let value = position % 2 == 0 ? pair >> 4 : pair & 15
          text[place] = value < 10 ? 0x30 + value : 0x57 + value
        }
        return text.withUnsafeBytes { body($0) }
      case .asItIs(let joined, let offsets):
        return joined.withUnsafeBytes {
          body(UnsafeRawBufferPointer(rebasing: $0[offsets[index]..<offsets[index + 1]]))
        }
      }
    }

    /// For each of the texts whether it is this one; empty where none is.
    func places(of text: [UInt8], count: Int) -> [Bool] {
      switch self {
      case .byNumber(_, _, let numbers):
        guard let wanted = self.number(of: text) ?? nil else { return [] }
        return (0..<count).map { numbers[$0] == wanted }
      case .byDigits(let template, let places, let digits):
        guard text.count == template.count else { return [] }
        var other = text
        for place in places { other[place] = template[place] }
        let values = places.map { TextColumn.digit(text[$0]) }
        guard other == template, !values.contains(nil) else { return [] }
        var wanted = [UInt8](repeating: 0, count: (places.count + 1) / 2)
        for (position, value) in values.enumerated() {
          wanted[position / 2] |= position % 2 == 0 ? (value ?? 0) << 4 : value ?? 0
        }
        guard let start = digits.baseAddress, !wanted.isEmpty else { return [Bool](repeating: true, count: count) }
        var found: [Bool] = []
        wanted.withUnsafeBytes { wanted in
          guard let own = wanted.baseAddress else { return }
          for index in 0..<count where memcmp(start + index * wanted.count, own, wanted.count) == 0 {
            if found.isEmpty { found = [Bool](repeating: false, count: count) }
            found[index] = true
          }
        }
        return found
      case .asItIs: return (0..<count).map { with($0) { $0.elementsEqual(text) } }
      }
    }

    /// The number of a text among those of ``byNumber``, to compare numbers in its place: `.some(nil)` where no text is like it;
    /// `nil` where texts have no numbers.
    private func number(of text: [UInt8]) -> UInt64?? {
      guard case .byNumber(let dictionary, let offsets, _) = self else { return nil }
      for number in 0..<offsets.count / 2
      where dictionary[offsets[2 * number]..<offsets[2 * number + 1]].elementsEqual(text) {
        return .some(UInt64(number))
      }
      return .some(nil)
    }

  }
}
