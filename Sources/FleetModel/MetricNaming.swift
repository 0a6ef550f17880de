/// What is known of a metric without its metadata.
public enum MetricNaming {
  /// Whether a metric of this name is a counter by convention, so that a smaller value means that it began anew: names with
  /// the suffixes that OpenMetrics 1.0 (section 5.1) gives to counters and to the counting parts of histograms and
  /// summaries, and Skep's own traffic counters, which have none.
  public static func isCounter(_ name: String) -> Bool {
    ["_total", "_count", "_sum", "_bucket"].contains { name.hasSuffix($0) }
      || name == "network_bytes_sent" || name == "network_bytes_recv"
  }
}
