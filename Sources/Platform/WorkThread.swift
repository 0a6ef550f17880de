import Dispatch

/// Runs tasks that calculate for long on a thread that is none of the few that run Swift's other tasks; at one time it runs one
/// piece of one task.
///
/// The thread is there while there is something to run, and shortly after: as many of these as wanted cost nothing at rest.
public final class WorkThread: TaskExecutor {
  // A queue that is not concurrent gets a thread of its own as soon as something is put on it, however many others are busy.
  private let queue: DispatchQueue

  public init(label: String) { queue = DispatchQueue(label: label) }

  public func enqueue(_ job: consuming ExecutorJob) {
    let job = UnownedJob(job)
    queue.async { job.runSynchronously(on: self.asUnownedTaskExecutor()) }
  }
}
