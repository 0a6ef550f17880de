import FleetModel
import Foundation
import Glibc
import Platform
import SystemPackage
import TestSupport
import Testing

@testable import Receivers

@Suite("programs that are told") struct CommandTransportTests {
  private func transport(
    _ command: [String], time: any TimeSource = SimulatedTime()
  ) throws -> CommandTransport {
    try CommandTransport(command, at: "command_configs[0]", of: "night", time: time)
  }

  private func run(_ script: String, input: [UInt8] = [], _ arguments: String...) async throws -> DeliveryFailure? {
    do {
      try await transport(["sh", "-c", script, "sh"] + arguments).send(input, within: .seconds(10))
      return nil
    } catch let failure as DeliveryFailure {
      return failure
    }
  }

  @Test func itGetsTheNotificationAndItsArguments() async throws {
    let directory = try ScratchDirectory()
    let file = directory.path.appending("got").string
    // Longer than what a pipe holds.
    let input = Array(String(repeating: "alert ", count: 50_000).utf8)
    let outcome1 = try await run("cat > \"$1\"; echo \"$2\" >> \"$1\"", input: input, file, "$HOME; `x`")
    #expect(outcome1 == nil)
    #expect(directory.read("got") == String(decoding: input, as: UTF8.self) + "$HOME; `x`\n")
  }

  @Test func itsEnvironmentIsPATHAlone() async throws {
    let directory = try ScratchDirectory()
    let file = directory.path.appending("got").string
    try await transport(["env"]).send([], within: .seconds(10))
    let outcome2 = try await run("/usr/bin/env > \"$1\"", file)
    #expect(outcome2 == nil)
    // A shell adds what it needs itself.
    let names = Set((directory.read("got") ?? "").split(separator: "\n").map { $0.prefix { $0 != "=" } })
    #expect(names.contains("PATH"))
    #expect(names.subtracting(["PATH", "PWD", "OLDPWD", "SHLVL", "_"]).isEmpty)
  }

  @Test func itsStatusDecides() async throws {
    let outcome3 = try await run("exit 0")
    #expect(outcome3 == nil)
    let outcome4 = try await run("echo not now >&2; exit 75")
    #expect(outcome4 == DeliveryFailure("sh exited with status 75: not now", .retry(after: nil)))
    let outcome5 = try await run("echo wrong; exit 1")
    #expect(outcome5 == DeliveryFailure("sh exited with status 1: wrong", .giveUp))
    let outcome6 = try await run("exit 3")
    #expect(outcome6 == DeliveryFailure("sh exited with status 3", .giveUp))
    let outcome7 = try await run("kill -TERM $$")
    #expect(outcome7 == DeliveryFailure("sh was ended by signal 15", .retry(after: nil)))
  }

  /// Programs that read nothing of a long input, or close it, are not hurt, and nor are we.
  @Test func itNeedNotRead() async throws {
    let input = [UInt8](repeating: 65, count: 4 << 20)
    for _ in 0..<20 {
      let outcome8 = try await run("exec 0<&-; exit 0", input: input)
      #expect(outcome8 == nil)
      let outcome9 = try await run("head -c 1 > /dev/null", input: input)
      #expect(outcome9 == nil)
    }
  }

  @Test func itMayPrintWithoutEnd() async throws {
    let failure = try await run("head -c 20000000 /dev/zero | tr '\\0' 'x'; echo; echo last words; exit 1")
    #expect(failure?.reason.hasPrefix("sh exited with status 1: xxxx") == true)
    #expect((failure?.reason.utf8.count ?? 0) < 300)
  }

  @Test func aProgramThatIsNotThereIsNamed() async throws {
    await #expect(throws: DeliveryFailure.self) {
      try await transport(["/nowhere/page"]).send([], within: .seconds(10))
    }
    do {
      try await transport(["no-such-program"]).send([], within: .seconds(10))
    } catch let failure as DeliveryFailure {
      #expect(failure.advice == .giveUp)
      #expect(failure.reason.hasPrefix("there is no program no-such-program (PATH is "))
    }
  }

  /// With all that it started, even what does not listen to a polite request.
  @Test func itIsKilledAtItsTime() async throws {
    let directory = try ScratchDirectory()
    let fifo = directory.path.appending("pids").string
    try #require(mkfifo(fifo, 0o600) == 0)
    let time = SimulatedTime()
    let transport = try transport(
      [
        "sh", "-c", "trap '' TERM HUP; (trap '' TERM; echo $$; exec sleep 1000) & echo \"$$ $!\" > \"$1\"; wait", "sh",
        fifo,
      ],
      time: time)
    let task = Task { try await transport.send([], within: .seconds(10)) }
    let pids = try await readLine(fifo).split(separator: " ").compactMap { Int32($0) }
    try #require(pids.count == 2)
    await time.waitForSleepers(1)
    time.advance(by: .seconds(10))
    await #expect(throws: DeliveryFailure("no whole answer within 10s", .retry(after: nil))) { try await task.value }
    for pid in pids { await expectGone(pid) }
  }

  @Test func aTryThatIsCancelledKillsIt() async throws {
    let directory = try ScratchDirectory()
    let fifo = directory.path.appending("pids").string
    try #require(mkfifo(fifo, 0o600) == 0)
    let transport = try transport(["sh", "-c", "echo $$ > \"$1\"; exec sleep 1000", "sh", fifo])
    let task = Task { try await transport.send([], within: .seconds(10)) }
    let pid = try #require(Int32(try await readLine(fifo)))
    task.cancel()
    await #expect(throws: CancellationError.self) { try await task.value }
    await expectGone(pid)
  }

  /// What it leaves running keeps its output open; that keeps nobody waiting.
  @Test func whatItLeavesBehindIsNotWaitedFor() async throws {
    let directory = try ScratchDirectory()
    let file = directory.path.appending("pid").string
    let outcome10 = try await run("sleep 1000 & echo $! > \"$1\"; exit 0", file)
    #expect(outcome10 == nil)
    let pid = try #require(Int32((directory.read("pid") ?? "").trimmingCharacters(in: .whitespacesAndNewlines)))
    #expect(kill(pid, 0) == 0)
    kill(pid, SIGKILL)
  }

  @Test func manyAtOnceAreAllHeard() async throws {
    let transport = try transport(["sh", "-c", "read number; exit $((number % 2 * 75))"])
    try await withThrowingTaskGroup(of: Bool.self) { group in
      for number in 0..<60 {
        group.addTask {
          do {
            try await transport.send(Array("\(number)\n".utf8), within: .seconds(60))
            return number % 2 == 0
          } catch let failure as DeliveryFailure {
            return number % 2 == 1 && failure.advice == .retry(after: nil)
          }
        }
      }
      for try await isRight in group { #expect(isRight) }
    }
  }

  @Test(
    arguments: [
      ([], "command is empty; write the program and its arguments"),
      ([""], "command is empty; write the program and its arguments"), (["a", "b\0c"], "command holds a NUL"),
    ] as [([String], String)])
  func aCommandThatIsNoneIsRefused(_ command: [String], _ problem: String) {
    #expect(throws: ReceiverError(receiver: "night", problem: "command_configs[0]: \(problem)")) {
      try transport(command)
    }
  }

  /// Off the pool: opening waits for the writer.
  private func readLine(_ path: String) async throws -> String {
    try await BlockingWork(label: "test").run {
      let descriptor = try FileDescriptor.open(path, .readOnly)
      defer { try? descriptor.close() }
      var buffer = [UInt8](repeating: 0, count: 256)
      let count = try buffer.withUnsafeMutableBytes { try descriptor.read(into: $0) }
      return String(decoding: buffer[..<count], as: UTF8.self).trimmingCharacters(in: .whitespacesAndNewlines)
    }
  }

  /// A process that was killed takes a moment to go; one that is only waiting for its parent has gone.
  private func expectGone(_ pid: Int32) async {
    while kill(pid, 0) == 0 {
      let stat = (try? String(contentsOfFile: "/proc/\(pid)/stat", encoding: .utf8)) ?? ") Z"
      if stat.contains(") Z") { return }
      await Task.yield()
    }
  }
}
