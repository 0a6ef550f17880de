import Glibc

/// Ends all agents when Skep itself is killed, even with SIGKILL.
///
/// A second, tiny process of the same executable, in a session of its own so that a terminal's Ctrl-C does not reach it. It
/// holds one end of a socket and is told the process groups of the agents: `+GROUP\n`, `-GROUP\n`. When the other end
/// closes, however Skep went, it sends SIGTERM to the groups that are left, one second later SIGKILL, and exits.
///
/// It also ends every process whose environment has `SKEP_GUARDIAN=TOKEN`, with the token of this fleet: one that started
/// in the instant before its group was told, or that left its group by `setsid`.
public enum Guardian {
  static let argument = "__guardian"
  /// Set for agents, with the fleet's token.
  static let agentVariable = "SKEP_GUARDIAN"
  /// Set for the guardian itself, so that a program which does not know ``runIfAsked(_:)`` does not start further ones.
  static let selfVariable = "SKEP_IS_GUARDIAN"
  /// What it answers once it watches.
  static let greeting = Array("ready\n".utf8)

  /// Becomes the guardian, and never returns, if the program was started as one. Call it first thing in `main`: before
  /// arguments are parsed, before threads are started.
  public static func runIfAsked(_ arguments: [String] = CommandLine.arguments) {
    guard arguments.count == 3, arguments[1] == argument else { return }
    for number in [SIGINT, SIGTERM, SIGHUP, SIGPIPE, SIGQUIT] { signal(number, SIG_IGN) }
    _ = write(0, greeting, greeting.count)
    endAll(groups: groupsUntilHangUp(), token: arguments[2])
    exit(0)
  }

  private static func groupsUntilHangUp() -> Set<Int32> {
    var messages = GuardianMessages()
    var buffer = [UInt8](repeating: 0, count: 4_096)
    while true {
      let count = read(0, &buffer, buffer.count)
      if count < 0 && errno == EINTR { continue }
      if count <= 0 { return messages.groups }
      messages.receive(buffer[..<count])
    }
  }

  private static func endAll(groups: Set<Int32>, token: String) {
    var targets = groups.map { -$0 } + marked(by: token)
    for target in targets { kill(target, SIGTERM) }
    var waits = 0
    while waits < 20, targets.contains(where: { kill($0, 0) == 0 }) {
      usleep(50_000)
      waits += 1
    }
    // Once more with those that were started meanwhile.
    for _ in 0..<3 {
      targets = groups.map { -$0 } + marked(by: token)
      let left = targets.filter { kill($0, SIGKILL) == 0 }
      if left.isEmpty { return }
      usleep(50_000)
    }
  }

  /// The processes with this fleet's mark in their environment, other than this one.
  private static func marked(by token: String) -> [Int32] {
    guard let folder = opendir("/proc") else { return [] }
    defer { closedir(folder) }
    let mark = Array("\(agentVariable)=\(token)\0".utf8)
    var found: [Int32] = []
    while let entry = readdir(folder) {
      let name = withUnsafeBytes(of: entry.pointee.d_name) { $0.prefix { $0 != 0 }.map { $0 } }
      guard let pid = Int32(String(decoding: name, as: UTF8.self)), pid > 1, pid != getpid() else { continue }
      if environment(of: pid, contains: mark) { found.append(pid) }
    }
    return found
  }

  private static func environment(of pid: Int32, contains mark: [UInt8]) -> Bool {
    let descriptor = open("/proc/\(pid)/environ", O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { return false }
    defer { close(descriptor) }
    var text: [UInt8] = []
    var buffer = [UInt8](repeating: 0, count: 16 << 10)
    while text.count < 4 << 20 {
      let count = read(descriptor, &buffer, buffer.count)
      if count <= 0 { break }
      text += buffer[..<count]
    }
    return text.split(separator: 0).contains { $0.elementsEqual(mark.dropLast()) }
  }
}

/// What the guardian has been told: lines, which may arrive in pieces.
struct GuardianMessages {
  private(set) var groups: Set<Int32> = []
  private var line: [UInt8] = []

  mutating func receive(_ bytes: some Sequence<UInt8>) {
    for byte in bytes {
      if byte != UInt8(ascii: "\n") {
        line.append(byte)
        continue
      }
      defer { line.removeAll() }
      // Never 1 or 0, to whom a negated kill means everybody.
      guard let sign = line.first, let group = Int32(String(decoding: line.dropFirst(), as: UTF8.self)), group > 1
      else {
        continue
      }
      if sign == UInt8(ascii: "+") { groups.insert(group) }
      if sign == UInt8(ascii: "-") { groups.remove(group) }
    }
  }
}
