import FleetModel

/// One plot as SVG: what was measured, and the forecast with the band that it lies in.
struct ReportPlot {
  var title: String
  var points: PerformanceReport.Points
  var values: [Double?]
  var forecast: [Forecast.Point]
  var text: (Double) -> String

  private static let (width, height) = (480.0, 200.0)
  private static let (left, top, right, bottom) = (58.0, 12.0, 10.0, 26.0)

  var svg: String {
    let known = values.compactMap(\.self) + forecast.map(\.high)
    let peak = Self.roundPeak(known.filter(\.isFinite).max() ?? 0)
    let begin = points.start.milliseconds
    let last = begin + points.step.wholeMilliseconds * Int64(max(1, values.count - 1))
    let end = max(last, forecast.last?.at.milliseconds ?? last)
    func x(_ time: Int64) -> Double {
      Self.left + (Self.width - Self.left - Self.right) * Double(time - begin) / Double(max(1, end - begin))
    }
    func y(_ value: Double) -> Double {
      Self.height - Self.bottom - (Self.height - Self.top - Self.bottom) * min(value / peak, 1)
    }
    func point(_ time: Int64, _ value: Double) -> String { "\(Self.short(x(time))) \(Self.short(y(value)))" }
    var lines = "<svg viewBox=\"0 0 480 200\" role=\"img\" aria-label=\"\(HTMLText.of(title))\">\n"
    for part in [0.0, 0.5, 1.0] {
      let height = Self.short(y(peak * part))
      lines += "<line class=\"rule\" x1=\"\(Self.short(Self.left))\" x2=\"470\" y1=\"\(height)\" y2=\"\(height)\"/>"
      lines += "<text x=\"52\" y=\"\(Self.short(y(peak * part) + 4))\" font-size=\"11\" text-anchor=\"end\">"
      lines += "\(HTMLText.of(text(peak * part)))</text>\n"
    }
    lines += "<text x=\"58\" y=\"194\" font-size=\"11\">\(ReportNumber.moment(points.start))</text>"
    lines += "<text x=\"470\" y=\"194\" font-size=\"11\" text-anchor=\"end\">"
    lines += "\(ReportNumber.moment(Timestamp(milliseconds: end)))</text>\n"
    if !forecast.isEmpty {
      let outline =
        forecast.map { point($0.at.milliseconds, $0.high) }
        + forecast.reversed().map { point($0.at.milliseconds, $0.low) }
      lines += "<path class=\"band\" d=\"M\(outline.joined(separator: "L"))Z\"/>\n"
      let cast = forecast.map { point($0.at.milliseconds, $0.value) }
      lines += "<path class=\"cast\" d=\"M\(cast.joined(separator: "L"))\"/>\n"
    }
    let path = measured { point(begin + points.step.wholeMilliseconds * Int64($0), $1) }
    if !path.isEmpty { lines += "<path class=\"measured\" d=\"\(path)\"/>\n" }
    return lines + "</svg>\n"
  }

  /// Broken where nothing is known; a point between two gaps is a short line.
  private func measured(_ point: (Int, Double) -> String) -> String {
    var path = ""
    var isOpen = false
    for (place, value) in values.enumerated() {
      guard let value, value.isFinite else {
        isOpen = false
        continue
      }
      path += isOpen ? "L\(point(place, value))" : "M\(point(place, value))h0.1"
      isOpen = true
    }
    return path
  }

  /// The next of 1, 2, 5, 10, 20, … from `value` on.
  static func roundPeak(_ value: Double) -> Double {
    guard value > 1e-9, value < 1e15 else { return value >= 1e15 ? value : 1 }
    var scale = 1.0
    while scale > value { scale /= 10 }
    while scale * 10 <= value { scale *= 10 }
    return scale * ([1, 2, 5].first { $0 * scale >= value } ?? 10)
  }

  private static func short(_ value: Double) -> String {
    let tenths = (value * 10).rounded() / 10
    return tenths == tenths.rounded() ? "\(Int(tenths))" : "\(tenths)"
  }
}
