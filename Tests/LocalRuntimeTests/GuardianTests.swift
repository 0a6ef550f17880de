import Glibc
import LocalRuntime
import Platform
import SystemPackage
import TestSupport
import Testing

/// A real parent is killed with SIGKILL, and nothing that it started outlives it.
@Suite struct GuardianTests {
  /// Starts `fleet-parent` with an agent, and gives its process id and those that the agent has printed.
  func start(_ script: String, expecting count: Int, in scratch: ScratchDirectory) async throws -> (Int32, [Int32]) {
    let executable = try BuiltExecutable.path("fleet-parent")
    let arguments = [executable.string, scratch.path.string, script]
    let argv = arguments.map { strdup($0) } + [nil]
    defer { for pointer in argv { free(pointer) } }
    // As from a shell: a process group of its own.
    var attributes = posix_spawnattr_t()
    posix_spawnattr_init(&attributes)
    posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETPGROUP))
    defer { posix_spawnattr_destroy(&attributes) }
    var pid: Int32 = 0
    try #require(posix_spawn(&pid, executable.string, nil, &attributes, argv, [nil]) == 0)
    var pids: [Int32] = []
    do {
      try await eventually("the agent has printed its processes") {
        // The last line may still be under way.
        let text = scratch.read("orphan-0.log") ?? ""
        let whole = text.lastIndex(of: "\n").map { text[..<$0] } ?? ""
        pids = whole.split(separator: "\n").compactMap { Int32($0) }
        return pids.count == count
      }
    } catch {
      kill(-pid, SIGKILL)
      waitpid(pid, nil, 0)
      throw error
    }
    #expect(pids.allSatisfy { !isGone($0) })
    return (pid, pids)
  }

  /// The guardian of the parent `pid`.
  func guardian(of parent: Int32) throws -> Int32? {
    guard let folder = opendir("/proc") else { throw Errno(rawValue: errno) }
    defer { closedir(folder) }
    while let entry = readdir(folder) {
      let name = withUnsafeBytes(of: entry.pointee.d_name) { $0.prefix { $0 != 0 }.map { $0 } }
      guard let pid = Int32(String(decoding: name, as: UTF8.self)),
        let stat = try? text(of: "stat", pid), let command = try? text(of: "cmdline", pid)
      else { continue }
      let fields = stat.split(separator: ")").last?.split(separator: " ") ?? []
      if fields.count > 1, fields[1] == "\(parent)", command.contains("\0__guardian\0") { return pid }
    }
    return nil
  }

  func text(of file: String, _ pid: Int32) throws -> String {
    String(decoding: try StateFile(FilePath("/proc/\(pid)/\(file)")).read() ?? [], as: UTF8.self)
  }

  @Test func endsAgentsTheirChildrenAndDaemons() async throws {
    let scratch = try ScratchDirectory()
    defer { withExtendedLifetime(scratch) {} }
    let script =
      "trap '' TERM; sleep 1000 & echo $!; setsid sh -c 'echo $$$$; exec sleep 1000' & echo $$$$; wait; sleep 1000"
    let (parent, pids) = try await start(script, expecting: 3, in: scratch)
    let guardian = try #require(try guardian(of: parent))
    // What a terminal sends does not end the guardian.
    for signal in [SIGINT, SIGTERM, SIGHUP] { kill(guardian, signal) }
    #expect(getsid(guardian) == guardian)
    kill(-parent, SIGKILL)
    waitpid(parent, nil, 0)
    try await eventually("all are gone") { pids.allSatisfy(isGone) && isGone(guardian) }
  }

  @Test func isReplacedWhenItIsKilledItself() async throws {
    let scratch = try ScratchDirectory()
    defer { withExtendedLifetime(scratch) {} }
    let (parent, pids) = try await start("echo $$$$; exec sleep 1000", expecting: 1, in: scratch)
    let first = try #require(try guardian(of: parent))
    kill(first, SIGKILL)
    try await eventually("there is another") { (try guardian(of: parent)).map { $0 != first } ?? false }
    let second = try #require(try guardian(of: parent))
    kill(parent, SIGKILL)
    waitpid(parent, nil, 0)
    try await eventually("all are gone") { pids.allSatisfy(isGone) && isGone(second) }
  }
}
