import FleetModel
import NIOCore
import NIOPosix
import Platform

/// Where collections run: on the event loops that also own their connections.
///
/// A collection waits three times (for its moment, for the answer, for its health check). On the cooperative pool each wait
/// hands over between threads, and these hand-overs cost several times what the collection does
/// (`docs/decisions/0006-collections-on-event-loops.md`). An instance whose task, timers and connection live on one event
/// loop never leaves its thread.
struct CollectionLoops: Sendable {
  private let executors: [EventLoopTaskExecutor]

  init(group: any EventLoopGroup = MultiThreadedEventLoopGroup.singleton) {
    executors = group.makeIterator().map(EventLoopTaskExecutor.init)
  }

  /// The executor for the `number`-th task; they are dealt out in turn.
  func executor(for number: Int) -> any TaskExecutor { executors[number % executors.count] }
}

/// Runs tasks on one event loop.
private final class EventLoopTaskExecutor: TaskExecutor {
  private let loop: any EventLoop

  init(_ loop: any EventLoop) { self.loop = loop }

  func enqueue(_ job: consuming ExecutorJob) {
    let job = UnownedJob(job)
    loop.execute { job.runSynchronously(on: self.asUnownedTaskExecutor()) }
  }
}

/// The machine's clocks; whoever sleeps on an event loop is woken by it, without another thread.
struct EventLoopTime: TimeSource {
  private let clock = SystemTime()

  func now() -> Timestamp { clock.now() }

  func monotonic() -> Duration { clock.monotonic() }

  func sleep(untilMonotonic deadline: Duration) async throws {
    guard let loop = MultiThreadedEventLoopGroup.currentEventLoop else {
      return try await clock.sleep(untilMonotonic: deadline)
    }
    let wait = deadline - monotonic()
    try Task.checkCancellation()
    guard wait > .zero else { return }
    // Scheduled on the loop itself, so that neither waking nor cancelling needs a lock; the promise answers either.
    let timer = loop.scheduleTask(in: TimeAmount(wait)) {}
    do {
      try await withTaskCancellationHandler {
        try await timer.futureResult.get()
      } onCancel: {
        timer.cancel()
      }
    } catch is EventLoopError {
      throw CancellationError()
    }
  }
}
