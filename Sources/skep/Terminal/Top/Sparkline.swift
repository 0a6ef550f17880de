/// A line of small bars, the newest value last.
enum Sparkline {
  private static let blocks = Array("▁▂▃▄▅▆▇█")
  private static let letters = Array("_.:-=+*#")

  /// The last `columns` of `points`, each a bar between 0 and `most`, or its own greatest where that is more; a gap where nothing
  /// is known. Exactly `columns` wide.
  static func text(_ points: [Double?], columns: Int, most: Double, isUTF8: Bool) -> String {
    guard columns > 0 else { return "" }
    let bars = isUTF8 ? blocks : letters
    let shown = points.suffix(columns).map { $0.flatMap { $0.isFinite ? max(0, $0) : nil } }
    let top = shown.reduce(most) { max($0, $1 ?? 0) }
    let line = shown.map { value -> Character in
      guard let value, top > 0 else { return " " }
      return bars[min(Int(value / top * Double(bars.count)), bars.count - 1)]
    }
    return String(repeating: " ", count: columns - line.count) + String(line)
  }
}
