/// Reads the file format of RFC 8536, section 3: a header and a block with times of 32 bits; from version 2 on a second
/// header and block with times of 64 bits, which count, and a footer with the rule for all times after.
struct TZifReader {
  private let bytes: [UInt8]
  private var position = 0

  static func read(_ bytes: [UInt8]) throws(TimeZoneError) -> TimeZoneRules {
    var reader = TZifReader(bytes: bytes)
    let header = try reader.header()
    guard header.version >= 2 else { return try reader.block(header, wide: false, footer: nil) }
    try reader.skip(header.size(timeWidth: 4))
    let second = try reader.header()
    var footerReader = reader
    try footerReader.skip(second.size(timeWidth: 8))
    return try reader.block(second, wide: true, footer: try footerReader.footer())
  }

  private init(bytes: [UInt8]) { self.bytes = bytes }

  private struct Header {
    var version: Int
    var utIndicators: Int
    var standardIndicators: Int
    var leapSeconds: Int
    var transitions: Int
    var types: Int
    var characters: Int

    func size(timeWidth: Int) -> Int {
      transitions * (timeWidth + 1) + types * 6 + characters + leapSeconds * (timeWidth + 4) + standardIndicators
        + utIndicators
    }
  }

  private mutating func header() throws(TimeZoneError) -> Header {
    guard bytes.count - position >= 44 else { throw position == 0 ? .notATimeZoneFile : .truncated }
    guard bytes[position..<position + 4].elementsEqual("TZif".utf8) else { throw .notATimeZoneFile }
    let digit = bytes[position + 4]
    position += 20
    var counts: [Int] = []
    for _ in 0..<6 { counts.append(Int(try integer(4))) }
    // Far above any real file, so that no sum of sizes can overflow.
    guard counts.allSatisfy({ $0 >= 0 && $0 < 1 << 24 }) else { throw .truncated }
    return Header(
      version: digit == 0 ? 1 : Int(digit) - 48, utIndicators: counts[0], standardIndicators: counts[1],
      leapSeconds: counts[2], transitions: counts[3], types: counts[4], characters: counts[5])
  }

  private mutating func block(_ header: Header, wide: Bool, footer: PosixTimeZone?) throws(TimeZoneError)
    -> TimeZoneRules
  {
    let width = wide ? 8 : 4
    guard bytes.count - position >= header.size(timeWidth: width) else { throw .truncated }
    guard header.types > 0 else { throw .inconsistent("it has no local time type") }
    var transitions: [Int64] = []
    transitions.reserveCapacity(header.transitions)
    for _ in 0..<header.transitions { transitions.append(try integer(width)) }
    guard zip(transitions, transitions.dropFirst()).allSatisfy({ $0 < $1 }) else {
      throw .inconsistent("its transition times do not rise")
    }
    let kinds = bytes[position..<position + header.transitions]
    position += header.transitions
    var types: [Int32] = []
    for _ in 0..<header.types {
      types.append(Int32(truncatingIfNeeded: try integer(4)))
      try skip(2)
    }
    // RFC 8536 section 3.2: offsets lie within a day or so.
    guard types.allSatisfy({ abs(Int64($0)) < 8 * 86_400 }) else {
      throw .inconsistent("an offset is longer than a week")
    }
    guard kinds.allSatisfy({ Int($0) < types.count }) else {
      throw .inconsistent("a transition names a local time type that is not there")
    }
    return TimeZoneRules(
      transitions: transitions, offsets: kinds.map { types[Int($0)] }, initialOffset: types[0], footer: footer)
  }

  private func footer() throws(TimeZoneError) -> PosixTimeZone? {
    guard position < bytes.count, bytes[position] == UInt8(ascii: "\n"),
      let end = bytes[(position + 1)...].firstIndex(of: UInt8(ascii: "\n"))
    else { throw .truncated }
    let text = bytes[(position + 1)..<end]
    if text.isEmpty { return nil }
    guard let zone = PosixTimeZone(text) else { throw .invalidFooter(String(decoding: text, as: UTF8.self)) }
    return zone
  }

  private mutating func skip(_ count: Int) throws(TimeZoneError) {
    guard bytes.count - position >= count else { throw .truncated }
    position += count
  }

  /// A signed integer of `width` bytes, the highest first.
  private mutating func integer(_ width: Int) throws(TimeZoneError) -> Int64 {
    guard bytes.count - position >= width else { throw .truncated }
    var value: UInt64 = 0
    for byte in bytes[position..<position + width] { value = value << 8 | UInt64(byte) }
    position += width
    return width == 4 ? Int64(Int32(truncatingIfNeeded: value)) : Int64(bitPattern: value)
  }
}
