import Foundation

/// A real program under a test: started, spoken to over pipes, and gone with the test.
final class Program {
  private let process = Process()
  private let input: Pipe
  private let output: Pipe
  private var buffered = Data()

  /// Foundation's pipes are inherited by whatever starts while they are open at both ends: one start at a time, so that no other
  /// program holds the end of a pipe whose other end is waited for.
  private static let starting = NSLock()
  /// Longer than anything here takes to end when asked to.
  private static let patience = 20.0

  /// - Parameter readsStandardError: whether ``line()`` reads standard error in place of standard output.
  init(_ name: String, _ arguments: [String], readsStandardError: Bool = false) throws {
    Self.starting.lock()
    defer { Self.starting.unlock() }
    input = Pipe()
    output = Pipe()
    process.executableURL = URL(filePath: "/usr/bin/env")
    process.arguments = [name] + arguments
    process.standardInput = input
    process.standardOutput = readsStandardError ? FileHandle.nullDevice : output
    process.standardError = readsStandardError ? output : FileHandle.nullDevice
    try process.run()
  }

  var pid: Int32 { process.processIdentifier }

  /// The next line; `nil` when the program ends its output.
  func line() -> String? {
    while true {
      if let end = buffered.firstIndex(of: UInt8(ascii: "\n")) {
        defer { buffered = Data(buffered[(end + 1)...]) }
        return String(decoding: buffered[..<end], as: UTF8.self)
      }
      let more = output.fileHandleForReading.availableData
      if more.isEmpty { return nil }
      buffered += more
    }
  }

  /// Ends its input, which some take as the sign to end.
  func closeInput() { try? input.fileHandleForWriting.close() }

  func stop() {
    try? input.fileHandleForWriting.close()
    if process.isRunning { process.terminate() }
    // A program that was started while a server under test took the signals inherits that they are ignored.
    let end = Date(timeIntervalSinceNow: Self.patience)
    while process.isRunning, Date() < end { usleep(10_000) }
    if process.isRunning { kill(process.processIdentifier, SIGKILL) }
    process.waitUntilExit()
  }

  /// Runs a program to its end with `input`.
  static func run(_ name: String, _ arguments: [String], input: Data = Data()) throws -> (status: Int32, output: Data) {
    let process = Process()
    let file = FileManager.default.temporaryDirectory.appending(path: "skep-input-\(UUID().uuidString)")
    try input.write(to: file)
    defer { try? FileManager.default.removeItem(at: file) }
    let output: Pipe
    do {
      starting.lock()
      defer { starting.unlock() }
      output = Pipe()
      process.executableURL = URL(filePath: "/usr/bin/env")
      process.arguments = [name] + arguments
      process.standardInput = try FileHandle(forReadingFrom: file)
      process.standardOutput = output
      process.standardError = FileHandle.nullDevice
      try process.run()
    }
    let data = output.fileHandleForReading.readDataToEndOfFile()
    process.waitUntilExit()
    return (process.terminationStatus, data)
  }

  static func exists(_ name: String) -> Bool {
    (try? run("sh", ["-c", "command -v \(name)"]).status) == 0
  }
}
