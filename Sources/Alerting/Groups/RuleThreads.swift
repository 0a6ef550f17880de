import Dispatch
import Glibc

/// Where rules are evaluated: on a few threads of their own, since one evaluation may calculate for long and the threads that
/// run all other tasks are few. A group stays on its thread.
struct RuleThreads: Sendable {
  private let executors: [QueueExecutor]

  /// - Parameter count: half the processors where it is not given, at most four.
  init(count: Int? = nil) {
    let count = count ?? min(4, Int(sysconf(Int32(_SC_NPROCESSORS_ONLN))) / 2)
    executors = (0..<max(1, count)).map { QueueExecutor(label: "skep.rules.\($0)") }
  }

  /// For the `number`-th group.
  func executor(for number: Int) -> any TaskExecutor { executors[number % executors.count] }
}

private final class QueueExecutor: TaskExecutor {
  private let queue: DispatchQueue

  init(label: String) { queue = DispatchQueue(label: label) }

  func enqueue(_ job: consuming ExecutorJob) {
    let job = UnownedJob(job)
    queue.async { job.runSynchronously(on: self.asUnownedTaskExecutor()) }
  }
}
