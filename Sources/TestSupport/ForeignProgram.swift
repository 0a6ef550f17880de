import Glibc

/// Programs of others that judge what Skep does, where they are in the `PATH`.
public enum ForeignProgram {
  public struct NotStarted: Error, CustomStringConvertible {
    public let name: String
    public let code: Int32
    public var description: String { "\(name) cannot be started: \(String(cString: strerror(code)))" }
  }

  /// What a program says, and with what status it ends: 128 and the number of the signal where one ended it. It is waited for.
  ///
  /// - Parameters:
  ///   - arguments: its name first.
  ///   - input: a file for its standard input; nothing where it is `nil`.
  ///   - takesErrors: whether the output includes what it says on standard error.
  public static func run(
    _ arguments: [String], input: String? = nil, takesErrors: Bool = true
  ) throws(NotStarted) -> (status: Int32, output: String) {
    let name = arguments.first ?? ""
    // A file, where a pipe would be held open by whatever another test starts meanwhile.
    let place = "/tmp/skep-output-\(getpid())-\(UInt64.random(in: 0...(.max)))"
    let file = open(place, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
    guard file >= 0 else { throw NotStarted(name: name, code: errno) }
    unlink(place)
    defer { close(file) }
    var actions = posix_spawn_file_actions_t()
    posix_spawn_file_actions_init(&actions)
    defer { posix_spawn_file_actions_destroy(&actions) }
    posix_spawn_file_actions_addopen(&actions, 0, input ?? "/dev/null", O_RDONLY, 0)
    posix_spawn_file_actions_adddup2(&actions, file, 1)
    if takesErrors {
      posix_spawn_file_actions_adddup2(&actions, file, 2)
    } else {
      posix_spawn_file_actions_addopen(&actions, 2, "/dev/null", O_WRONLY, 0)
    }
    let words = arguments.map { strdup($0) }
    let environment = ownEnvironment().map { strdup($0) }
    defer { for text in words + environment { free(text) } }
    var process: pid_t = 0
    let code = posix_spawnp(&process, name, &actions, nil, words + [nil], environment + [nil])
    guard code == 0 else { throw NotStarted(name: name, code: code) }
    var status: Int32 = 0
    while waitpid(process, &status, 0) < 0, errno == EINTR {}
    lseek(file, 0, SEEK_SET)
    let output = everything(in: file)
    let signal = status & 0x7f
    return (signal == 0 ? status >> 8 & 0xff : 128 + signal, String(decoding: output, as: UTF8.self))
  }

  private static func ownEnvironment() -> [String] {
    let descriptor = open("/proc/self/environ", O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { return [] }
    defer { close(descriptor) }
    return everything(in: descriptor).split(separator: 0).map { String(decoding: $0, as: UTF8.self) }
  }

  private static func everything(in descriptor: Int32) -> [UInt8] {
    var bytes: [UInt8] = []
    var buffer = [UInt8](repeating: 0, count: 65_536)
    while true {
      let count = read(descriptor, &buffer, buffer.count)
      if count > 0 {
        bytes += buffer[..<count]
      } else if count == 0 || errno != EINTR {
        return bytes
      }
    }
  }
}
