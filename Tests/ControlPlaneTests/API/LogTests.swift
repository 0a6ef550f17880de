import FleetModel
import Glibc
import NIOCore
import NIOHTTP1
import Platform
import Synchronization
import SystemPackage
import Testing

@testable import ControlPlane
@testable import LocalRuntime

@Suite(.timeLimit(.minutes(10))) struct LogTests {
  private static func instance(_ ordinal: Int, _ path: String) throws -> LocalInstance {
    LocalInstance(
      agentID: try AgentID("planner"), ordinal: ordinal, state: .ready, pid: 1, port: 9000, restarts: 0, lastExit: nil,
      logFile: FilePath(path))
  }

  @Test(arguments: [
    ("a\nb\nc\n", 2, "b\nc\n"), ("a\nb\nc", 2, "b\nc"), ("a\nb\n", 5, "a\nb\n"), ("a\n", 0, ""), ("", 3, ""),
    ("\n\n\n", 2, "\n\n"),
  ])
  func sendsTheLastLines(_ content: String, _ lines: Int, _ expected: String) async throws {
    try await withTemporaryDirectory { directory in
      let path = directory + "/planner-0.log"
      try writeFile(content, to: path)
      let operations = FakeOperations()
      let local = try Self.instance(0, path)
      operations.state.withLock { $0.instances = [local] }
      try await ServerHarness.with(operations: operations) { server in
        let answer = try await server.ask("GET", "/fleet/v1/agents/planner/logs?lines=\(lines)")
        #expect(answer.body == expected)
        #expect(answer.headers.first(name: "content-type") == "text/plain; charset=utf-8")
      }
    }
  }

  @Test func longLogsAreReadFromTheEnd() async throws {
    try await withTemporaryDirectory { directory in
      let path = directory + "/planner-0.log"
      try writeFile((0..<60_000).map { "line \($0) \(String(repeating: "x", count: 80))\n" }.joined(), to: path)
      let operations = FakeOperations()
      let local = try Self.instance(0, path)
      operations.state.withLock { $0.instances = [local] }
      try await ServerHarness.with(operations: operations) { server in
        let answer = try await server.ask("GET", "/fleet/v1/agents/planner/logs?lines=10000")
        let lines = answer.body.split(separator: "\n")
        #expect(lines.first?.hasPrefix("line 50000 ") == true)
        #expect(lines.last?.hasPrefix("line 59999 ") == true)
        #expect(lines.count == 10_000)
      }
    }
  }

  @Test func linesOfSeveralInstancesAreNamed() async throws {
    try await withTemporaryDirectory { directory in
      try writeFile("x\ny\n", to: directory + "/0.log")
      try writeFile("z\n", to: directory + "/1.log")
      let operations = FakeOperations()
      let locals = [try Self.instance(0, directory + "/0.log"), try Self.instance(1, directory + "/1.log")]
      operations.state.withLock { $0.instances = locals }
      try await ServerHarness.with(operations: operations) { server in
        let both = try await server.ask("GET", "/fleet/v1/agents/planner/logs")
        #expect(both.body == "planner-0 | x\nplanner-0 | y\nplanner-1 | z\n")
        #expect(try await server.ask("GET", "/fleet/v1/agents/planner/logs?ordinal=1").body == "z\n")
      }
    }
  }

  @Test func followsWhatIsAddedReplacedAndCut() async throws {
    try await withTemporaryDirectory { directory in
      let path = directory + "/planner-0.log"
      try writeFile("old\n", to: path)
      let (parts, continuation) = AsyncStream.makeStream(of: ByteBuffer.self)
      let sink = StreamSink(continuation: continuation, time: SystemTime())
      let files = [LogFollowing.File(path: path, name: "planner-0")]
      var following = LogFollowing(lines: 1)
      var looks: [LogFollowing.Progress] = []
      looks.append(try await following.step(files: files, into: sink))
      looks.append(try await following.step(files: files, into: sink))
      append("new\n", to: path)
      looks.append(try await following.step(files: files, into: sink))
      truncate(path, 0)
      append("cut\n", to: path)
      looks.append(try await following.step(files: files, into: sink))
      // Another file of the same name, made beside it so that it cannot have the same inode.
      try writeFile("replaced by a longer text\n", to: directory + "/other")
      rename(directory + "/other", path)
      looks.append(try await following.step(files: files, into: sink))
      unlink(path)
      looks.append(try await following.step(files: files, into: sink))
      #expect(looks == [.caughtUp, .nothing, .caughtUp, .caughtUp, .caughtUp, .nothing])
      continuation.finish()
      var text = ""
      for await part in parts { text += String(buffer: part) }
      #expect(text == "old\nnew\ncut\nreplaced by a longer text\n")
    }
  }

  private func append(_ text: String, to path: String) {
    let descriptor = open(path, O_WRONLY | O_APPEND | O_CREAT, 0o600)
    defer { close(descriptor) }
    _ = text.withCString { write(descriptor, $0, strlen($0)) }
  }
}
