import ControlPlane
import Foundation
import NIOHTTP1
import SystemPackage
import TestSupport
import Testing

/// `skep top` beside a running Skep, in a pipe and on a terminal.
@Suite("skep top", .timeLimit(.minutes(10)))
struct TopCommandTests {
  private static func skep(_ arguments: [String]) throws -> (status: Int32, output: String) {
    let result = try Program.run(StoreLifeTests.executable, ["top"] + arguments)
    return (result.status, String(decoding: result.output, as: UTF8.self))
  }

  private static func register(_ agents: [String], at server: StoreLifeTests.Server) async throws {
    for agent in agents {
      let body = #"{"agent_id":"\#(agent)","metrics_endpoint":"http://127.0.0.1:1/metrics"}"#
      let headers = [("Content-Type", "application/json")]
      let answer = try await server.ask(.POST, "/fleet/v1/agents", headers: headers, body: Array(body.utf8))
      #expect(answer.status == 201, "\(answer)")
    }
  }

  @Test func printsOnceIntoAPipe() async throws {
    let scratch = try ScratchDirectory()
    let server = try StoreLifeTests.Server(scratch.path.appending("data").string)
    defer { server.program.stop() }
    try await Self.register(["alpha", "beta"], at: server)
    let text = try Self.skep(["--server", server.url, "--sort", "name", "--reverse"])
    #expect(text.status == 0 && !text.output.contains("\u{1b}"), "\(text)")
    let lines = text.output.split(separator: "\n")
    #expect(lines.first?.contains("2 agents: ") == true)
    let table = lines.drop { !$0.hasPrefix("AGENT") }
    #expect(table.map { $0.prefix { $0 != " " } } == ["AGENT", "beta", "alpha"], "\(text)")

    let json = try Self.skep(["--server", server.url, "--output", "json", "--agent", "beta"])
    let answer = try FleetJSON.decode(FleetAPI.BoardAnswer.self, from: json.output.utf8)
    #expect(json.status == 0 && answer.board.agents.map(\.agentID) == ["beta"])

    #expect(try Self.skep(["--server", server.url, "--agent", "gamma"]).status == 1)
    #expect(try Self.skep(["--server", server.url, "--sort", "size"]).status == 2)
    #expect(try Self.skep(["--server", server.url, "--interval", "soon"]).status == 2)
    #expect(try Self.skep(["--server", server.url, "--interval", "1ms"]).status == 2)
    server.program.stop()
    #expect(try Self.skep(["--server", server.url]).status == 1)
  }

  @Test func livesOnATerminal() async throws {
    let scratch = try ScratchDirectory()
    let data = scratch.path.appending("data").string
    let first = try StoreLifeTests.Server(data)
    defer { first.program.stop() }
    try await Self.register(["alpha", "beta"], at: first)
    let top = try TerminalProgram(
      StoreLifeTests.executable, ["top", "--server", first.url, "--interval", "200ms", "--sort", "name"])
    #expect(await top.shows("\u{1b}[?1049h"))
    #expect(await top.shows("AGENT▲") && top.mode != top.modeBefore)
    #expect(await top.shows("beta"), "\(top.output)")
    top.type("R")
    #expect(await top.shows("AGENT▼"))
    top.type("/al")
    #expect(await top.shows("/al▏"))
    top.type("\r")
    #expect(await top.shows("filter \"al\": 1 of 2"))
    // Esc alone drops the filter, as soon as it is sure that it is no other key.
    top.type("\u{1b}")
    #expect(await top.shows("q quit"))

    first.program.stop()
    #expect(await top.shows("no answer since "), "\(top.output)")
    let address = first.url.replacing("http://", with: "")
    let second = try StoreLifeTests.Server(data, ["--listen", address])
    defer { second.program.stop() }
    // Where the reason stood are the figures again.
    #expect(await top.shows("agents: "), "\(top.output)")
    top.type("q")
    let end = try #require(await top.ending())
    #expect(end.status == 0 && end.output.hasSuffix("\u{1b}[?25h\u{1b}[?1049l"))
    #expect(top.mode == top.modeBefore)
  }

  @Test(arguments: [SIGTERM, SIGINT, SIGHUP, 0]) func theTerminalIsGivenBack(signal: Int32) async throws {
    let scratch = try ScratchDirectory()
    let server = try StoreLifeTests.Server(scratch.path.appending("data").string)
    defer { server.program.stop() }
    let top = try TerminalProgram(StoreLifeTests.executable, ["top", "--server", server.url])
    #expect(await top.shows("no agents yet"), "\(top.output)")
    #expect(top.mode != top.modeBefore)
    if signal == 0 { top.type("\u{3}") } else { kill(top.pid, signal) }
    let end = try #require(await top.ending())
    #expect(end.status == 0 && end.output.hasSuffix("\u{1b}[?7h\u{1b}[?25h\u{1b}[?1049l"), "\(end)")
    #expect(top.mode == top.modeBefore)
  }

  @Test func aServerThatIsNotThereLeavesTheTerminalAlone() async throws {
    let scratch = try ScratchDirectory()
    let server = try StoreLifeTests.Server(scratch.path.appending("data").string)
    server.program.stop()
    let top = try TerminalProgram(StoreLifeTests.executable, ["top", "--server", server.url])
    let end = try #require(await top.ending())
    #expect(end.status == 1 && end.output.contains("cannot reach Skep") && !end.output.contains("\u{1b}[?1049h"))
  }
}
