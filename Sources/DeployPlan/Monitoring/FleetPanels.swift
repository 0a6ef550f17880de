import FleetModel

/// What the dashboard of a fleet shows, of which only that is kept which the fleet exposes.
struct FleetPanels: Sendable {
  let sections: [DashboardSection]

  /// What all queries ask for: the fleet's series, by the dashboard's variables.
  static let scope = "job=\"\(FleetLabels.job)\", namespace=\"$namespace\", agent_id=~\"$agent\""

  /// - Parameter has: whether somebody gives a metric with these labels.
  init(has: (_ metric: String, _ labels: Set<String>) -> Bool) {
    sections = [
      Self.overview, Self.health, Self.resources, Self.communication, Self.work, Self.models, Self.collection,
    ]
    .compactMap { section in
      var section = section
      section.panels = section.panels.compactMap { panel in
        var panel = panel
        panel.queries.removeAll { !$0.reads.allSatisfy { has($0.metric, $0.labels) } }
        return panel.queries.isEmpty ? nil : panel
      }
      return section.panels.isEmpty ? nil : section
    }
  }

  private static func rate(_ metric: String, _ further: String = "", over window: String = "$__rate_interval") -> String
  {
    "rate(\(metric){\(scope)\(further.isEmpty ? "" : ", \(further)")}[\(window)])"
  }

  private static func byAgent(_ expression: String, _ aggregator: String = "sum", _ further: String = "") -> String {
    "\(aggregator) by (agent_id\(further.isEmpty ? "" : ", \(further)")) (\(expression))"
  }

  private static let overview = DashboardSection(
    title: "Overview",
    panels: [
      DashboardPanel(
        title: "Instances up", description: "Instances whose last collection succeeded.", kind: .stat, width: 4,
        height: 4,
        isOfAgents: false, queries: [.init("sum(up{\(scope)})", legend: "up", reads: ["up"])]),
      DashboardPanel(
        title: "Instances down", description: "Instances whose last collection failed.", kind: .stat,
        thresholds: [.init(value: nil, color: "green"), .init(value: 1, color: "red")], width: 4, height: 4,
        isOfAgents: false,
        queries: [.init("count(up{\(scope)} == 0) or vector(0)", legend: "down", reads: ["up"])]),
      DashboardPanel(
        title: "Firing alerts", description: "Alerts of this fleet's rules that fire.", kind: .stat,
        thresholds: [
          .init(value: nil, color: "green"), .init(value: 1, color: "orange"), .init(value: 5, color: "red"),
        ],
        width: 4, height: 4, isOfAgents: false,
        queries: [
          .init(
            "count(ALERTS{namespace=\"$namespace\", agent_id=~\"$agent\", alertstate=\"firing\"}) or vector(0)",
            legend: "firing", reads: ["ALERTS"])
        ]),
      DashboardPanel(
        title: "Requests", description: "Requests ended in a second.", kind: .stat, unit: "reqps", width: 4, height: 4,
        isOfAgents: false,
        queries: [
          .init("sum(\(rate("agent_requests_total")))", legend: "requests", reads: ["agent_requests_total"])
        ]),
      DashboardPanel(
        title: "Errors", description: "The share of requests that failed.", kind: .stat, unit: "percentunit",
        minimum: 0,
        maximum: 1, thresholds: errorThresholds, width: 4, height: 4, isOfAgents: false,
        queries: [
          .init(
            "sum(\(rate("agent_requests_total", "status=\"error\""))) / sum(\(rate("agent_requests_total")))",
            legend: "errors", reads: [.init("agent_requests_total", ["status"])])
        ]),
      DashboardPanel(
        title: "Tokens", description: "Tokens read and written by models in a second.", kind: .stat, unit: "short",
        width: 4,
        height: 4, isOfAgents: false,
        queries: [
          .init("sum(\(rate("agent_tokens_total")))", legend: "tokens/s", reads: ["agent_tokens_total"]),
          .init(
            "sum(\(rate("gen_ai_client_token_usage_sum")))", legend: "tokens/s",
            reads: ["gen_ai_client_token_usage_sum"]),
        ]),
    ])

  private static let health = DashboardSection(
    title: "Health",
    panels: [
      DashboardPanel(
        title: "Agent Health Status", description: "Whether all instances of an agent answer collections.",
        kind: .stateTimeline([
          .init(value: 0, text: "down", color: "red"), .init(value: 1, text: "up", color: "green"),
        ]), minimum: 0, maximum: 1,
        thresholds: [.init(value: nil, color: "red"), .init(value: 1, color: "green")],
        queries: [.init(byAgent("up{\(scope)}", "min"), legend: "{{agent_id}}", reads: ["up"])]),
      DashboardPanel(
        title: "Restarts", description: "How often processes began anew in an hour, in the same place.", minimum: 0,
        queries: [
          .init(
            byAgent("changes(process_start_time_seconds{\(scope)}[1h])"), legend: "{{agent_id}}",
            reads: ["process_start_time_seconds"])
        ]),
    ])

  private static let resources = DashboardSection(
    title: "Resources",
    panels: [
      DashboardPanel(
        title: "CPU", description: "Percent of what an instance may use; the busiest of each agent.", unit: "percent",
        minimum: 0, thresholds: [.init(value: nil, color: "green"), .init(value: 85, color: "red")],
        showsThresholds: true,
        queries: [
          .init(
            byAgent("\(Measurements.cpuName){\(scope)}", "max"), legend: "{{agent_id}}",
            reads: [.init(Measurements.cpuName)])
        ]),
      DashboardPanel(
        title: "Memory", description: "Percent of what an instance may use; the largest of each agent.",
        unit: "percent",
        minimum: 0,
        thresholds: [
          .init(value: nil, color: "green"), .init(value: 80, color: "orange"), .init(value: 95, color: "red"),
        ], showsThresholds: true,
        queries: [
          .init(
            byAgent("\(Measurements.memoryName){\(scope)}", "max"), legend: "{{agent_id}}",
            reads: [.init(Measurements.memoryName)])
        ]),
      DashboardPanel(
        title: "Resident memory", description: "Of all instances of an agent together.", unit: "bytes", minimum: 0,
        isStacked: true,
        queries: [
          .init(
            byAgent("process_resident_memory_bytes{\(scope)}"), legend: "{{agent_id}}",
            reads: ["process_resident_memory_bytes"])
        ]),
      DashboardPanel(
        title: "File descriptors", description: "The share of those allowed that are open.", unit: "percentunit",
        minimum: 0, maximum: 1, thresholds: [.init(value: nil, color: "green"), .init(value: 0.8, color: "red")],
        queries: [
          .init(
            byAgent("process_open_fds{\(scope)} / process_max_fds{\(scope)}", "max"), legend: "{{agent_id}}",
            reads: ["process_open_fds", "process_max_fds"])
        ]),
    ])

  private static let communication = DashboardSection(
    title: "Communication",
    panels: [
      DashboardPanel(
        title: "Inter-Agent Communication", description: "Messages between agents in a second.", unit: "mps",
        minimum: 0,
        width: 24,
        queries: [
          .init(
            byAgent(rate("agent_messages_sent_total", over: "5m")), legend: "{{agent_id}} sent",
            reads: ["agent_messages_sent_total"]),
          .init(
            byAgent(rate("agent_messages_received_total", over: "5m")), legend: "{{agent_id}} received",
            reads: ["agent_messages_received_total"]),
        ])
    ])

  private static let work = DashboardSection(
    title: "Work",
    panels: [
      DashboardPanel(
        title: "Request rate", description: "Requests ended in a second.", unit: "reqps", minimum: 0,
        queries: [
          .init(byAgent(rate("agent_requests_total")), legend: "{{agent_id}}", reads: ["agent_requests_total"])
        ]),
      DashboardPanel(
        title: "Error rate", description: "The share of requests that failed.", unit: "percentunit", minimum: 0,
        maximum: 1, thresholds: errorThresholds,
        queries: [
          .init(
            "\(byAgent(rate("agent_requests_total", "status=\"error\""))) / \(byAgent(rate("agent_requests_total")))",
            legend: "{{agent_id}}", reads: [.init("agent_requests_total", ["status"])])
        ]),
      quantiles(
        "Request latency", "From taking a request to answering it.", of: "agent_request_duration_seconds"),
      quantiles("HTTP latency", "From an HTTP request to its answer.", of: "http_server_request_duration_seconds"),
      DashboardPanel(
        title: "Work in hand", description: "Requests taken and not yet answered, and those that wait.", minimum: 0,
        queries: [
          .init(
            byAgent("agent_tasks_in_progress{\(scope)}"), legend: "{{agent_id}} in progress",
            reads: ["agent_tasks_in_progress"]),
          .init(byAgent("agent_queue_depth{\(scope)}"), legend: "{{agent_id}} waiting", reads: ["agent_queue_depth"]),
        ]),
    ])

  private static let models = DashboardSection(
    title: "Models",
    panels: [
      DashboardPanel(
        title: "Token rate", description: "Tokens read and written by models in a second.", minimum: 0, isStacked: true,
        queries: [
          .init(
            byAgent(rate("agent_tokens_total"), "sum", "direction"), legend: "{{agent_id}} {{direction}}",
            reads: [.init("agent_tokens_total", ["direction"])]),
          .init(
            byAgent(rate("gen_ai_client_token_usage_sum"), "sum", "gen_ai_token_type"),
            legend: "{{agent_id}} {{gen_ai_token_type}}",
            reads: [.init("gen_ai_client_token_usage_sum", ["gen_ai_token_type"])]),
        ]),
      DashboardPanel(
        title: "Token rate by model", description: "Tokens read and written in a second.", minimum: 0, isStacked: true,
        isOfAgents: false,
        queries: [
          .init(
            "sum by (model) (\(rate("agent_tokens_total")))", legend: "{{model}}",
            reads: [.init("agent_tokens_total", ["model"])]),
          .init(
            "sum by (gen_ai_request_model) (\(rate("gen_ai_client_token_usage_sum")))",
            legend: "{{gen_ai_request_model}}",
            reads: [.init("gen_ai_client_token_usage_sum", ["gen_ai_request_model"])]),
        ]),
      quantiles("Model latency", "From calling a model to its answer.", of: "gen_ai_client_operation_duration_seconds"),
    ])

  private static let collection = DashboardSection(
    title: "Collection",
    panels: [
      DashboardPanel(
        title: "Collection time", description: "How long collecting from an instance takes; the slowest of each agent.",
        unit: "s", minimum: 0,
        queries: [
          .init(
            byAgent("scrape_duration_seconds{\(scope)}", "max"), legend: "{{agent_id}}",
            reads: ["scrape_duration_seconds"])
        ]),
      DashboardPanel(
        title: "Samples", description: "What a collection of all instances of an agent brings.", minimum: 0,
        isStacked: true,
        queries: [
          .init(
            byAgent("scrape_samples_post_metric_relabeling{\(scope)}"), legend: "{{agent_id}}",
            reads: ["scrape_samples_post_metric_relabeling"])
        ]),
    ])

  private static let errorThresholds = [
    DashboardPanel.Threshold(value: nil, color: "green"), .init(value: 0.01, color: "orange"),
    .init(value: 0.05, color: "red"),
  ]

  private static func quantiles(_ title: String, _ description: String, of histogram: String) -> DashboardPanel {
    let bucket = histogram + "_bucket"
    return DashboardPanel(
      title: title, description: description, unit: "s", minimum: 0,
      queries: ["0.5", "0.95", "0.99"].map { quantile in
        .init(
          "histogram_quantile(\(quantile), \(byAgent(rate(bucket), "sum", "le")))",
          legend: "{{agent_id}} p\(quantile.dropFirst(2) == "5" ? "50" : quantile.dropFirst(2))",
          reads: [.init(bucket)], exemplars: quantile == "0.99")
      })
  }
}
