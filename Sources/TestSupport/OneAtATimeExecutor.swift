import Dispatch
import Synchronization

/// Runs the tasks of one test one after the other and knows when all of them wait: the moment to move simulated time on.
///
/// Which task comes next then depends neither on the number of processors nor on what else they do.
public final class OneAtATimeExecutor: TaskExecutor {
  private let queue = DispatchQueue(label: "one at a time")
  private let pending = Atomic(0)

  public init() {}

  public func enqueue(_ job: consuming ExecutorJob) {
    let job = UnownedJob(job)
    pending.wrappingAdd(1, ordering: .sequentiallyConsistent)
    queue.async { [self] in
      job.runSynchronously(on: asUnownedTaskExecutor())
      pending.wrappingSubtract(1, ordering: .sequentiallyConsistent)
    }
  }

  /// Whether nothing but the caller, itself on this executor, could run.
  public var isIdleButForCaller: Bool { pending.load(ordering: .sequentiallyConsistent) <= 1 }
}
