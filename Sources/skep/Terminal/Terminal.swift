import Glibc

/// What standard output is: colours and redrawing are for a terminal, never for a pipe.
enum Terminal {
  static let isInteractive = isatty(STDOUT_FILENO) == 1

  /// Whether to colour: on a terminal, unless NO_COLOR is set (<https://no-color.org>).
  static let hasColor = isInteractive && getenv("NO_COLOR") == nil && !isDumb

  private static let isDumb = getenv("TERM").map { String(cString: $0) == "dumb" } ?? false

  private static let errorHasColor = isatty(STDERR_FILENO) == 1 && getenv("NO_COLOR") == nil && !isDumb

  static let descriptor = STDOUT_FILENO

  /// Whether a whole screen can be drawn.
  static let canMoveCursor = isInteractive && !isDumb

  /// The screen; what every terminal has where it does not tell.
  static var screenSize: TopScreen.Size { TopScreen.Size(columns: width ?? 80, rows: height ?? 24) }

  /// Rows that fit on the screen; `nil` where there is none.
  static var height: Int? { size.flatMap { $0.ws_row > 0 ? Int($0.ws_row) : nil } }

  /// Columns that fit on the screen; `nil` where there is none.
  static var width: Int? { size.flatMap { $0.ws_col > 0 ? Int($0.ws_col) : nil } }

  private static var size: winsize? {
    var size = winsize()
    return ioctl(STDOUT_FILENO, UInt(TIOCGWINSZ), &size) == 0 ? size : nil
  }

  /// Whether the locale says that text is UTF-8 (POSIX: the first of these that is set counts).
  static let isUTF8: Bool = {
    for name in ["LC_ALL", "LC_CTYPE", "LANG"] {
      guard let value = getenv(name).map({ String(cString: $0).lowercased() }), !value.isEmpty else { continue }
      return value.contains("utf-8") || value.contains("utf8")
    }
    return false
  }()

  /// Writes `text` and the end of a line at once, so that a reader of a pipe sees it as soon as it is there.
  static func print(_ text: String, terminator: String = "\n") {
    FileOutput.write(text + terminator, to: STDOUT_FILENO)
  }

  /// Puts `text` in the place of the whole screen without a flicker: home, each line cleared to its end, the rest below
  /// cleared.
  static func redraw(_ text: String) {
    var lines = text.split(separator: "\n", omittingEmptySubsequences: false)
    if let height, lines.count >= height { lines = Array(lines.prefix(height - 2)) + ["…"] }
    print("\u{1b}[H" + lines.map { "\($0)\u{1b}[K" }.joined(separator: "\n") + "\u{1b}[J")
  }

  enum Color: String, Sendable {
    case red = "31"
    case green = "32"
    case yellow = "33"
    case dim = "2"
    case bold = "1"
    case blue = "34"
    case magenta = "35"
    case cyan = "36"
  }

  /// As ``paint(_:_:)``, for standard error.
  static func paintError(_ text: String, _ color: Color) -> String {
    errorHasColor ? "\u{1b}[\(color.rawValue)m\(text)\u{1b}[0m" : text
  }

  static func paint(_ text: String, _ color: Color?) -> String {
    guard hasColor, let color else { return text }
    return "\u{1b}[\(color.rawValue)m\(text)\u{1b}[0m"
  }

  /// As ``safe(_:)``, but keeps the ends of lines and tabulators.
  static func safeLines(_ text: String) -> String {
    String(
      String.UnicodeScalarView(
        text.unicodeScalars.map {
          $0 != "\n" && $0 != "\t" && drives($0) ? " " : $0
        }))
  }

  /// `text` without control and format characters and other ends of lines: an agent's words must not drive the reader's terminal,
  /// nor change the order of what is around them.
  static func safe(_ text: String) -> String {
    String(String.UnicodeScalarView(text.unicodeScalars.map { drives($0) ? " " : $0 }))
  }

  private static func drives(_ scalar: Unicode.Scalar) -> Bool {
    // The zero-width joiner holds emoji and the letters of some scripts together; it moves nothing.
    if scalar.value == 0x200d || scalar.value == 0x200c { return false }
    return switch scalar.properties.generalCategory {
    case .control, .format, .lineSeparator, .paragraphSeparator: true
    default: false
    }
  }
}
