import FleetModel

/// A dashboard in Grafana's JSON model
/// (<https://grafana.com/docs/grafana/latest/dashboards/build-dashboards/view-dashboard-json-model/>).
public struct Dashboard: Sendable, Hashable {
  public var title: String
  /// What a Grafana tells dashboards apart by: 40 characters at most.
  public var uid: String
  /// The file's text.
  public var json: String
  /// The queries of its panels, with the panel's title.
  public var queries: [Query]

  public struct Query: Sendable, Hashable {
    public var panel: String
    /// PromQL with Grafana's variables.
    public var expression: String
    /// Where it stands in ``Dashboard/json``: `panels[3].targets[0].expr`.
    public var path: String
  }

  /// Values by which a query's variables can be replaced, so that it can be read as PromQL.
  public static func variables(of system: FleetSystem) -> [(name: String, value: String)] {
    [
      ("$__rate_interval", "5m"), ("$__interval", "1m"), ("$__range", "1h"), ("$namespace", system.namespace),
      ("$agent", ".+"),
    ]
  }
}

/// Writes a dashboard.
struct DashboardWriter: Sendable {
  let system: FleetSystem
  let sections: [DashboardSection]

  /// The schema of Grafana 11; later ones read it and move it on.
  static let schemaVersion = 39
  static let title = "Multi-Agent System Overview"
  static let traceVariable = "trace_id"
  static let skepVariable = "skep"

  var dashboard: Dashboard {
    let placed = panels
    let uid = Self.uid(system)
    let tree = JSONTree.object([
      "annotations": .object(["list": .array([Self.builtInAnnotations])]),
      "description": .string("The agents of \(system.name), rendered from its system file by Skep."),
      "editable": .boolean(true), "fiscalYearStartMonth": .integer(0), "graphTooltip": .integer(1), "id": .null,
      "links": .array([traceLink]), "panels": .array(placed.panels), "preload": .boolean(false),
      "refresh": .string("30s"), "schemaVersion": .integer(Self.schemaVersion),
      "tags": .strings(["skep", system.name]), "templating": .object(["list": .array(variables)]),
      "time": .object(["from": .string("now-1h"), "to": .string("now")]), "timepicker": .object([]),
      "timezone": .string("browser"), "title": .string(Self.title), "uid": .string(uid), "version": .integer(1),
      "weekStart": .string(""),
    ])
    return Dashboard(title: Self.title, uid: uid, json: tree.text, queries: placed.queries)
  }

  /// The same for the same system and namespace, however long their names are.
  private static func uid(_ system: FleetSystem) -> String {
    let hex = SHA256Digest(of: "\(system.namespace)/\(system.name)".utf8).hexadecimal.prefix(16)
    return "skep-\(hex)"
  }

  // MARK: Panels

  /// Rows of panels from left to right, a heading above each section; no two overlap.
  private var panels: (panels: [JSONTree], queries: [Dashboard.Query]) {
    var panels: [JSONTree] = []
    var queries: [Dashboard.Query] = []
    var y = 0
    for section in sections {
      let row = JSONTree.object([
        "collapsed": .boolean(false), "gridPos": Self.place(x: 0, y: y, width: 24, height: 1),
        "id": .integer(panels.count + 1), "panels": .array([]), "title": .string(section.title), "type": .string("row"),
      ])
      panels.append(row)
      y += 1
      var x = 0
      var height = 0
      for panel in section.panels {
        if x + panel.width > 24 {
          x = 0
          y += height
          height = 0
        }
        for (number, query) in panel.queries.enumerated() {
          queries.append(
            Dashboard.Query(
              panel: panel.title, expression: query.expression, path: "panels[\(panels.count)].targets[\(number)].expr")
          )
        }
        panels.append(
          json(panel, id: panels.count + 1, at: Self.place(x: x, y: y, width: panel.width, height: panel.height)))
        x += panel.width
        height = max(height, panel.height)
      }
      y += height
    }
    return (panels, queries)
  }

  private static func place(x: Int, y: Int, width: Int, height: Int) -> JSONTree {
    .object(["h": .integer(height), "w": .integer(width), "x": .integer(x), "y": .integer(y)])
  }

  private func json(_ panel: DashboardPanel, id: Int, at place: JSONTree) -> JSONTree {
    let targets = panel.queries.enumerated().map { number, query in
      JSONTree.object([
        "datasource": dataSource, "editorMode": .string("code"), "exemplar": .boolean(query.exemplars),
        "expr": .string(query.expression), "instant": .boolean(panel.kind == .stat),
        "legendFormat": .string(query.legend), "range": .boolean(panel.kind != .stat),
        "refId": .string(Self.letter(number)),
      ])
    }
    return .object([
      "datasource": dataSource, "description": .string(panel.description), "fieldConfig": fieldConfig(panel),
      "gridPos": place, "id": .integer(id), "options": panel.kind.options, "targets": .array(targets),
      "title": .string(panel.title), "type": .string(panel.kind.type),
    ])
  }

  private static func letter(_ number: Int) -> String {
    String(UnicodeScalar(UInt8(ascii: "A") + UInt8(truncatingIfNeeded: number % 26)))
  }

  private func fieldConfig(_ panel: DashboardPanel) -> JSONTree {
    var members: [JSONTree.Member] = []
    func add(_ name: String, _ value: JSONTree?) {
      if let value { members.append(JSONTree.Member(name: name, value: value)) }
    }
    add("color", .object(["mode": .string(panel.kind == .timeseries ? "palette-classic" : "thresholds")]))
    add("custom", panel.kind.custom(panel))
    add("decimals", panel.decimals.map { .integer($0) })
    add("links", panel.isOfAgents ? .array([agentLink]) : nil)
    add("mappings", .array(panel.kind.mappings))
    add("max", panel.maximum.map { .number($0) })
    add("min", panel.minimum.map { .number($0) })
    let steps = panel.thresholds.map { threshold in
      JSONTree.object(["color": .string(threshold.color), "value": threshold.value.map { .number($0) } ?? .null])
    }
    add("thresholds", .object(["mode": .string("absolute"), "steps": .array(steps)]))
    add("unit", .string(panel.unit))
    return .object(["defaults": .object(members), "overrides": .array([])])
  }

  // MARK: Links and variables

  private var dataSource: JSONTree {
    .object(["type": .string("prometheus"), "uid": .string(system.monitoring.kubernetes.dataSource ?? "${datasource}")])
  }

  /// To the traces of the agent whose series was clicked, as Skep has them.
  private var agentLink: JSONTree {
    .object([
      "targetBlank": .boolean(true), "title": .string("Traces of ${__field.labels.agent_id}"),
      "url": .string(
        "${\(Self.skepVariable)}/fleet/v1/traces?agent_id=${__field.labels.agent_id}"
          + "&start=${__from:date:iso}&end=${__to:date:iso}"),
    ])
  }

  /// To the trace whose id stands in the dashboard's field for it.
  private var traceLink: JSONTree {
    let url =
      system.monitoring.kubernetes.traceURL
      ?? "${\(Self.skepVariable)}/fleet/v1/traces/${\(Self.traceVariable)}/analysis"
    return .object([
      "asDropdown": .boolean(false), "icon": .string("external link"), "includeVars": .boolean(false),
      "keepTime": .boolean(false), "tags": .array([]), "targetBlank": .boolean(true), "title": .string("Open trace"),
      "tooltip": .string("The trace whose id stands in the field Trace"), "type": .string("link"), "url": .string(url),
    ])
  }

  private var variables: [JSONTree] {
    var variables: [JSONTree] = []
    if system.monitoring.kubernetes.dataSource == nil {
      variables.append(
        .object([
          "current": .object([]), "hide": .integer(0), "includeAll": .boolean(false), "label": .string("Data source"),
          "multi": .boolean(false), "name": .string("datasource"), "options": .array([]),
          "query": .string("prometheus"),
          "refresh": .integer(1), "regex": .string(""), "skipUrlSync": .boolean(false), "type": .string("datasource"),
        ]))
    }
    let job = "job=\"\(FleetLabels.job)\""
    variables.append(
      labelValues(
        "namespace", "Namespace", of: "up{\(job)}", label: "namespace", current: system.namespace, isMany: false))
    variables.append(
      labelValues(
        "agent", "Agent", of: "up{\(job), namespace=\"$namespace\"}", label: FleetLabels.agent, current: nil,
        isMany: true))
    variables.append(textBox(Self.traceVariable, "Trace", ""))
    variables.append(textBox(Self.skepVariable, "Skep", "http://127.0.0.1:7540"))
    return variables
  }

  private func labelValues(
    _ name: String, _ title: String, of selector: String, label: String, current: String?, isMany: Bool
  ) -> JSONTree {
    let query = "label_values(\(selector), \(label))"
    let chosen: JSONTree =
      current.map { .object(["text": .string($0), "value": .string($0)]) }
      ?? .object(["text": .strings(["All"]), "value": .strings(["$__all"])])
    var members: [JSONTree.Member] = []
    if isMany { members.append(JSONTree.Member(name: "allValue", value: .string(".+"))) }
    return JSONTree.object(members).adding([
      .init(name: "current", value: chosen), .init(name: "datasource", value: dataSource),
      .init(name: "definition", value: .string(query)), .init(name: "hide", value: .integer(0)),
      .init(name: "includeAll", value: .boolean(isMany)), .init(name: "label", value: .string(title)),
      .init(name: "multi", value: .boolean(isMany)), .init(name: "name", value: .string(name)),
      .init(name: "options", value: .array([])),
      .init(
        name: "query",
        value: .object([
          "qryType": .integer(1), "query": .string(query),
          "refId": .string("PrometheusVariableQueryEditor-VariableQuery"),
        ])), .init(name: "refresh", value: .integer(2)), .init(name: "regex", value: .string("")),
      .init(name: "sort", value: .integer(1)), .init(name: "type", value: .string("query")),
    ])
  }

  private func textBox(_ name: String, _ title: String, _ value: String) -> JSONTree {
    let current = JSONTree.object(["text": .string(value), "value": .string(value)])
    return .object([
      "current": current, "hide": .integer(0), "label": .string(title), "name": .string(name),
      "options": .array([
        .object(["selected": .boolean(true), "text": .string(value), "value": .string(value)])
      ]), "query": .string(value), "skipUrlSync": .boolean(false), "type": .string("textbox"),
    ])
  }

  private static let builtInAnnotations = JSONTree.object([
    "builtIn": .integer(1),
    "datasource": .object(["type": .string("grafana"), "uid": .string("-- Grafana --")]), "enable": .boolean(true),
    "hide": .boolean(true), "iconColor": .string("rgba(0, 211, 255, 1)"), "name": .string("Annotations & Alerts"),
    "type": .string("dashboard"),
  ])
}
