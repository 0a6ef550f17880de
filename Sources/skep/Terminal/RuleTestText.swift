import ControlPlane
import FleetModel
import PromQL

/// A ``RuleTestReport`` as promtool prints it, with the lines of the file.
struct RuleTestText {
  let report: RuleTestReport
  let showsDifference: Bool

  var text: String {
    var lines = ["Unit Testing: \(Terminal.safe(report.file))"]
    lines += report.diagnostics.map { "  \(Terminal.safe($0.description))" }
    if report.passed {
      lines.append(Terminal.paint("  SUCCESS", .green))
    } else {
      lines.append(Terminal.paint("  FAILED:", .red))
      for test in report.tests {
        for failure in test.failures { lines += [Terminal.safeLines(text(of: failure, test.name)), ""] }
      }
    }
    return lines.joined(separator: "\n")
  }

  private func text(of failure: RuleTestReport.Failure, _ test: String) -> String {
    let place = failure.line.map { "\(report.file):\($0): " } ?? ""
    var head = "    \(place)name: \(test)"
    switch failure.subject {
    case .test: break
    case .rule(let name): head += ", rule: \(name)"
    case .alert(let name): head += ",\n    alertname: \(name)"
    case .expression(let text): head += ",\n    expr: \(GoText.quoted(text))"
    }
    if let time = failure.time { head += ", time: \(PrometheusDuration.format(time))" }
    if let problem = failure.problem { return "\(head), err: \(problem)" }
    if showsDifference { return head + ",\n        diff:\n" + difference(failure) }
    return head + ",\n        exp: \(list(failure.expected, failure))\n        got: \(list(failure.got, failure))"
  }

  private func list(_ entries: [String], _ failure: RuleTestReport.Failure) -> String {
    guard case .alert = failure.subject else { return entries.isEmpty ? "nil" : entries.joined(separator: ", ") }
    if entries.isEmpty { return "[]" }
    let indent = String(repeating: " ", count: 12)
    let numbered = entries.enumerated().map { number, entry in
      ([indent + "\(number):"] + entry.split(separator: "\n").map { "\(indent)  \($0)" }).joined(separator: "\n")
    }
    return "[\n" + numbered.joined(separator: ",\n") + "\n\(indent)]"
  }

  /// What both have, then what was expected and is not there, and what is there and was not expected.
  private func difference(_ failure: RuleTestReport.Failure) -> String {
    let expected = failure.expected.flatMap { $0.split(separator: "\n").map(String.init) }
    let got = failure.got.flatMap { $0.split(separator: "\n").map(String.init) }
    let indent = String(repeating: " ", count: 12)
    return LineDifference(expected, got).lines.map { line in
      switch line {
      case .both(let text): "\(indent)  \(text)"
      case .left(let text): indent + Terminal.paint("- \(text)", .red)
      case .right(let text): indent + Terminal.paint("+ \(text)", .green)
      }
    }.joined(separator: "\n")
  }
}

/// Two lists of lines as one: those that they share in their order, and between them those of one side alone.
struct LineDifference {
  enum Line: Equatable {
    case both(String)
    case left(String)
    case right(String)
  }

  private(set) var lines: [Line] = []

  init(_ left: [String], _ right: [String]) {
    let changes = right.difference(from: left)
    var removed = Set<Int>()
    var inserted = Set<Int>()
    for change in changes {
      switch change {
      case .remove(let offset, _, _): removed.insert(offset)
      case .insert(let offset, _, _): inserted.insert(offset)
      }
    }
    var next = 0
    for (index, line) in left.enumerated() {
      if removed.contains(index) {
        lines.append(.left(line))
        continue
      }
      while inserted.contains(next) {
        lines.append(.right(right[next]))
        next += 1
      }
      lines.append(.both(line))
      next += 1
    }
    lines += right[next...].map(Line.right)
  }
}

/// ``RuleTestReport`` as `--output json` prints it.
struct RuleTestAnswer: Encodable {
  struct File: Encodable {
    let file: String
    let passed: Bool
    let tests: [Test]
    let diagnostics: [DiagnosticEntry]
  }

  struct Test: Encodable {
    let name: String
    let passed: Bool
    let failures: [Failure]
  }

  struct Failure: Encodable {
    let kind: String
    let subject: String?
    let line: Int?
    let time: String?
    let expected: [String]
    let got: [String]
    let problem: String?

    init(_ failure: RuleTestReport.Failure) {
      switch failure.subject {
      case .test: (kind, subject) = ("test", nil)
      case .rule(let name): (kind, subject) = ("rule", name)
      case .alert(let name): (kind, subject) = ("alert", name)
      case .expression(let text): (kind, subject) = ("expression", text)
      }
      line = failure.line
      time = failure.time.map(PrometheusDuration.format)
      expected = failure.expected
      got = failure.got
      problem = failure.problem
    }
  }

  let passed: Bool
  let files: [File]

  init(_ reports: [RuleTestReport]) {
    passed = reports.allSatisfy(\.passed)
    files = reports.map { report in
      File(
        file: report.file, passed: report.passed,
        tests: report.tests.map {
          Test(name: $0.name, passed: $0.failures.isEmpty, failures: $0.failures.map(Failure.init))
        }, diagnostics: report.diagnostics.map(DiagnosticEntry.init))
    }
  }
}
