import Alerting
import DeployPlan
import FleetModel
public import PromQL

/// Runs promtool's unit tests of rules: no clock, no service, the same evaluation as in a running Skep.
public struct RuleTests: Sendable {
  /// Beyond the stable language.
  public var parser = ParserOptions()
  /// Which tests are run, by name.
  public var isChosen: @Sendable (String) -> Bool = { _ in true }

  public init() {}

  /// - Parameters:
  ///   - file: its name for messages.
  ///   - ruleFile: gives the content of the rule files that a path or glob of the test file names, each with its name; none if
  ///     there is none.
  public func run(
    _ bytes: [UInt8], file: String, ruleFiles: (String) throws -> [(name: String, bytes: [UInt8])]
  ) async throws -> RuleTestReport {
    let reading = RuleTestFile.read(bytes: bytes, file: file)
    var report = RuleTestReport(file: file, diagnostics: reading.diagnostics)
    guard let tests = reading.file else { return report }
    var groups: [RuleGroup] = []
    var seen: Set<String> = []
    for (index, path) in tests.ruleFiles.enumerated() {
      let found = try ruleFiles(path)
      if found.isEmpty {
        let place = reading.places["rule_files[\(index)]"]
        report.diagnostics.append(
          Diagnostic(
            .warning, file: file, line: place?.line, column: place?.column, path: "rule_files[\(index)]",
            message: "no file is called \"\(path)\"", mend: "paths are relative to the folder of this file"))
      }
      for (name, bytes) in found where seen.insert(name).inserted {
        let checked = CheckedRuleFile(bytes: bytes, file: name, check: RuleCheck(parser: parser))
        report.diagnostics += checked.diagnostics
        groups += checked.groups ?? []
      }
    }
    checkOrder(tests, groups, reading, &report)
    // As promtool: a test of rules that are none fails.
    if report.diagnostics.contains(where: { $0.level == .error }) { return report }
    let ranks = Dictionary(tests.groupOrder.enumerated().map { ($1, $0) }, uniquingKeysWith: { first, _ in first })
    let ordered = groups.enumerated().sorted { left, right in
      (ranks[left.element.name] ?? 0, left.offset) < (ranks[right.element.name] ?? 0, right.offset)
    }.map(\.element)
    for (index, test) in tests.tests.enumerated() where isChosen(test.name) {
      try Task.checkCancellation()
      var run = RuleTestRun(test, of: tests, at: index, places: reading.places, groups: ordered, parser: parser)
      await run.run()
      report.tests.append(
        RuleTestReport.Test(name: test.name.isEmpty ? "unnamed#\(index)" : test.name, failures: run.failures))
    }
    return report
  }

  private func checkOrder(
    _ tests: RuleTestFile, _ groups: [RuleGroup], _ reading: RuleTestFile.Reading, _ report: inout RuleTestReport
  ) {
    let names = Set(groups.map(\.name))
    for (index, name) in tests.groupOrder.enumerated() where !names.contains(name) {
      let path = "group_eval_order[\(index)]"
      let place = reading.places[path]
      report.diagnostics.append(
        Diagnostic(
          .warning, file: report.file, line: place?.line, column: place?.column, path: path,
          message: "no group is called \"\(name)\""))
    }
  }
}
