import FleetModel
import Platform
import Synchronization

/// Runs queries on threads of their own, never on the few that run Swift's tasks.
enum SpanQueries {
  static func run<Value: Sendable>(_ body: @escaping @Sendable () -> Value) async -> Value {
    await BlockingWork(label: "skep.spans.query").run(body)
  }

  /// Ends soon after the task is cancelled.
  static func outlines(
    _ sources: SpanSources, matching query: TraceQuery,
    visit: @Sendable ([TraceOutline], NameTable) throws -> Void
  ) async throws {
    let isCancelled = CancellationFlag()
    try await withoutActuallyEscaping(visit) { visit in
      let visitor = Visitor(visit)
      // A thread may hold on to its work for a moment after the answer, but then no longer to `visit`, which ends with this call.
      defer { visitor.visit.withLock { $0 = nil } }
      try await withTaskCancellationHandler {
        try await BlockingWork(label: "skep.spans.query").run { () throws in
          try sources.outlines(
            matching: query, isCancelled: { isCancelled.value.load(ordering: .relaxed) },
            visit: { outlines, names in try visitor.visit.withLock { $0 }?(outlines, names) })
        }
      } onCancel: {
        isCancelled.value.store(true, ordering: .relaxed)
      }
    }
  }

  private final class Visitor: Sendable {
    let visit: Mutex<(@Sendable ([TraceOutline], NameTable) throws -> Void)?>
    init(_ visit: @escaping @Sendable ([TraceOutline], NameTable) throws -> Void) { self.visit = Mutex(visit) }
  }

  private final class CancellationFlag: Sendable {
    let value = Atomic(false)
  }
}
