import FleetModel
import SkepMonitor
import Testing
import TraceAnalysis

@Suite("traces in a Swift program")
struct DistributedTracingTests {
  /// The snippet of the type's documentation and the README.
  @Test func theDocumentedSnippetRuns() async throws {
    let tracing = DistributedTracing()
    var random = SystemRandomNumberGenerator()
    let trace = TraceID(using: &random)
    let request = try await tracing.startTrace(id: trace, operation: "invoke_agent planner", agent: "planner")
    let search = try await tracing.startSpan(parent: request, operation: "execute_tool search", agent: "researcher")
    await #expect(throws: TracingError.analysis(.noCompletedSpans)) { try await tracing.analysis(of: trace) }
    try await tracing.finishSpan(search, metadata: ["results": .int(3)])
    try await tracing.finishSpan(request)
    let report = try await tracing.analysis(of: trace)
    #expect(report.spanCount == 2 && report.completedCount == 2 && report.participation.count == 2)
    #expect(report.criticalPath.map(\.duration).reduce(0, +) == report.duration)
    let named = report.criticalPath.map { report.names[report.tree.spans[$0.span].outline.operation] }
    #expect(named.allSatisfy { ["invoke_agent planner", "execute_tool search"].contains($0) })
  }

  @Test func whatIsNotThereIsAnError() async throws {
    let tracing = DistributedTracing()
    var random = SystemRandomNumberGenerator()
    let trace = TraceID(using: &random)
    await #expect(throws: TracingError.analysis(.traceNotFound)) { try await tracing.analysis(of: trace) }
    let nobody = SpanID(using: &random)
    await #expect(throws: TracingError.self) { try await tracing.finishSpan(nobody) }
    await #expect(throws: TracingError.self) {
      try await tracing.startSpan(parent: nobody, operation: "x", agent: "planner")
    }
    let span = try await tracing.startTrace(id: trace, operation: "x", agent: "planner")
    await #expect(throws: TracingError.self) { try await tracing.finishSpan(span, status: .lost) }
    try await tracing.finishSpan(span, status: .error)
    do throws(TracingError) {
      try await tracing.finishSpan(span)
      Issue.record("a finished span was finished again")
    } catch { #expect(error == .finishedSpan("span \(span) is finished already")) }
  }
}
