import FleetModel

extension PerformanceReport {
  /// One file that needs no other: styles and plots are within it, and nothing of it is a script.
  public var html: String {
    var page = """
      <!DOCTYPE html>
      <html lang="en">
      <head>
      <meta charset="utf-8">
      <meta name="viewport" content="width=device-width, initial-scale=1">
      <meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
      <title>\(HTMLText.of(title))</title>
      <style>\(Self.style)</style>
      </head>
      <body>
      <main>
      <h1>\(HTMLText.of(title))</h1>
      <p>\(HTMLText.of(summary))</p>
      <h2>What to do</h2>

      """
    page += recommendationList + "<h2>Agents</h2>\n" + agentTable + "<h2>Where it goes</h2>\n<div class=\"plots\">\n"
    for plot in plots {
      let figure = ReportPlot(
        title: "\(plot.title), \(plot.unit)", points: points, values: plot.points,
        forecast: plot.trend?.forecast?.points ?? [], text: plot.text)
      page += "<figure>\n\(figure.svg)<figcaption>\(HTMLText.of("\(plot.title): \(Self.words(plot.trend, plot.text))"))"
      page += "</figcaption>\n</figure>\n"
    }
    return page + "</div>\n</main>\n</body>\n</html>\n"
  }

  private var recommendationList: String {
    if recommendations.isEmpty { return "<p>Nothing needs doing.</p>\n" }
    let items = recommendations.map { item in
      "<li class=\"\(item.severity.rawValue)\"><strong>\(item.severity.rawValue)</strong> "
        + "<bdi>\(HTMLText.of(item.agentID ?? "system"))</bdi>: <bdi>\(HTMLText.of(item.text))</bdi>"
        + "<br><small>because <bdi>\(HTMLText.of(item.evidence))</bdi></small>"
        + "<br><code><bdi>\(HTMLText.of(item.next))</bdi></code></li>\n"
    }
    return "<ul class=\"todo\">\n\(items.joined())</ul>\n"
  }

  private var agentTable: String {
    let head = ReportTable.columns.map {
      "<th scope=\"col\"\($0.isNumber ? " class=\"number\"" : "")>\($0.title)</th>"
    }.joined()
    let rows = ReportTable.agents(of: self).map { agent in
      let cells = zip(ReportTable.columns, ReportTable.cells(agent, currency)).enumerated().map { place, cell in
        let (column, text) = cell
        if place == 0 { return "<th scope=\"row\"><bdi>\(HTMLText.of(text))</bdi></th>" }
        let why = agent.score.parts.map { "\($0.reason) (\($0.points))" }.joined(separator: "; ")
        let title = place == 2 && !why.isEmpty ? " title=\"\(HTMLText.of(why))\"" : ""
        return "<td\(column.isNumber ? " class=\"number\"" : "")\(title)>\(HTMLText.of(text))</td>"
      }
      return "<tr>\(cells.joined())</tr>\n"
    }
    return
      "<div class=\"wide\"><table>\n<thead><tr>\(head)</tr></thead>\n<tbody>\n\(rows.joined())</tbody>\n</table></div>\n"
  }

  private static let style = """

    :root { color-scheme: light dark; --ink: #1c2430; --quiet: #5a6675; --line: #2563b8; --band: #2563b833; --rule: #d5dbe3; --paper: #fff }
    @media (prefers-color-scheme: dark) { :root { --ink: #e6eaf0; --quiet: #9aa6b5; --line: #7db2ff; --band: #7db2ff33; --rule: #3a4452; --paper: #12161c } }
    body { font: 15px/1.5 system-ui, sans-serif; color: var(--ink); background: var(--paper); margin: 0 }
    main { max-width: 76rem; margin: 0 auto; padding: 1.5rem }
    .wide { overflow-x: auto }
    table { border-collapse: collapse; font-variant-numeric: tabular-nums }
    th, td { text-align: left; padding: .3rem .6rem; border-bottom: 1px solid var(--rule); white-space: nowrap }
    th bdi { display: inline-block; max-width: 20rem; overflow: hidden; text-overflow: ellipsis }
    .number { text-align: right }
    .todo li { margin-bottom: .6rem; overflow-wrap: anywhere }
    .critical strong, .emergency strong { color: #c0262d }
    .warning strong { color: #a05a00 }
    @media (prefers-color-scheme: dark) { .critical strong, .emergency strong { color: #ff8a8a } .warning strong { color: #ffc36b } }
    small, figcaption, svg text { color: var(--quiet); fill: var(--quiet) }
    .plots { display: grid; grid-template-columns: repeat(auto-fit, minmax(20rem, 1fr)); gap: 1.5rem }
    figure { margin: 0 }
    svg { width: 100%; height: auto }
    .measured, .cast { fill: none; stroke: var(--line); stroke-width: 1.5 }
    .cast { stroke-dasharray: 5 4 }
    .band { fill: var(--band) }
    .rule { stroke: var(--rule) }

    """
}

/// Text within HTML or XML.
enum HTMLText {
  static func of(_ text: String) -> String {
    var escaped = ""
    for scalar in text.unicodeScalars {
      switch scalar {
      case "<": escaped += "&lt;"
      case ">": escaped += "&gt;"
      case "&": escaped += "&amp;"
      case "\"": escaped += "&quot;"
      case "'": escaped += "&#39;"
      case "\t", "\n", "\r": escaped += " "
      default:
        // What XML 1.0 and HTML have no place for.
        if scalar.value < 32 || (127...159).contains(scalar.value) {
          escaped += "\u{fffd}"
        } else {
          escaped.unicodeScalars.append(scalar)
        }
      }
    }
    return escaped
  }
}
