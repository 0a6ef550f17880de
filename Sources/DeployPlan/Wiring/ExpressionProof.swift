import FleetModel

/// Resolves what expressions read against the series that there will be.
struct ExpressionProof: Sendable {
  let known: KnownSeries
  let expressions: ExpressionReader

  /// What is wrong with a rule of the system file, each thing once, placed in the file rather than in what is rendered.
  func findings(of rule: ExpressionRule, from origin: RuleOrigin, subject: Manifest.ID?) -> [CheckFinding] {
    // A rule's own filters are wrapped around its expression.
    let source = origin.expression.flatMap { source in
      rule.expression.firstRange(of: source).map { range in
        (source, rule.expression.utf8.distance(from: rule.expression.startIndex, to: range.lowerBound))
      }
    }
    let found = findings(in: rule.expression, subject: subject, path: origin.path) { offset in
      guard let (text, start) = source, offset >= start, offset - start <= text.utf8.count else { return "" }
      return "expr at \(Self.place(offset - start, in: text)): "
    }
    var told: Set<CheckFinding> = []
    return found.compactMap { finding in
      var finding = finding
      finding.diagnostic.path = origin.path
      finding.diagnostic.message = "\"\(rule.name)\": \(finding.diagnostic.message)"
      return told.insert(finding).inserted ? finding : nil
    }
  }

  func findings(in text: String, subject: Manifest.ID?, path: String) -> [CheckFinding] {
    findings(in: text, subject: subject, path: path) { "expr at \(Self.place($0, in: text)): " }
  }

  private func findings(
    in text: String, subject: Manifest.ID?, path: String, placing: (Int) -> String
  ) -> [CheckFinding] {
    func finding(_ rule: CheckRule, at offset: Int?, _ message: String, mend: String? = nil) -> CheckFinding {
      let place = offset.map(placing) ?? ""
      return WiringProof.finding(rule, subject, path, place + message, mend: mend)
    }
    let reading: ExpressionReader.Reading
    switch expressions.read(text) {
    case .success(let read): reading = read
    case .failure(let flaw): return [finding(.unreadableExpression, at: flaw.offset, flaw.message)]
    }
    var findings: [CheckFinding] = []
    var shapes: [LabelShape] = []
    for selector in reading.selectors {
      switch known.resolve(selector.matchers) {
      case .found(let series):
        shapes.append(LabelShape(series, selector.matchers))
        continue
      case .noMetric(let name):
        let isOne = NameRules.metricName(name) == nil
        let mend =
          (isOne ? KeyDistance.nearest(to: name, among: known.names) : nil).map {
            "did you mean \"\($0)\"? Else declare it under agents[].metrics.exposes"
          }
        findings.append(
          finding(
            .unknownMetric, at: selector.offset,
            isOne ? "nobody serves the metric \"\(name)\"" : "no metric of the fleet fits \(name)", mend: mend))
      case .noLabel(let matcher, let names):
        let mend = KeyDistance.nearest(to: matcher.name, among: names).map {
          "did you mean \"\($0)\"? Else declare it under agents[].metrics.exposes[].labels"
        }
        findings.append(
          finding(
            .unknownLabel, at: selector.offset,
            "no series of \(Self.subject(selector)) has the label \"\(matcher.name)\"",
            mend: mend))
      case .noValue(let matcher, let values):
        let mend = KeyDistance.nearest(to: matcher.value, among: values).map { "did you mean \"\($0)\"?" }
        let there = values.prefix(5).map { "\"\($0)\"" }.joined(separator: ", ")
        findings.append(
          finding(
            .unknownValue, at: selector.offset, "no series of \(Self.subject(selector)) has \(matcher)",
            mend: mend ?? "known are \(there)\(values.count > 5 ? " and \(values.count - 5) more" : "")"))
      case .noPattern(let matcher):
        findings.append(
          finding(.unreadableExpression, at: selector.offset, "\(matcher) holds no regular expression"))
      }
      // What is not known cannot be missed too.
      shapes.append(.unknown)
    }
    for (offset, flaw) in LabelTracing(reading.flow, shapes).flaws {
      switch flaw {
      case .missing(let label, let names):
        let mend = KeyDistance.nearest(to: label, among: names).map {
          "did you mean \"\($0)\"? Else declare it under agents[].metrics.exposes[].labels"
        }
        findings.append(
          finding(.unknownLabel, at: offset, "none of the series it reads has the label \"\(label)\"", mend: mend))
      case .apart(let label):
        findings.append(
          finding(.sidesApart, at: offset, "no series of one side has the \"\(label)\" of one of the other side"))
      }
    }
    return findings
  }

  private static func subject(_ selector: ExpressionReader.Selector) -> String {
    let name = selector.matchers.first { $0.name == LabelSet.metricName }
    return name.map { $0.operation == .equal ? "\"\($0.value)\"" : "\($0)" } ?? "the fleet"
  }

  /// Line and column from 1, the column in characters.
  private static func place(_ offset: Int, in text: String) -> String {
    let before = String(decoding: text.utf8.prefix(max(offset, 0)), as: UTF8.self)
    let lines = before.split(separator: "\n", omittingEmptySubsequences: false)
    return "\(lines.count):\((lines.last?.unicodeScalars.count ?? 0) + 1)"
  }
}
