/// How an agent writes its metrics.
public enum ExpositionFormat: String, Sendable, Hashable, CaseIterable {
  /// Prometheus text 0.0.4 (<https://prometheus.io/docs/instrumenting/exposition_formats/>).
  case prometheusText
  /// OpenMetrics 1.0 text (<https://prometheus.io/docs/specs/om/open_metrics_spec/>).
  case openMetrics
  /// `{"metrics":[{"name":…,"type":…,"value":…,"labels":{…}}]}`.
  case agentJSON

  /// Messages `io.prometheus.client.MetricFamily`, each behind its length (prometheus/client_model
  /// `io/prometheus/client/metrics.proto`): the one form in which agents serve native histograms.
  case prometheusProtobuf

  /// What to send as `Accept`. The text that says most comes first, anything at all last, since what is unknown is read as text.
  /// Names beyond the old alphabet are asked for as they are.
  ///
  /// Protobuf is asked for only where native histograms are wanted, and then first, as Prometheus 3 does it
  /// (prometheus/prometheus `scrape/scrape.go`, `acceptHeader`): many exporters serve it wherever it is named at all, and a
  /// histogram that comes as a native one does not come as classic series too.
  public static func acceptHeader(nativeHistograms: Bool) -> String {
    let text =
      "application/openmetrics-text;version=1.0.0;escaping=allow-utf-8;q=0.6,"
      + "text/plain;version=1.0.0;escaping=allow-utf-8;q=0.5,text/plain;version=0.0.4;q=0.4,"
      + "application/json;q=0.3,*/*;q=0.1"
    guard nativeHistograms else { return text }
    return "application/vnd.google.protobuf;proto=io.prometheus.client.MetricFamily;encoding=delimited;q=0.7," + text
  }

  /// Which format a response has.
  public struct Choice: Sendable, Hashable {
    public var format: ExpositionFormat
    /// `nil` where the header named the format; else why text was assumed, for people who check an exporter.
    public var assumption: String?
  }

  /// The format that a `Content-Type` header names. Only the media type decides, in any case and with any parameters, as
  /// in Prometheus 3: OpenMetrics of every version is read by the one parser for it. Where the header is missing, is not a
  /// media type or names another, the body is read as Prometheus text, and the choice says so.
  public static func choose(contentType: String?) -> Choice {
    guard let contentType, !contentType.utf8.allSatisfy(isSpace) else {
      return Choice(format: .prometheusText, assumption: "the response has no Content-Type; read as Prometheus text")
    }
    // A parameter may hold a semicolon only in quotes and after the first one, so the first ends the media type.
    let media = contentType.utf8.prefix { $0 != UInt8(ascii: ";") }
    let trimmed = media.drop(while: isSpace).reversed().drop(while: isSpace).reversed()
    switch String(decoding: trimmed.map(lowercase), as: UTF8.self) {
    case "application/openmetrics-text": return Choice(format: .openMetrics)
    case "text/plain": return Choice(format: .prometheusText)
    case "application/json": return Choice(format: .agentJSON)
    case "application/vnd.google.protobuf": return Choice(format: .prometheusProtobuf)
    default:
      return Choice(
        format: .prometheusText,
        assumption: "Content-Type \"\(contentType)\" is none of text/plain, application/openmetrics-text, "
          + "application/vnd.google.protobuf and application/json; read as Prometheus text")
    }
  }

  private static func isSpace(_ byte: UInt8) -> Bool { byte == 32 || byte == 9 }

  private static func lowercase(_ byte: UInt8) -> UInt8 { byte >= 65 && byte <= 90 ? byte | 0x20 : byte }
}
