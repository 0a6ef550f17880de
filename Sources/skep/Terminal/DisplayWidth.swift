/// How many columns of a terminal text takes.
///
/// A character (a grapheme cluster) is as wide as its first scalar: two columns where Unicode Standard Annex #11 says that it
/// is wide, or where it is shown as an emoji; none for marks that stand alone.
enum DisplayWidth {
  static func of(_ text: some StringProtocol) -> Int { text.reduce(0) { $0 + of($1) } }

  static func of(_ character: Character) -> Int {
    guard let first = character.unicodeScalars.first else { return 0 }
    if first.isASCII { return 1 }
    if character.unicodeScalars.contains(where: { $0.value == 0xfe0f }) || first.properties.isEmojiPresentation {
      return 2
    }
    switch first.properties.generalCategory {
    case .nonspacingMark, .enclosingMark, .format: return 0
    default: return wide.contains { $0.contains(first.value) } ? 2 : 1
    }
  }

  /// The longest beginning of `text` that fits, with `dots` behind it where that is not all.
  static func shorten(_ text: String, to columns: Int, dots: String = "…") -> String {
    guard of(text) > columns else { return text }
    let room = columns - of(dots)
    var taken = 0
    let fitting = text.prefix { character in
      taken += of(character)
      return taken <= room
    }
    return String(fitting) + dots
  }

  /// Blocks of East Asian Width W and F (UAX #11), in order.
  private static let wide: [ClosedRange<UInt32>] = [
    0x1100...0x115f, 0x2e80...0x303e, 0x3041...0x33ff, 0x3400...0x4dbf, 0x4e00...0x9fff, 0xa000...0xa4cf,
    0xa960...0xa97c, 0xac00...0xd7a3, 0xf900...0xfaff, 0xfe30...0xfe6f, 0xff01...0xff60, 0xffe0...0xffe6,
    0x17000...0x18cff, 0x1b000...0x1b2ff, 0x1f200...0x1f2ff, 0x20000...0x3fffd,
  ]
}
