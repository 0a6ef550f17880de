import Foundation
import Glibc
import Platform

/// A real program on a terminal of its own, which a test reads and types on.
final class TerminalProgram {
  private let process = Process()
  /// The test's end; the other is the program's.
  private let keyboard: Int32
  private let screen: Int32
  private let work = BlockingWork(label: "skep.test.terminal")
  private var unread = ""
  private(set) var output = ""
  /// How the terminal was before the program.
  let modeBefore: [UInt64]

  struct NoTerminal: Error {}

  // Linux' TIOCSPTLCK and TIOCGPTN (ioctl_tty(2)): macros with a size in them, which Swift does not see.
  private static let setLock: UInt = 0x4004_5431
  private static let getNumber: UInt = 0x8004_5430

  /// Longer than anything here takes on a machine that is busy with other tests.
  private static let patience = 120.0

  init(_ name: String, _ arguments: [String], rows: UInt16 = 24, columns: UInt16 = 120) throws {
    keyboard = open("/dev/ptmx", O_RDWR | O_NOCTTY | O_CLOEXEC)
    var locked: Int32 = 0
    var number: Int32 = 0
    guard keyboard >= 0, ioctl(keyboard, Self.setLock, &locked) == 0, ioctl(keyboard, Self.getNumber, &number) == 0
    else { throw NoTerminal() }
    let path = "/dev/pts/\(number)"
    screen = open(path, O_RDWR | O_NOCTTY | O_CLOEXEC)
    guard screen >= 0 else {
      close(keyboard)
      throw NoTerminal()
    }
    var size = winsize(ws_row: rows, ws_col: columns, ws_xpixel: 0, ws_ypixel: 0)
    _ = ioctl(screen, UInt(TIOCSWINSZ), &size)
    modeBefore = Self.mode(screen)
    process.executableURL = URL(filePath: "/usr/bin/env")
    process.arguments = ["LANG=C.UTF-8", "LC_ALL=C.UTF-8", "TERM=xterm", name] + arguments
    let handle = FileHandle(fileDescriptor: screen, closeOnDealloc: false)
    process.standardInput = handle
    process.standardOutput = handle
    process.standardError = handle
    do { try process.run() } catch {
      close(keyboard)
      close(screen)
      throw error
    }
  }

  deinit {
    if process.isRunning { kill(process.processIdentifier, SIGKILL) }
    process.waitUntilExit()
    close(keyboard)
    close(screen)
  }

  var pid: Int32 { process.processIdentifier }

  var mode: [UInt64] { Self.mode(screen) }

  /// What a terminal does with keys and output, as numbers that can be compared.
  private static func mode(_ descriptor: Int32) -> [UInt64] {
    var mode = termios()
    guard tcgetattr(descriptor, &mode) == 0 else { return [] }
    let keys = withUnsafeBytes(of: mode.c_cc) { $0.map(UInt64.init) }
    return [mode.c_iflag, mode.c_oflag, mode.c_cflag, mode.c_lflag].map(UInt64.init) + keys
  }

  func type(_ keys: String) { _ = Array(keys.utf8).withUnsafeBytes { write(keyboard, $0.baseAddress, $0.count) } }

  /// Whether the program wrote `text` after what was seen before, sooner or later.
  func shows(_ text: String) async -> Bool {
    let end = Date(timeIntervalSinceNow: Self.patience)
    while Date() < end {
      if let place = unread.range(of: text) {
        unread = String(unread[place.upperBound...])
        return true
      }
      guard let more = await more() else { return false }
      unread += more
      output += more
    }
    return false
  }

  /// What it writes until it ends; `nil` if it does not end.
  func ending() async -> (status: Int32, output: String)? {
    let end = Date(timeIntervalSinceNow: Self.patience)
    while process.isRunning, Date() < end { output += await more() ?? "" }
    guard !process.isRunning else { return nil }
    while let more = await more(), !more.isEmpty { output += more }
    process.waitUntilExit()
    return (process.terminationStatus, output)
  }

  /// What is there within a moment, empty for nothing; `nil` when there is nothing to read any more.
  private func more() async -> String? {
    let keyboard = keyboard
    return await work.run {
      var waiting = pollfd(fd: keyboard, events: Int16(POLLIN), revents: 0)
      guard poll(&waiting, 1, 100) > 0 else { return "" }
      var bytes = [UInt8](repeating: 0, count: 64 << 10)
      let count = bytes.withUnsafeMutableBytes { read(keyboard, $0.baseAddress, $0.count) }
      return count > 0 ? String(decoding: bytes[..<count], as: UTF8.self) : nil
    }
  }
}
