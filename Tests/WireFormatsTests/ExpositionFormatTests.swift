import Testing
import WireFormats

@Suite struct ExpositionFormatTests {
  @Test(arguments: [
    ("text/plain; version=0.0.4; charset=utf-8", ExpositionFormat.prometheusText), ("TEXT/Plain", .prometheusText),
    ("application/openmetrics-text; version=1.0.0; charset=utf-8", .openMetrics),
    ("application/openmetrics-text;version=\"0.0.1;x\"", .openMetrics),
    (" application/json ;charset=UTF-8", .agentJSON),
    ("Application/JSON", .agentJSON),
    (
      "application/vnd.google.protobuf; proto=io.prometheus.client.MetricFamily; encoding=delimited",
      .prometheusProtobuf
    ),
  ])
  func knows(_ header: String, _ format: ExpositionFormat) {
    let choice = ExpositionFormat.choose(contentType: header)
    #expect(choice.format == format && choice.assumption == nil)
  }

  @Test(arguments: [nil, "", "  ", "text/html", "application/openmetrics", "nonsense", "text/plainer", ";version=1"])
  func saysWhenItAssumesText(_ header: String?) {
    let choice = ExpositionFormat.choose(contentType: header)
    #expect(choice.format == .prometheusText && choice.assumption != nil)
  }

  /// Protobuf is named only where it is wanted: many exporters serve it wherever it is named.
  @Test func asksForProtobufWhereNativeHistogramsAreWanted() {
    let text = ExpositionFormat.acceptHeader(nativeHistograms: false)
    #expect(text.hasPrefix("application/openmetrics-text;version=1.0.0;escaping=allow-utf-8;q=0.6,"))
    #expect(!text.contains("protobuf"))
    let native = ExpositionFormat.acceptHeader(nativeHistograms: true)
    let first = "application/vnd.google.protobuf;proto=io.prometheus.client.MetricFamily;encoding=delimited;q=0.7,"
    #expect(native == first + text)
  }
}
