import Dispatch
import Glibc
import Synchronization

/// A terminal that sends every key at once and shows a screen of its own, until ``leave()``.
final class RawTerminal: Sendable {
  /// A screen of its own, without a cursor, that breaks no lines (xterm's control sequences, DEC private modes).
  private static let begin = "\u{1b}[?1049h\u{1b}[?25l\u{1b}[?7l"
  private static let end = "\u{1b}[0m\u{1b}[?7h\u{1b}[?25h\u{1b}[?1049l"

  /// Where keys come from; `nil` where there is no terminal to read from.
  private let keyboard: Int32?
  private let ownsKeyboard: Bool
  private let before: Mutex<termios?>

  /// Takes the terminal over. Keys come from standard input, or where that is none from the terminal that controls this process.
  init() {
    var keyboard: Int32? = STDIN_FILENO
    var ownsKeyboard = false
    if isatty(STDIN_FILENO) != 1 {
      let descriptor = open("/dev/tty", O_RDONLY | O_CLOEXEC)
      keyboard = descriptor >= 0 ? descriptor : nil
      ownsKeyboard = descriptor >= 0
    }
    self.keyboard = keyboard
    self.ownsKeyboard = ownsKeyboard
    before = Mutex(keyboard.flatMap(Self.mode))
    resume()
  }

  /// Takes it again after this process was stopped: a shell gave the terminal its own mode meanwhile.
  func resume() {
    if let keyboard, var mode = before.withLock({ $0 }) {
      mode.c_lflag &= ~tcflag_t(ECHO | ICANON | ISIG | IEXTEN)
      mode.c_iflag &= ~tcflag_t(IXON | ICRNL | INLCR | IGNCR | ISTRIP | BRKINT)
      withUnsafeMutableBytes(of: &mode.c_cc) { keys in
        keys[Int(VMIN)] = 1
        keys[Int(VTIME)] = 0
      }
      tcsetattr(keyboard, TCSANOW, &mode)
    }
    FileOutput.write(Self.begin, to: STDOUT_FILENO)
  }

  /// Gives the terminal back as it was. Keys that nobody read are dropped: they were not meant for the shell.
  func leave() {
    FileOutput.write(Self.end, to: STDOUT_FILENO)
    guard let keyboard, var mode = before.withLock({ $0 }) else { return }
    tcsetattr(keyboard, TCSAFLUSH, &mode)
  }

  /// Hands on the bytes of keys as they come; `ended` when the terminal is gone. No thread waits for them.
  func readKeys(_ arrived: @escaping @Sendable ([UInt8]) -> Void, ended: @escaping @Sendable () -> Void) -> Keys? {
    guard let keyboard else { return nil }
    let queue = DispatchQueue(label: "skep.keys")
    let source = DispatchSource.makeReadSource(fileDescriptor: keyboard, queue: queue)
    source.setEventHandler {
      var bytes = [UInt8](repeating: 0, count: 1024)
      let count = bytes.withUnsafeMutableBytes { read(keyboard, $0.baseAddress, $0.count) }
      if count > 0 { return arrived(Array(bytes[..<count])) }
      if count < 0, errno == EINTR || errno == EAGAIN { return }
      source.cancel()
      ended()
    }
    let ownsKeyboard = ownsKeyboard
    source.setCancelHandler { if ownsKeyboard { close(keyboard) } }
    source.activate()
    return Keys(source: source)
  }

  /// Keys being read, until ``stop()``.
  struct Keys {
    fileprivate let source: any DispatchSourceRead

    func stop() { source.cancel() }
  }

  private static func mode(_ descriptor: Int32) -> termios? {
    var mode = termios()
    return tcgetattr(descriptor, &mode) == 0 ? mode : nil
  }
}
