import FleetModel
import Foundation
import Platform
import SystemPackage
import TestSupport
import Testing

/// `skep query` and `skep rules` against a running Skep.
@Suite("queries from the command line", .timeLimit(.minutes(5)))
struct QueryCommandTests {
  private static func skep(_ arguments: [String]) throws -> (status: Int32, output: String) {
    let result = try Program.run(StoreLifeTests.executable, arguments)
    return (result.status, String(decoding: result.output, as: UTF8.self))
  }

  @Test func everyCommandAsksTheServer() async throws {
    let scratch = try ScratchDirectory()
    let server = try StoreLifeTests.Server(scratch.path.appending("data").string)
    defer { server.program.stop() }
    let start = SystemTime().now().milliseconds - 300_000
    let series = ["a", "b"].map { agent in
      WriteRequestBytes.Series(
        [("__name__", "work_total"), ("agent_id", agent)],
        (0..<20).map { (start + Int64($0) * 15_000, Double($0 * 15)) })
    }
    #expect(try await server.write(series) == 204)
    func query(_ arguments: String...) throws -> (status: Int32, output: String) {
      try Self.skep(["query"] + arguments + ["--server", server.url])
    }
    let vector = try query("round(sum by (agent_id) (rate(work_total[2m])), 0.01)", "--time", "-1m")
    #expect(vector.status == 0 && vector.output == "agent_id  VALUE\na             1\nb             1\n", "\(vector)")
    #expect(try query("1+1").output == "2\n")
    #expect(try query("instant", "work_total{agent_id=\"c\"}").output == "no series\n")
    let json = try query("1+1", "--time", "4", "--output", "json").output
    let decoded = try JSONSerialization.jsonObject(with: Data(json.utf8)) as? [String: Any]
    #expect(decoded?["resultType"] as? String == "scalar")
    let range = try query("range", "rate(work_total[1m])", "--start", "-4m", "--step", "15s")
    #expect(range.status == 0 && range.output.contains("POINTS") && range.output.contains("work_total") == false)
    let plot = try query("range", "work_total", "--start", "-5m", "--plot", "--width", "60", "--height", "8")
    #expect(plot.status == 0 && plot.output.contains("{agent_id=\"a\"}  last 285"), "\(plot)")
    #expect(try query("range", "work_total", "--start", "-5m", "--points", "--step", "60").output.contains("TIME"))
    #expect(try query("series", "work_total{agent_id=\"a\"}").output == "work_total{agent_id=\"a\"}\n")
    #expect(try query("labels", "--match", "work_total").output == "__name__\nagent_id\n")
    #expect(try query("labels", "agent_id", "--match", "work_total").output == "a\nb\n")
    #expect(try query("rate(work_total)").status == 2)
    #expect(try query("range", "work_total", "--start", "now", "--end", "-1h").status == 2)
    let lint = try query("lint", "rate(work_totals[5m]) > 0")
    #expect(lint.status == 1 && lint.output.contains("did you mean \"work_total\"?"), "\(lint)")
    #expect(lint.output.contains("\n  rate(work_totals[5m]) > 0\n       ^^^^^^^^^^^\n"), "\(lint)")
    #expect(try query("lint", "rate(work_total[5m]) > 0").output == "nothing to mend\n")
    #expect(try query("lint", "sum by (zone) (work_total)").status == 1)
    let file = scratch.path.appending("rules.yml").string
    try Data(
      "groups:\n- name: g\n  rules:\n  - {record: r, expr: 'sum(work_totals)'}\n  - {alert: A, expr: r > 0}\n".utf8
    ).write(to: URL(filePath: file))
    let check = try Self.skep(["rules", "check", file, "--server", server.url])
    #expect(check.status == 0 && check.output.contains("rules.yml:4:28: warning"), "\(check)")
    #expect(check.output.split(separator: "\n").count == 3, "r is known: \(check)")
    #expect(try Self.skep(["rules", "check", file, "--server", server.url, "--lint-fatal"]).status == 1)
  }

  @Test func whatNeedsNoServer() throws {
    let scratch = try ScratchDirectory()
    #expect(try Self.skep(["query", "format", "sum( rate(x[5m] ) )by(a)"]).output == "sum by (a) (rate(x[5m]))\n")
    #expect(try Self.skep(["query", "format", "sum("]).status == 2)
    #expect(try Self.skep(["query", "lint", "--offline", "count(x) == 0"]).status == 1)
    func write(_ name: String, _ text: String) throws -> String {
      let path = scratch.path.appending(name).string
      try Data(text.utf8).write(to: URL(filePath: path))
      return path
    }
    let good = try write("r.yml", "groups:\n- name: g\n  rules:\n  - {record: r, expr: sum(x)}\n")
    let bad = try write("bad.yml", "groups:\n- name: g\n  rules:\n  - {record: r, expr: sum(}\n")
    #expect(try Self.skep(["rules", "check", good]).output == "Checking \(good)\n  SUCCESS: 1 rules found\n")
    #expect(try Self.skep(["rules", "check", good, bad]).status == 1)
    #expect(try Self.skep(["rules", "check", scratch.path.appending("none.yml").string]).status == 2)
    let tests = try write(
      "t.yml",
      """
      rule_files: ["r*.yml"]
      tests:
      - name: sums
        input_series: [{series: 'x{a="1"}', values: 1}, {series: 'x{a="2"}', values: 2}]
        promql_expr_test: [{expr: r, eval_time: 0, exp_samples: [{labels: r, value: 3}]}]
      """)
    #expect(try Self.skep(["rules", "test", tests]).output == "Unit Testing: \(tests)\n  SUCCESS\n")
    let failing = try write(
      "f.yml", "tests:\n- name: no\n  promql_expr_test: [{expr: '1', exp_samples: [{value: 2}]}]\n")
    let result = try Self.skep(["rules", "test", tests, failing, "--output", "json"])
    #expect(result.status == 1)
    let answer = try JSONSerialization.jsonObject(with: Data(result.output.utf8)) as? [String: Any]
    #expect((answer?["files"] as? [[String: Any]])?.map { $0["passed"] as? Bool } == [true, false])
    #expect(try Self.skep(["rules", "test", "--run", "nothing", failing]).status == 0)
    #expect(try Self.skep(["rules", "test", "--diff", failing]).output.contains("- {} 2E+00"))
    #expect(try Self.skep(["rules", "test", "--run", "(", failing]).status == 2)
  }
}
