import Testing
import TraceAnalysis

@Suite struct AnalysisErrorTests {
  @Test func theWordsAreThoseOfTheInterface() {
    #expect(AnalysisError.traceNotFound.description == "trace not found")
    #expect(AnalysisError.noCompletedSpans.description == "no completed spans in trace")
  }
}
