public import FleetModel

/// promtool's unit tests of rules
/// (<https://prometheus.io/docs/prometheus/latest/configuration/unit_testing_rules/>): which rules are evaluated on which
/// series, and what they must give when.
///
/// Series, values and expected labels are texts here, in PromQL's notation.
public struct RuleTestFile: Sendable, Hashable {
  /// Paths or globs, relative to the folder of this file.
  public var ruleFiles: [String] = []
  /// Between two evaluations of all groups.
  public var evaluationInterval: Duration = .seconds(60)
  /// Names of groups, those that must be evaluated first first.
  public var groupOrder: [String] = []
  /// Whether neighbouring floating-point numbers are equal.
  public var comparesFuzzily = false
  public var tests: [Test] = []

  public init() {}

  public struct Test: Sendable, Hashable {
    public var name = ""
    /// Between two values of an input series; the evaluation interval where `nil`.
    public var interval: Duration?
    public var inputSeries: [InputSeries] = []
    public var externalLabels: [String: String] = [:]
    public var externalURL = ""
    /// When the test begins; 1970 where `nil`.
    public var start: Timestamp?
    public var alertTests: [AlertTest] = []
    public var expressionTests: [ExpressionTest] = []

    public init() {}
  }

  public struct InputSeries: Sendable, Hashable {
    /// `up{job="a"}`.
    public var series = ""
    /// `1 2+3x4 _ stale`.
    public var values = ""

    public init() {}
  }

  /// Which alerts of a rule must fire.
  public struct AlertTest: Sendable, Hashable {
    /// Since the test's begin.
    public var evalTime: Duration = .zero
    public var alertName = ""
    public var expected: [ExpectedAlert] = []

    public init() {}
  }

  public struct ExpectedAlert: Sendable, Hashable {
    /// Without `alertname`.
    public var labels: [String: String] = [:]
    public var annotations: [String: String] = [:]

    public init() {}
  }

  /// What an expression must give.
  public struct ExpressionTest: Sendable, Hashable {
    public var expression = ""
    /// Since the test's begin.
    public var evalTime: Duration = .zero
    public var expected: [ExpectedSample] = []

    public init() {}
  }

  public struct ExpectedSample: Sendable, Hashable {
    /// `up{job="a"}`; empty for no labels.
    public var labels = ""
    public var value = 0.0
    /// A native histogram in place of the value; empty for none.
    public var histogram = ""

    public init() {}
  }

  public struct Reading: Sendable {
    /// `nil` if `diagnostics` has an error.
    public var file: RuleTestFile?
    /// In the order of the file.
    public var diagnostics: [Diagnostic]
    public var places: SourcePlaces
  }

  /// - Parameter file: its name for messages.
  public static func read(bytes: [UInt8], file: String) -> Reading {
    let text: String
    switch YAMLGuard.text(of: bytes) {
    case .success(let content): text = content
    case .failure(var problem):
      problem.file = file
      return Reading(file: nil, diagnostics: [problem], places: SourcePlaces(text: "", places: [:]))
    }
    let reader = Reader(file: file)
    let parsing = YAMLParsing(text, emptyAllowed: true)
    for diagnostic in parsing.diagnostics { reader.add(diagnostic) }
    var tests = RuleTestFile()
    if let tree = parsing.tree, let read = RuleTestDeclaration.shape.read(tree, reader, "") { tests = read }
    return Reading(
      file: reader.hasErrors ? nil : tests, diagnostics: reader.sortedDiagnostics,
      places: SourcePlaces(text: text, places: reader.places))
  }
}
