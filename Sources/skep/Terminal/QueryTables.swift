import FleetModel

/// Answers of queries as tables: a column for each label in which the series differ, what they share above.
enum QueryTables {
  /// - Parameter width: columns of the terminal; where a table does not fit, the series are written as in a query.
  static func vector(_ series: [AnsweredSeries], width: Int?) -> String {
    table(series, width: width, columns: [("VALUE", .right)]) { one in
      [Table.Cell(one.samples.last?.text ?? one.histograms.last?.text ?? "")]
    }
  }

  /// One line for each series of a range query.
  static func summary(_ series: [AnsweredSeries], width: Int?, isUTF8: Bool) -> String {
    var columns: [(title: String, alignment: Table.Alignment)] = [
      ("POINTS", .right), ("MIN", .right), ("MAX", .right), ("LAST", .right),
    ]
    if isUTF8 { columns.append(("TREND", .left)) }
    return table(series, width: width, columns: columns) { one in
      let numbers = one.samples.filter { !$0.value.isNaN }
      let least = numbers.min { $0.value < $1.value }
      let most = numbers.max { $0.value < $1.value }
      let count = one.samples.count + one.histograms.count
      var cells = [
        Table.Cell("\(count)"), Table.Cell(least?.text ?? "-"), Table.Cell(most?.text ?? "-"),
        Table.Cell(one.samples.last?.text ?? one.histograms.last?.text ?? "-"),
      ]
      if isUTF8 { cells.append(Table.Cell(trend(one.samples.map(\.value), columns: 24))) }
      return cells
    }
  }

  /// Each point on a line of its own.
  static func points(_ series: [AnsweredSeries], width: Int?) -> String {
    var rows: [(series: AnsweredSeries, seconds: Double, text: String)] = []
    for one in series {
      rows += one.samples.map { (one, $0.seconds, $0.text) }
      rows += one.histograms.map { (one, $0.seconds, $0.text) }
    }
    // Series by series, each in order of time.
    let labels = LabelColumns(series.map(\.labels))
    var table = Table(columns: labels.columns + [("TIME", .left), ("VALUE", .right)])
    for row in rows {
      let time = RFC3339.format(Timestamp(seconds: row.seconds))
      table.add(labels.cells(of: row.series.labels) + [Table.Cell(time), Table.Cell(row.text)])
    }
    return labels.heading + table.text
  }

  private static func table(
    _ series: [AnsweredSeries], width: Int?, columns: [(title: String, alignment: Table.Alignment)],
    _ cells: (AnsweredSeries) -> [Table.Cell]
  ) -> String {
    let labels = LabelColumns(series.map(\.labels))
    var table = Table(columns: labels.columns + columns)
    for one in series { table.add(labels.cells(of: one.labels) + cells(one)) }
    if let width, table.width > width {
      var narrow = Table(columns: [("SERIES", .left)] + columns)
      for one in series { narrow.add([Table.Cell(one.labelSet.description)] + cells(one)) }
      return narrow.text
    }
    return labels.heading + table.text
  }

  /// Numbers as heights, each column the mean of its share of them.
  static func trend(_ values: [Double], columns: Int) -> String {
    let finite = values.filter(\.isFinite)
    guard let least = finite.min(), let most = finite.max(), !values.isEmpty else { return "" }
    let blocks = Array("▁▂▃▄▅▆▇█")
    let count = min(columns, values.count)
    return String(
      (0..<count).map { column -> Character in
        let part = values[(column * values.count / count)..<max(1, (column + 1) * values.count / count)]
          .filter(\.isFinite)
        guard !part.isEmpty else { return " " }
        let mean = part.reduce(0) { $0 + $1 / Double(part.count) }
        let share = most > least ? (mean / 2 - least / 2) / (most / 2 - least / 2) : 0
        return share.isFinite ? blocks[Int((min(max(share, 0), 1) * 7).rounded())] : blocks[0]
      })
  }
}

/// The labels of several series as columns of a table.
struct LabelColumns {
  private let names: [String]
  private let common: [String: String]

  init(_ series: [[String: String]]) {
    let all = Set(series.flatMap(\.keys))
    var common: [String: String] = [:]
    if series.count > 1, let first = series.first {
      common = first.filter { name, value in series.allSatisfy { $0[name] == value } }
    }
    self.common = common
    // The metric's name first, then the labels in their order.
    names = all.filter { common[$0] == nil }.sorted {
      ($0 == LabelSet.metricName ? "" : $0) < ($1 == LabelSet.metricName ? "" : $1)
    }
  }

  /// What all series share, on a line of its own; empty where that is nothing.
  var heading: String {
    common.isEmpty ? "" : Terminal.paint(Terminal.safe(LabelSet(common).description), .dim) + "\n"
  }

  var columns: [(title: String, alignment: Table.Alignment)] {
    names.map { ($0 == LabelSet.metricName ? "METRIC" : Terminal.safe($0), .left) }
  }

  func cells(of labels: [String: String]) -> [Table.Cell] { names.map { Table.Cell(labels[$0] ?? "") } }
}
