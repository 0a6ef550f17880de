public import FleetModel

/// What running the tests of one file found.
public struct RuleTestReport: Sendable, Hashable {
  /// As it was named.
  public var file: String
  /// What is wrong with the file or its rule files, beside what the tests found.
  public var diagnostics: [Diagnostic] = []
  /// In the order of the file; those that were not to be run are left out.
  public var tests: [Test] = []

  public var passed: Bool {
    !diagnostics.contains { $0.level == .error } && tests.allSatisfy { $0.failures.isEmpty }
  }

  public struct Test: Sendable, Hashable {
    /// As given, or `unnamed#3`.
    public var name: String
    public var failures: [Failure] = []
  }

  /// One thing that is not as expected.
  public struct Failure: Sendable, Hashable {
    public enum Subject: Sendable, Hashable {
      /// An input series or something else of the test itself.
      case test
      /// A rule that could not be evaluated.
      case rule(String)
      case alert(String)
      case expression(String)
    }

    public var subject: Subject
    /// Where it stands in the test file.
    public var line: Int?
    /// Since the test's begin.
    public var time: Duration?
    /// Alerts, each its labels and its annotations on a line, or samples.
    public var expected: [String] = []
    public var got: [String] = []
    /// Why there is nothing to compare.
    public var problem: String?
  }
}
