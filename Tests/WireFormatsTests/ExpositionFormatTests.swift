import Testing
import WireFormats

@Suite struct ExpositionFormatTests {
  @Test(arguments: [
    ("text/plain; version=0.0.4; charset=utf-8", ExpositionFormat.prometheusText), ("TEXT/Plain", .prometheusText),
    ("application/openmetrics-text; version=1.0.0; charset=utf-8", .openMetrics),
    ("application/openmetrics-text;version=\"0.0.1;x\"", .openMetrics),
    (" application/json ;charset=UTF-8", .agentJSON),
    ("Application/JSON", .agentJSON),
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
}
