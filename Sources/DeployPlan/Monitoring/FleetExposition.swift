import FleetModel

/// Series that a Prometheus has that collects from the fleet.
struct ServedSeries: Sendable, Hashable {
  /// What a label can hold.
  enum Values: Sendable, Hashable {
    case any
    case among(Set<String>)
  }

  var name: String
  /// Who serves it; `nil` for what rules make.
  var agent: AgentID?
  /// Its labels, each with the values that it can have where these are known.
  var labels: [String: Values]
  /// Whether it may have labels that nobody has declared.
  var isOpen = false
}

/// What the agents of a system serve, as far as the system file says it.
///
/// An agent that says nothing (`metrics.exposes`) is taken to serve what every agent linked with SkepAgent does, and nothing
/// else.
struct FleetExposition: Sendable {
  /// By agent, in the order of the file.
  let metrics: [(agent: AgentSpec, metrics: [ExposedMetric])]
  private let types: [String: MetricType]
  private let served: [String: [Int]]

  init(_ system: FleetSystem) {
    var types: [String: MetricType] = [:]
    var served: [String: [Int]] = [:]
    metrics = system.agents.map { ($0, $0.exposes ?? Self.standard) }
    for (index, entry) in metrics.enumerated() {
      for metric in entry.metrics + Self.collected {
        for sample in Self.samples(of: metric) {
          // Of two agents that disagree the one that says more counts.
          if types[sample.name] ?? .unknown == .unknown { types[sample.name] = sample.type }
          served[sample.name, default: []].append(index)
        }
      }
    }
    self.types = types
    self.served = served
  }

  /// Sorted.
  var names: [String] { served.keys.sorted() }

  func isServed(_ name: String) -> Bool { served[name] != nil }

  /// The agents that serve it, in the order of the file.
  func agents(serving name: String) -> [AgentSpec] {
    var last = -1
    return (served[name] ?? []).compactMap { index in
      defer { last = index }
      return index == last ? nil : metrics[index].agent
    }
  }

  /// The labels that the agents serving `name` give to it, beside those of collection.
  func labels(of name: String) -> Set<String> {
    var labels: Set<String> = []
    for index in served[name] ?? [] {
      for metric in metrics[index].metrics where Self.samples(of: metric).contains(where: { $0.name == name }) {
        labels.formUnion(metric.labels)
      }
    }
    return labels
  }

  /// Whether a smaller value means that it began anew.
  func isCounter(_ name: String) -> Bool {
    let type = types[name] ?? .unknown
    return type == .unknown ? MetricNaming.isCounter(name) : type == .counter
  }

  /// All series that collection gives, without what rules make.
  func series(_ system: FleetSystem) -> [ServedSeries] {
    metrics.flatMap { agent, metrics -> [ServedSeries] in
      var target: [String: ServedSeries.Values] = [
        "job": .among([FleetLabels.job]), FleetLabels.agent: .among([agent.agentID.name]),
        "namespace": .among([system.namespace]), "instance": .any,
      ]
      if case .port = agent.metrics {
        target["pod"] = .any
        target["revision"] = .any
      }
      for (label, value) in agent.labels { target[FleetLabels.seriesName(of: label)] = .among([value]) }
      return (metrics + Self.collected).flatMap { metric in
        Self.samples(of: metric).map { sample in
          var labels = target
          for label in metric.labels.union(sample.labels) where labels[label] == nil || agent.honorLabels {
            labels[label] = .any
          }
          return ServedSeries(name: sample.name, agent: agent.agentID, labels: labels)
        }
      }
    }
  }

  /// The samples that a metric of one name and type is made of
  /// (<https://prometheus.io/docs/instrumenting/exposition_formats/>).
  static func samples(of metric: ExposedMetric) -> [(name: String, type: MetricType, labels: Set<String>)] {
    switch metric.type {
    case .histogram, .gaugehistogram:
      // A native histogram has the name itself.
      [
        (metric.name, metric.type, []), (metric.name + "_bucket", .counter, ["le"]),
        (metric.name + "_count", .counter, []), (metric.name + "_sum", .counter, []),
      ]
    case .summary:
      [
        (metric.name, .gauge, ["quantile"]), (metric.name + "_count", .counter, []),
        (metric.name + "_sum", .counter, []),
      ]
    default: [(metric.name, metric.type, [])]
    }
  }

  /// What Prometheus itself adds for each target
  /// (<https://prometheus.io/docs/concepts/jobs_instances/#automatically-generated-labels-and-time-series>).
  static let collected = [
    "up", "scrape_duration_seconds", "scrape_samples_scraped", "scrape_samples_post_metric_relabeling",
    "scrape_series_added",
  ].map { ExposedMetric(name: $0, type: .gauge) }

  /// What an agent linked with SkepAgent serves whatever it does.
  static let standard = [
    ExposedMetric(name: "process_cpu_seconds_total", type: .counter),
    ExposedMetric(name: "process_max_fds", type: .gauge),
    ExposedMetric(name: "process_open_fds", type: .gauge),
    ExposedMetric(name: "process_resident_memory_bytes", type: .gauge),
    ExposedMetric(name: "process_start_time_seconds", type: .gauge),
    ExposedMetric(name: "process_virtual_memory_bytes", type: .gauge),
    ExposedMetric(name: "metrics_series_dropped_total", type: .counter, labels: ["reason"]),
  ]
}
