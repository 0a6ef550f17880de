import FleetModel

/// The keys of promtool's unit-test files.
enum RuleTestDeclaration {
  static var shape: Shape<RuleTestFile> {
    typealias F = Field<RuleTestFile>
    return .object(
      RuleTestFile(),
      [
        F("rule_files", \.ruleFiles, Shapes.list(text), "paths or globs, relative to this file"),
        F("evaluation_interval", \.evaluationInterval, interval, "between two evaluations of all groups"),
        F("group_eval_order", \.groupOrder, Shapes.list(text), "names of groups in the order of their evaluation"),
        F("fuzzy_compare", \.comparesFuzzily, Shapes.boolean, "whether neighbouring floating-point numbers are equal"),
        F("tests", \.tests, Shapes.list(test), "tests, each with series of its own"),
      ], nullIsAbsent: true,
      check: { file, reader, path in
        var seen: Set<String> = []
        for (index, name) in file.groupOrder.enumerated() where !seen.insert(name).inserted {
          reader.error(
            Path.index(index, in: Path.key("group_eval_order", in: path)),
            "the group \"\(YAMLTree.shortened(name))\" is named twice", mend: "remove one of the two")
        }
      })
  }

  private static var text: Shape<String> { Shapes.looseText(emptyAllowed: true) }

  /// 0 stands for the default.
  private static var interval: Shape<Duration> {
    let duration = RuleFileDeclaration.duration
    return Shape(
      schema: duration.schema(),
      read: { tree, reader, path in duration.read(tree, reader, path).flatMap { $0 == .zero ? nil : $0 } })
  }

  private static var texts: Shape<[String: String]> { Shapes.dictionary(text, null: "") }

  private static var test: Shape<RuleTestFile.Test> {
    typealias F = Field<RuleTestFile.Test>
    typealias S = Field<RuleTestFile.InputSeries>
    let series = Shape<RuleTestFile.InputSeries>.object(
      RuleTestFile.InputSeries(),
      [
        S("series", \.series, text, "name and labels of the series"),
        S("values", \.values, text, "its values, an interval apart"),
      ], nullIsAbsent: true)
    return .object(
      RuleTestFile.Test(),
      [
        F("name", \.name, text, "name of the test"),
        F("interval", optional: \.interval, interval, "between two values of an input series"),
        F("input_series", \.inputSeries, Shapes.list(series), "the series that are there"),
        F("external_labels", \.externalLabels, texts, "labels that templates find in $externalLabels"),
        F("external_url", \.externalURL, text, "what templates find in $externalURL"),
        F("start_timestamp", optional: \.start, moment, "when the test begins: RFC 3339, or seconds since 1970"),
        F("alert_rule_test", \.alertTests, Shapes.list(alertTest), "which alerts must fire when"),
        F("promql_expr_test", \.expressionTests, Shapes.list(expressionTest), "what expressions must give when"),
      ], nullIsAbsent: true)
  }

  private static var alertTest: Shape<RuleTestFile.AlertTest> {
    typealias F = Field<RuleTestFile.AlertTest>
    typealias A = Field<RuleTestFile.ExpectedAlert>
    let alert = Shape<RuleTestFile.ExpectedAlert>.object(
      RuleTestFile.ExpectedAlert(),
      [
        A("exp_labels", \.labels, texts, "its labels without alertname"),
        A("exp_annotations", \.annotations, texts, "its annotations"),
      ], nullIsAbsent: true)
    return .object(
      RuleTestFile.AlertTest(),
      [
        F("eval_time", \.evalTime, RuleFileDeclaration.duration, "since the test's begin"),
        F("alertname", \.alertName, Shapes.looseText(), required: true, "name of the alerting rule"),
        F("exp_alerts", \.expected, Shapes.list(alert), "the alerts that fire then, none where empty"),
      ], nullIsAbsent: true)
  }

  private static var expressionTest: Shape<RuleTestFile.ExpressionTest> {
    typealias F = Field<RuleTestFile.ExpressionTest>
    typealias S = Field<RuleTestFile.ExpectedSample>
    let sample = Shape<RuleTestFile.ExpectedSample>.object(
      RuleTestFile.ExpectedSample(),
      [
        S("labels", \.labels, text, "name and labels of the series"),
        S("value", \.value, float, "its value"),
        S("histogram", \.histogram, text, "a native histogram in place of the value"),
      ], nullIsAbsent: true)
    return .object(
      RuleTestFile.ExpressionTest(),
      [
        F("expr", \.expression, text, "PromQL"),
        F("eval_time", \.evalTime, RuleFileDeclaration.duration, "since the test's begin"),
        F("exp_samples", \.expected, Shapes.list(sample), "what it gives then, nothing where empty"),
      ], nullIsAbsent: true)
  }

  private static let specialNumbers: [String: Double] = [
    "nan": .nan, ".nan": .nan, "inf": .infinity, ".inf": .infinity, "+inf": .infinity, "+.inf": .infinity,
    "-inf": -.infinity, "-.inf": -.infinity,
  ]

  /// A number, `.nan` or `.inf`.
  private static var float: Shape<Double> {
    let number = Shapes.number()
    return Shape(
      schema: number.schema(),
      read: { tree, reader, path in
        if case .scalar(let text, _) = tree.content, let special = specialNumbers[text.lowercased()] { return special }
        return number.read(tree, reader, path)
      })
  }

  private static var moment: Shape<Timestamp> {
    let text = text
    return Shape(
      schema: text.schema(),
      read: { tree, reader, path in
        guard let value = text.read(tree, reader, path) else { return nil }
        if let time = RFC3339.parse(value) { return time }
        // The bound keeps sums with any duration within 64 bits.
        if let seconds = YAMLNumber.decimal(value), abs(seconds) < 1e12 {
          return Timestamp(milliseconds: Int64((seconds * 1000).rounded()))
        }
        reader.error(
          path, at: tree.place, "\"\(YAMLTree.shortened(value))\" is not a time",
          mend: "write one such as 2026-11-23T01:02:03Z, or seconds since 1970")
        return nil
      })
  }
}
