/// The text formats in which metrics are served.
public enum ExpositionFormat: Sendable, Hashable, CaseIterable {
  /// Prometheus text 0.0.4 (<https://prometheus.io/docs/instrumenting/exposition_formats/>).
  case prometheusText
  /// OpenMetrics text 1.0.0 (<https://github.com/prometheus/OpenMetrics/blob/main/specification/OpenMetrics.md>).
  case openMetrics

  /// For the header `Content-Type`.
  public var contentType: String {
    switch self {
    case .prometheusText: "text/plain; version=0.0.4; charset=utf-8"
    case .openMetrics: "application/openmetrics-text; version=1.0.0; charset=utf-8"
    }
  }

  /// The format that the header `Accept` prefers (RFC 9110, section 12.5.1).
  ///
  /// OpenMetrics only where it is named with a version that is spoken here and wins or ties; whoever names neither gets
  /// the older text, which everyone reads.
  public static func negotiated(accept: String?) -> ExpositionFormat {
    var openMetrics = 0.0
    var text: Double?
    var wildcard: Double?
    for range in (accept ?? "").split(separator: ",") {
      let parts = range.split(separator: ";").map(trimmed)
      guard let type = parts.first?.lowercased() else { continue }
      var quality = 1.0
      var version: String?
      for parameter in parts.dropFirst() {
        let pair = parameter.split(separator: "=", maxSplits: 1).map(trimmed)
        guard pair.count == 2 else { continue }
        switch pair[0].lowercased() {
        case "q": quality = Double(pair[1]).map { $0.isFinite ? min(max($0, 0), 1) : 0 } ?? 0
        case "version": version = pair[1]
        default: break
        }
      }
      switch type {
      case "application/openmetrics-text":
        if version == nil || version == "1.0.0" || version == "0.0.1" { openMetrics = max(openMetrics, quality) }
      case "text/plain": text = max(text ?? 0, quality)
      case "text/*", "*/*": wildcard = max(wildcard ?? 0, quality)
      default: break
      }
    }
    return openMetrics > 0 && openMetrics >= text ?? wildcard ?? 0 ? .openMetrics : .prometheusText
  }

  private static func trimmed(_ text: some StringProtocol) -> String {
    let blank: (Character) -> Bool = { $0 == " " || $0 == "\t" || $0 == "\"" }
    var text = Substring(text).drop(while: blank)
    while let last = text.last, blank(last) { text.removeLast() }
    return String(text)
  }
}
