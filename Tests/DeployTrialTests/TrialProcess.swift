import Glibc
import Subprocess
import SystemPackage
import TestSupport

/// A program that a test starts, acts upon while it runs, and sees to its end.
struct TrialProcess: Sendable {
  /// How one ended.
  struct Ended: Sendable, CustomStringConvertible {
    /// 128 and the signal's number where one ended it.
    var status: Int32
    var output: String
    var errors: String

    var description: String { "status \(status)\n\(output)\n\(errors)" }
  }

  var path: FilePath
  var arguments: [String]
  var environment: [String: String]

  /// Runs it to its end.
  ///
  /// - Parameter action: what to do meanwhile, with its process id; is cancelled when the program ends first.
  func run(_ action: @escaping @Sendable (pid_t) async throws -> Void = { _ in }) async throws -> Ended {
    try await run { pid, lines in
      try await withThrowingTaskGroup(of: Void.self) { group in
        group.addTask {
          do { try await action(pid) } catch  where Task.isCancelled {}
        }
        var output = ""
        while let line = try await lines() { output += line }
        group.cancelAll()
        try await group.waitForAll()
        return output
      }
    }
  }

  /// Runs it with a body that reads its output line by line, line ends included; what the body returns is the output.
  func run(
    reading body: @escaping @Sendable (pid_t, () async throws -> String?) async throws -> String
  ) async throws -> Ended {
    let scratch = try ScratchDirectory()
    let errors = try FileDescriptor.open(
      scratch.path.appending("errors"), .writeOnly, options: [.create, .truncate], permissions: .ownerReadWrite)
    var variables: [Environment.Key: String] = [:]
    for (name, value) in environment { if let key = Environment.Key(rawValue: name) { variables[key] = value } }
    let result = try await Subprocess.run(
      .path(path), arguments: Arguments(arguments), environment: .custom(variables), input: .none, output: .sequence,
      error: .fileDescriptor(errors, closeAfterSpawningProcess: true)
    ) { execution -> Result<String, any Error> in
      let pid = execution.processIdentifier.value
      var lines = execution.standardOutput.strings(bufferingPolicy: .unbounded).makeAsyncIterator()
      do { return .success(try await body(pid) { try await lines.next().map { $0 + "\n" } }) } catch {
        // It is not waited for in vain.
        kill(pid, SIGKILL)
        return .failure(error)
      }
    }
    let status: Int32 =
      switch result.terminationStatus {
      case .exited(let code): code
      case .signaled(let signal): 128 + signal
      }
    return Ended(
      status: status, output: try result.closureResult.get(), errors: scratch.read("errors") ?? "")
  }
}
