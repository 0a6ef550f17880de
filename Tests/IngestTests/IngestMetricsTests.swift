import CoreMetrics
import FleetModel
import Synchronization
import Testing

@testable import Ingest

@Suite struct IngestMetricsTests {
  /// Counts what is counted.
  final class Factory: MetricsFactory {
    final class Handler: CounterHandler, TimerHandler, RecorderHandler {
      let value = Atomic<Int64>(0)

      func increment(by amount: Int64) { value.add(amount, ordering: .relaxed) }
      func reset() {}
      func recordNanoseconds(_ duration: Int64) { value.add(1, ordering: .relaxed) }
      func record(_ value: Int64) {}
      func record(_ value: Double) {}
    }

    private let handlers = Mutex<[String: Handler]>([:])

    func handler(_ label: String, _ dimensions: [(String, String)]) -> Handler {
      let name = label + dimensions.map { "{\($0)=\($1)}" }.joined()
      return handlers.withLock { handlers in
        let handler = handlers[name] ?? Handler()
        handlers[name] = handler
        return handler
      }
    }

    func makeCounter(label: String, dimensions: [(String, String)]) -> any CounterHandler { handler(label, dimensions) }
    func makeTimer(label: String, dimensions: [(String, String)]) -> any TimerHandler { handler(label, dimensions) }
    func makeRecorder(label: String, dimensions: [(String, String)], aggregate: Bool) -> any RecorderHandler {
      handler(label, dimensions)
    }
    func destroyCounter(_ handler: any CounterHandler) {}
    func destroyTimer(_ handler: any TimerHandler) {}
    func destroyRecorder(_ handler: any RecorderHandler) {}

    func count(_ name: String) -> Int64 {
      handlers.withLock { $0["skep_ingest_" + name]?.value.load(ordering: .relaxed) ?? -1 }
    }
  }

  @Test(arguments: LimitName.allCases) func everyLimitHasItsCounter(_ limit: LimitName) {
    let factory = Factory()
    let metrics = IngestMetrics(factory: factory)
    let name = "limit_exceeded_total{limit=\(limit.rawValue)}"
    #expect(factory.count(name) == 0)
    metrics.failed(CollectionFailure(over: limit, "too much"))
    #expect(factory.count(name) == 1)
    #expect(factory.count("collection_failures_total{reason=limit}") == 1)
  }

  @Test func countsWhatHappens() {
    let factory = Factory()
    let metrics = IngestMetrics(factory: factory)
    metrics.collected(in: .milliseconds(3))
    metrics.stored(7)
    metrics.refused(.outOfOrder, 2)
    metrics.failed(CollectionFailure(.timeout, "late"))
    #expect(factory.count("collections_total") == 1 && factory.count("collection_duration_seconds") == 1)
    #expect(factory.count("samples_total") == 7)
    #expect(factory.count("samples_refused_total{reason=out_of_order}") == 2)
    #expect(factory.count("collection_failures_total{reason=timeout}") == 1)
  }
}
