import Dispatch

/// Where rules are evaluated: on threads of their own, as many as there are processors, since one evaluation may calculate for
/// long and the threads that run all other tasks are few. Groups do not wait for one another.
final class RuleThreads: TaskExecutor {
  private let queue = DispatchQueue(label: "skep.rules", attributes: .concurrent)

  func enqueue(_ job: consuming ExecutorJob) {
    let job = UnownedJob(job)
    queue.async { job.runSynchronously(on: self.asUnownedTaskExecutor()) }
  }
}
