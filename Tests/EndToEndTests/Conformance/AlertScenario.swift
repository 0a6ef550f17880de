/// What two programs are both put through: a configuration and, second by second, what happens.
struct AlertScenario: Sendable {
  enum Act: Sendable {
    case post([PostedAlert])
    /// Sets a silence that the scenario calls `name`; matchers as in `zone=~"eu-.*"`. Seconds after the start; from now
    /// on where there is no `from`.
    case silence(_ name: String, _ matchers: [String], from: Double? = nil, until: Double)
    /// Gives a silence another end, leaving all else as it is.
    case extend(_ name: String, until: Double)
    /// Gives a silence other matchers.
    case rewrite(_ name: String, _ matchers: [String])
    case expire(_ name: String)
    /// Ends the program by this signal and starts it again on the same data.
    case restart(Int32)
  }

  struct Step: Sendable {
    /// Seconds after the start.
    var at: Double
    var act: Act
  }

  var name: String
  /// An `alertmanager.yml`; `WEBHOOK/x` in it is an address of the recorder, and `x` the way its calls are kept under.
  var configuration: String
  var steps: [Step]
  /// Seconds after the start.
  var end: Double
  /// What the recorder answers first, by way; afterwards 200.
  var answers: [String: [Int]] = [:]
  /// How far apart the same notification of both may be, in seconds.
  var tolerance = 0.9
  /// Whether the programs themselves set some of the alerts' times, which then differ a little.
  var setsTimes = false
  /// How many calls a way gets at least, so that two programs that both say nothing do not pass.
  var minimum: [String: Int]

  init(
    _ name: String, _ configuration: String, _ steps: [Step], end: Double, calls minimum: [String: Int],
    answers: [String: [Int]] = [:], tolerance: Double = 0.9, setsTimes: Bool = false
  ) {
    self.name = name
    self.configuration = configuration
    self.steps = steps
    self.end = end
    self.answers = answers
    self.tolerance = tolerance
    self.setsTimes = setsTimes
    self.minimum = minimum
  }

}

/// An alert as a sender posts it. Times are seconds after the scenario's start.
struct PostedAlert: Sendable {
  var labels: [String: String]
  var annotations: [String: String]
  var startsAt: Double?
  var endsAt: Double?
  var generatorURL: String?

  /// - Parameter labels: `alertname=Down instance=a`.
  init(
    _ labels: String, from startsAt: Double? = 0, until endsAt: Double? = 3600, _ annotations: [String: String] = [:],
    generator generatorURL: String? = nil
  ) {
    self.labels = Dictionary(
      labels.split(separator: " ").map { label in
        let name = label.prefix { $0 != "=" }
        return (String(name), String(label.dropFirst(name.count + 1)))
      }, uniquingKeysWith: { $1 })
    self.annotations = annotations
    self.startsAt = startsAt
    self.endsAt = endsAt
    self.generatorURL = generatorURL
  }
}

extension AlertScenario.Step {
  static func post(at seconds: Double, _ alerts: PostedAlert...) -> Self { Self(at: seconds, act: .post(alerts)) }

  static func silence(
    at seconds: Double, _ name: String, _ matchers: String..., from: Double? = nil, until: Double
  ) -> Self {
    Self(at: seconds, act: .silence(name, matchers, from: from, until: until))
  }

  static func extend(at seconds: Double, _ name: String, until: Double) -> Self {
    Self(at: seconds, act: .extend(name, until: until))
  }

  static func rewrite(at seconds: Double, _ name: String, _ matchers: String...) -> Self {
    Self(at: seconds, act: .rewrite(name, matchers))
  }

  static func expire(at seconds: Double, _ name: String) -> Self { Self(at: seconds, act: .expire(name)) }

  static func restart(at seconds: Double, by signal: Int32) -> Self { Self(at: seconds, act: .restart(signal)) }
}
