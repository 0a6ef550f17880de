import FleetModel
import NIOCore
import NIOPosix
import Platform

/// Where collections run: on the event loops that also own their connections.
///
/// A collection waits twice or more (for its moment, for the answer, for its health check). On the cooperative pool each wait
/// hands over between threads, and these hand-overs cost several times what the collection does
/// (`docs/decisions/0006-collections-on-event-loops.md`). An instance whose task, timers and connection live on one event
/// loop never leaves its thread.
struct CollectionLoops: Sendable {
  /// A loop gets so many instances before the next one gets any: collections that share a thread also share its wake-ups.
  private static let instancesInARow = 1024

  private let executors: [EventLoopTaskExecutor]

  init(group: any EventLoopGroup = MultiThreadedEventLoopGroup.singleton) {
    executors = group.makeIterator().map(EventLoopTaskExecutor.init)
  }

  /// The executor for the `number`-th task.
  func executor(for number: Int) -> any TaskExecutor {
    executors[number / Self.instancesInARow % executors.count]
  }
}

/// Runs tasks on one event loop. Jobs that become ready on the loop itself, as those of a timer or of many answers do, run
/// together in its next turn.
private final class EventLoopTaskExecutor: TaskExecutor {
  private let loop: any EventLoop
  // Only touched on the loop.
  private nonisolated(unsafe) var ready: [UnownedJob] = []

  init(_ loop: any EventLoop) { self.loop = loop }

  func enqueue(_ job: consuming ExecutorJob) {
    let job = UnownedJob(job)
    guard loop.inEventLoop else {
      return loop.execute { job.runSynchronously(on: self.asUnownedTaskExecutor()) }
    }
    ready.append(job)
    if ready.count == 1 { loop.execute { self.runReady() } }
  }

  private func runReady() {
    var jobs: [UnownedJob] = []
    swap(&jobs, &ready)
    for job in jobs { job.runSynchronously(on: asUnownedTaskExecutor()) }
    guard ready.isEmpty else { return }
    jobs.removeAll(keepingCapacity: true)
    swap(&jobs, &ready)
  }
}

/// The machine's clocks; whoever sleeps on an event loop is woken by it, without another thread.
struct EventLoopTime: TimeSource {
  private let clock = SystemTime()

  func now() -> Timestamp { clock.now() }

  func monotonic() -> Duration { clock.monotonic() }

  nonisolated(nonsending) func sleep(untilMonotonic deadline: Duration) async throws {
    guard let loop = MultiThreadedEventLoopGroup.currentEventLoop else {
      return try await clock.sleep(untilMonotonic: deadline)
    }
    let wait = deadline - monotonic()
    try Task.checkCancellation()
    guard wait > .zero else { return }
    let time = NIODeadline.now() + TimeAmount(wait)
    let sleep = NIOLoopBound(LoopSleep(), eventLoop: loop)
    try await withTaskCancellationHandler {
      try await withUnsafeThrowingContinuation { (continuation: UnsafeContinuation<Void, any Error>) in
        sleep.value.begin(until: time, on: loop, continuation)
      }
    } onCancel: {
      loop.execute { sleep.value.cancel(on: loop) }
    }
  }
}

/// One sleep; lives on its loop.
private final class LoopSleep {
  private var alarm: LoopAlarms.Alarm?
  private var isCancelled = false

  func begin(until time: NIODeadline, on loop: any EventLoop, _ continuation: UnsafeContinuation<Void, any Error>) {
    if isCancelled { return continuation.resume(throwing: CancellationError()) }
    alarm = LoopAlarms.on(loop).set(at: time, .resume(continuation))
  }

  func cancel(on loop: any EventLoop) {
    isCancelled = true
    guard let alarm, case .resume(let continuation)? = LoopAlarms.on(loop).takeBack(alarm) else { return }
    continuation.resume(throwing: CancellationError())
  }
}
