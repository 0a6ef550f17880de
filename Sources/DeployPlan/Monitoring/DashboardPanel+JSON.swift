/// How Grafana calls the kinds of panels, and what it asks of each.
extension DashboardPanel.Kind {
  var type: String {
    switch self {
    case .stat: "stat"
    case .timeseries: "timeseries"
    case .stateTimeline: "state-timeline"
    }
  }

  var options: JSONTree {
    switch self {
    case .stat:
      .object([
        "colorMode": .string("value"), "graphMode": .string("none"), "justifyMode": .string("auto"),
        "orientation": .string("auto"), "reduceOptions": Self.lastValue, "showPercentChange": .boolean(false),
        "textMode": .string("auto"), "wideLayout": .boolean(true),
      ])
    case .timeseries:
      .object([
        "legend": .object([
          "calcs": .strings(["lastNotNull", "max"]), "displayMode": .string("table"), "placement": .string("bottom"),
          "showLegend": .boolean(true),
        ]), "tooltip": .object(["mode": .string("multi"), "sort": .string("desc")]),
      ])
    case .stateTimeline:
      .object([
        "alignValue": .string("left"),
        "legend": .object([
          "displayMode": .string("list"), "placement": .string("bottom"), "showLegend": .boolean(true),
        ]), "mergeValues": .boolean(true), "rowHeight": .number(0.9), "showValue": .string("never"),
        "tooltip": .object(["mode": .string("single"), "sort": .string("none")]),
      ])
    }
  }

  func custom(_ panel: DashboardPanel) -> JSONTree {
    switch self {
    case .stat: .object([])
    case .timeseries:
      .object([
        "axisPlacement": .string("auto"), "drawStyle": .string("line"),
        "fillOpacity": .integer(panel.isStacked ? 25 : 8), "lineInterpolation": .string("linear"),
        "lineWidth": .integer(1), "showPoints": .string("never"), "spanNulls": .boolean(false),
        "stacking": .object(["group": .string("A"), "mode": .string(panel.isStacked ? "normal" : "none")]),
        "thresholdsStyle": .object(["mode": .string(panel.showsThresholds ? "dashed" : "off")]),
      ])
    case .stateTimeline: .object(["fillOpacity": .integer(70), "lineWidth": .integer(0), "spanNulls": .boolean(false)])
    }
  }

  var mappings: [JSONTree] {
    guard case .stateTimeline(let words) = self else { return [] }
    let options = words.enumerated().map { index, word in
      JSONTree.Member(
        name: "\(word.value)",
        value: .object(["color": .string(word.color), "index": .integer(index), "text": .string(word.text)]))
    }
    return [.object(["options": .object(options), "type": .string("value")])]
  }

  private static let lastValue = JSONTree.object([
    "calcs": .strings(["lastNotNull"]), "fields": .string(""), "values": .boolean(false),
  ])
}
