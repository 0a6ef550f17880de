public import Dispatch

/// Runs blocking calls on a thread that is not one of the few that run Swift's tasks.
///
/// One call at a time, in the order of submission: a queue is also a lock for whatever is only touched on it.
public struct BlockingWork: Sendable {
  /// For small files of the whole process: state, logs being read, files being watched.
  public static let files = BlockingWork(label: "skep.files")

  /// For giving memory back.
  public static let memory = BlockingWork(label: "skep.memory")

  /// The queue itself, for work that has no task to return to.
  public let queue: DispatchQueue

  public init(label: String) { queue = DispatchQueue(label: label) }

  /// Runs `body` and returns what it returns. Does not react to cancellation: a system call cannot be taken back.
  public func run<Value: Sendable, Failure: Error>(
    _ body: @escaping @Sendable () throws(Failure) -> Value
  ) async throws(Failure) -> Value {
    let result: Result<Value, Failure> = await withCheckedContinuation { continuation in
      queue.async {
        let result: Result<Value, Failure>
        do throws(Failure) { result = .success(try body()) } catch { result = .failure(error) }
        continuation.resume(returning: result)
      }
    }
    return try result.get()
  }
}
