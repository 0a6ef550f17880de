/// One panel of a dashboard, before it has a place and a form.
struct DashboardPanel: Sendable, Hashable {
  enum Kind: Sendable, Hashable {
    case stat
    case timeseries
    /// Values as bands of time, with words for them.
    case stateTimeline([Word])
  }

  /// What a value is called and how it looks.
  struct Word: Sendable, Hashable {
    var value: Int
    var text: String
    var color: String
  }

  struct Threshold: Sendable, Hashable {
    /// `nil` for what lies below all others.
    var value: Double?
    var color: String
  }

  /// One query.
  struct Query: Sendable, Hashable {
    var expression: String
    var legend: String
    /// Metrics that it reads, with labels that they must have: without them it shows nothing.
    var reads: [Reading]
    /// Whether single requests are shown beside the lines, which lead to their traces.
    var exemplars = false

    init(_ expression: String, legend: String, reads: [Reading], exemplars: Bool = false) {
      self.expression = expression
      self.legend = legend
      self.reads = reads
      self.exemplars = exemplars
    }
  }

  struct Reading: Sendable, Hashable, ExpressibleByStringLiteral {
    var metric: String
    var labels: Set<String>

    init(_ metric: String, _ labels: Set<String> = []) {
      self.metric = metric
      self.labels = labels
    }

    init(stringLiteral metric: String) { self.init(metric) }
  }

  var title: String
  var description: String
  var kind = Kind.timeseries
  /// Grafana's name for it (`percent`, `reqps`, `s`).
  var unit = "short"
  var minimum: Double?
  var maximum: Double?
  var decimals: Int?
  var thresholds: [Threshold] = [Threshold(value: nil, color: "green")]
  /// Whether the thresholds are drawn.
  var showsThresholds = false
  var isStacked = false
  /// Of 24 columns.
  var width = 12
  /// In rows of 30 pixels.
  var height = 8
  /// Whether series belong to agents, so that a click leads to the agent's traces.
  var isOfAgents = true
  var queries: [Query]
}

/// Panels under one heading.
struct DashboardSection: Sendable, Hashable {
  var title: String
  var panels: [DashboardPanel]
}
