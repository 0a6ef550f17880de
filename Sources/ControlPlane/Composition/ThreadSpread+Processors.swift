import Dispatch
import Glibc
import PromQL

extension ThreadSpread {
  /// All processors, where there is more than one. The caller's thread works too, so whatever else is busy, the work gets done.
  static let processors: ThreadSpread? = {
    let count = Int(sysconf(Int32(_SC_NPROCESSORS_ONLN)))
    guard count > 1 else { return nil }
    return ThreadSpread(threads: min(count, 16)) { count, work in
      DispatchQueue.concurrentPerform(iterations: count, execute: work)
    }
  }()
}
