/// A key that was pressed.
enum TerminalKey: Equatable, Sendable {
  case character(Character)
  case up
  case down
  case pageUp
  case pageDown
  case home
  case end
  case enter
  case escape
  case backspace
  /// Ctrl-C.
  case interrupt
  /// Ctrl-L.
  case redraw
  /// Ctrl-U.
  case clear
}

/// Makes keys of the bytes that a terminal sends; what it does not know is passed over.
///
/// A sequence may arrive in pieces. The key Esc alone is the beginning of one too: ``settle()`` says that nothing more comes.
struct TerminalKeyDecoder: Sendable {
  private var rest: [UInt8] = []

  /// Whether bytes wait for more.
  var isOpen: Bool { !rest.isEmpty }

  mutating func keys(_ bytes: [UInt8]) -> [TerminalKey] {
    rest += bytes
    var keys: [TerminalKey] = []
    while let (key, count) = next() {
      if let key { keys.append(key) }
      rest.removeFirst(count)
    }
    return keys
  }

  /// Nothing followed in time: an escape that waits was the key.
  mutating func settle() -> [TerminalKey] {
    defer { rest = [] }
    return rest == [0x1b] ? [.escape] : []
  }

  /// The first key and how many bytes it takes; `nil` where more bytes are needed.
  private func next() -> (key: TerminalKey?, count: Int)? {
    guard let first = rest.first else { return nil }
    switch first {
    case 0x1b: return sequence()
    case 0x03: return (.interrupt, 1)
    case 0x0c: return (.redraw, 1)
    case 0x15: return (.clear, 1)
    case 0x0d, 0x0a: return (.enter, 1)
    case 0x7f, 0x08: return (.backspace, 1)
    case ..<0x20: return (nil, 1)
    case ..<0x80: return (.character(Character(Unicode.Scalar(first))), 1)
    default: return scalar(first)
    }
  }

  private func scalar(_ first: UInt8) -> (key: TerminalKey?, count: Int)? {
    let length =
      switch first {
      case 0xc2...0xdf: 2
      case 0xe0...0xef: 3
      case 0xf0...0xf4: 4
      default: 1
      }
    guard length > 1 else { return (nil, 1) }
    let follow = rest.dropFirst().prefix(length - 1)
    if let wrong = follow.firstIndex(where: { $0 & 0xc0 != 0x80 }) { return (nil, wrong) }
    guard rest.count >= length else { return nil }
    guard let text = String(validating: rest.prefix(length), as: UTF8.self), let character = text.first else {
      return (nil, length)
    }
    return (.character(character), length)
  }

  /// A longer sequence than this is none that a key sends.
  private static let longest = 32

  /// `ESC [ … final` and `ESC O final` (ECMA-48, 5.4; xterm's control sequences).
  private func sequence() -> (key: TerminalKey?, count: Int)? {
    guard rest.count > 1 else { return nil }
    guard rest[1] == UInt8(ascii: "[") || rest[1] == UInt8(ascii: "O") else {
      // Esc and then another key, or Alt with a key: only the first is told from the second by time, and neither means anything.
      return rest[1] == 0x1b ? (.escape, 1) : (nil, 2)
    }
    guard let last = rest.dropFirst(2).firstIndex(where: { !(0x20...0x3f).contains($0) }) else {
      return rest.count > Self.longest ? (nil, rest.count) : nil
    }
    let parameters = String(decoding: rest[2..<last], as: UTF8.self)
    return (Self.key(rest[last], parameters), last + 1)
  }

  private static func key(_ final: UInt8, _ parameters: String) -> TerminalKey? {
    switch (final, parameters) {
    case (UInt8(ascii: "A"), ""): .up
    case (UInt8(ascii: "B"), ""): .down
    case (UInt8(ascii: "H"), ""), (UInt8(ascii: "~"), "1"), (UInt8(ascii: "~"), "7"): .home
    case (UInt8(ascii: "F"), ""), (UInt8(ascii: "~"), "4"), (UInt8(ascii: "~"), "8"): .end
    case (UInt8(ascii: "~"), "5"): .pageUp
    case (UInt8(ascii: "~"), "6"): .pageDown
    default: nil
    }
  }
}
