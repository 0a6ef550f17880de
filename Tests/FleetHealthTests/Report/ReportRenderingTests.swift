import FleetModel
import Foundation
import Testing

@testable import FleetHealth

/// What the renderings of one report look like, to the byte: `Golden/`. Set `SKEP_UPDATE_GOLDEN=1` to write them anew, and look at
/// the difference.
@Suite struct ReportRenderingTests {
  private static func report() throws -> PerformanceReport {
    var planner = ReportFleet.figures(cpu: 12.34, memory: 30)
    planner.requestRate = 1.5
    planner.errorRate = 0.0125
    planner.latency = .init(p50: 0.045, p95: 0.42, p99: 1.8)
    planner.requestPoints = Array(repeating: 1.5, count: 96)
    planner.inputTokens = 1_234_567
    planner.outputTokens = 89_000
    planner.cost = 12.5
    var coder = ReportFleet.figures()
    coder.cpu = ReportFleet.usage((0..<96).map { 60 + Double($0) * 0.4 })
    coder.memory = ReportFleet.usage((0..<96).map { 50 + Double($0) * 0.3 })
    coder.restarts = 5
    coder.restartsInLastHour = 4
    coder.sizing = .init(
      cpuRequest: 0.5, memoryLimit: 1_073_741_824, cpu: ReportFleet.flat(0.1), memory: ReportFleet.flat(1_000_000_000))
    return try ReportFleet.report(
      ["planner": planner, "coder": coder, "writer": AgentFigures()], statuses: ["writer": .lost],
      alerts: [ReportFleet.alert(["coder"])])
  }

  private static func check(_ text: String, _ name: String) throws {
    let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent().appending(path: "Golden")
    let file = folder.appending(path: name)
    if ProcessInfo.processInfo.environment["SKEP_UPDATE_GOLDEN"] == "1" {
      try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
      try Data(text.utf8).write(to: file)
    }
    #expect(text == String(decoding: try Data(contentsOf: file), as: UTF8.self), "\(name) differs")
  }

  @Test func text() throws {
    let text = try Self.report().text { rows, _ in rows.map { $0.joined(separator: "\t") }.joined(separator: "\n") }
    try Self.check(text, "report.txt")
  }

  @Test func markdown() throws { try Self.check(try Self.report().markdown, "report.md") }
  @Test func html() throws { try Self.check(try Self.report().html, "report.html") }

  @Test func whatAgentsSupplyIsNeverMarkup() throws {
    let hostile = "<script>alert(1)</script>&\"'\u{1}|*_`[x](y)\u{202e}"
    var report = try Self.report()
    report.agents[0].agentID = hostile
    report.recommendations[0].agentID = hostile
    report.recommendations[0].evidence = hostile
    report.system = hostile
    #expect(!report.html.contains("<script") && !report.html.contains("\u{1}"))
    #expect(!report.markdown.contains("<script") && !report.markdown.contains("|*_"))
    // Well-formed but for HTML's two elements without an end.
    let xml = report.html.replacing("<!DOCTYPE html>", with: "").replacing(/<meta [^>]*>/, with: "").replacing(
      "<br>", with: "")
    var open: [Substring] = []
    for match in xml.matches(of: /<(\/?)([a-z0-9]+)[^>]*?(\/?)>/) where match.output.3.isEmpty {
      if match.output.1.isEmpty { open.append(match.output.2) } else { #expect(open.popLast() == match.output.2) }
    }
    #expect(open.isEmpty)
  }

  @Test func anEmptyFleetHasAReport() throws {
    let report = try ReportFleet.report([:])
    #expect(report.agents.isEmpty && report.recommendations.isEmpty && report.trends.cpu == nil)
    #expect(report.html.contains("Nothing needs doing.") && report.markdown.contains("Nothing needs doing."))
  }

  @Test(arguments: [
    (0.0, "0"), (1234.56, "1,234.6"), (999.96, "1,000"), (-0.04, "0"), (-5.25, "-5.3"), (.nan, "–"), (1e6, "1,000,000"),
  ])
  func decimals(value: Double, text: String) { #expect(ReportNumber.decimal(value) == text) }

  @Test(arguments: [(0.0, 1.0), (0.9, 1), (1, 1), (1.1, 2), (4, 5), (51, 100), (0.003, 0.005), (.infinity, .infinity)])
  func plotsEndAtRoundFigures(value: Double, peak: Double) {
    #expect(abs(ReportPlot.roundPeak(value) / peak - 1) < 1e-9 || value == .infinity)
  }
}
