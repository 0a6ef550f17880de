import Foundation
import PromQL
import Testing

/// Prometheus' own scripts, where they are at hand: they are not part of this repository. `SKEP_CORPORA` names the folder.
@Suite("Prometheus' scripts")
struct CorpusTests {
  static let folder: URL = {
    let named = ProcessInfo.processInfo.environment["SKEP_CORPORA"].map { URL(filePath: $0) }
    let beside = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .deletingLastPathComponent().deletingLastPathComponent().appending(path: "shared/corpora")
    return (named ?? beside).appending(path: "promql/dev")
  }()

  static let isThere = FileManager.default.fileExists(atPath: folder.path)

  /// How many evaluations each script has: all pass.
  static let scripts: [(name: String, evaluations: Int)] = [
    ("aggregators", 74), ("at_modifier", 46), ("collision", 1), ("functions", 167), ("gapfill", 5), ("histograms", 47),
    ("literals", 14), ("name_label_dropping", 13), ("operators", 85), ("range_queries", 9), ("selectors", 18),
    ("staleness", 9), ("subquery", 19), ("trig_functions", 15),
  ]

  @Test(.enabled(if: isThere, "the corpora are not at hand"), arguments: scripts)
  func script(name: String, evaluations: Int) async throws {
    let text = try String(contentsOf: Self.folder.appending(path: "\(name).test"), encoding: .utf8)
    let report = await PromQLScript(text).run()
    #expect(report.failures == [], "\(report.failures.map(\.description).joined(separator: "\n"))")
    #expect(report.passed == evaluations)
  }

  /// How many evaluations of the scripts that need native histograms or experimental features pass, and how many of each do not
  /// yet: those of delayed name removal and of start timestamps. `skep query script --experimental --list` names them.
  static let extended: [(name: String, passed: Int, notYet: Int)] = [
    ("aggregators", 22, 0), ("at_modifier", 1, 0), ("duration_expression", 35, 0), ("extended_vectors", 101, 0),
    ("fill-modifier", 27, 0), ("functions", 92, 0), ("histograms", 63, 0), ("info", 32, 0), ("limit", 22, 0),
    ("name_label_dropping", 0, 5), ("native_histograms", 313, 0), ("operators", 44, 0), ("range_queries", 3, 0),
    ("start_timestamps", 0, 20), ("subquery", 2, 0), ("type_and_unit", 35, 0),
  ]

  @Test(.enabled(if: isThere, "the corpora are not at hand"), arguments: extended)
  func extendedScript(name: String, passed: Int, notYet: Int) async throws {
    let folder = Self.folder.deletingLastPathComponent().appending(path: "extended/dev")
    let text = try String(contentsOf: folder.appending(path: "\(name).test"), encoding: .utf8)
    let report = await PromQLScript(text).run(options: .experimental)
    let problems = report.failures.map(\.description).joined(separator: "\n")
    #expect(report.passed == passed && report.failed == notYet, "\(problems)")
    #expect(report.results.count == passed + notYet)
  }
}
