import FleetModel
import Glibc
import Platform
import Subprocess
import Synchronization
import SystemPackage

/// Runs a program for each notification, with the notification on its standard input.
///
/// Its environment is `PATH` alone: nothing of Skep's own, which may hold secrets. It leads a process group of its own, so that
/// what it starts ends with it when its time is over; what it leaves running after it has ended by itself goes on.
///
/// Status 0 is delivered. Status 75 (`EX_TEMPFAIL` of `sysexits.h`) or an end by a signal is tried again; any other status is
/// given up.
struct CommandTransport: Sendable {
  /// Of what it prints, the last bytes that are kept for the error.
  static let outputLimit = 4 << 10
  static let temporaryFailure: Int32 = 75
  static let defaultPath = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"

  private let program: Executable
  private let name: String
  private let arguments: [String]
  private let path: String
  private let time: any TimeSource

  /// - Parameter command: the whole argv; a program without a slash is looked for in `PATH`.
  /// - Throws: ``ReceiverError`` if the command could never work.
  init(_ command: [String], at place: String, of receiver: String, time: any TimeSource) throws(ReceiverError) {
    guard let name = command.first, !name.isEmpty else {
      throw ReceiverError(
        receiver: receiver, problem: "\(place): command is empty; write the program and its arguments")
    }
    guard !command.contains(where: { $0.utf8.contains(0) }) else {
      throw ReceiverError(receiver: receiver, problem: "\(place): command holds a NUL")
    }
    self.name = name
    program = name.contains("/") ? .path(FilePath(name)) : .name(name)
    arguments = Array(command.dropFirst())
    path = getenv("PATH").map { String(cString: $0) } ?? Self.defaultPath
    self.time = time
  }

  /// Makes one try, for no longer than `timeout`: then the whole process group is killed.
  ///
  /// - Throws: ``DeliveryFailure``, or `CancellationError`.
  func send(_ input: [UInt8], within timeout: Duration) async throws {
    let (status, output) = try await TimeBound.run(timeout, by: time) { try await run(input) }
    guard status != .exited(0) else { return }
    let words = Answer(hiding: []).excerpt(output)
    let said = words.isEmpty ? "" : ": \(words)"
    switch status {
    case .exited(let code):
      throw DeliveryFailure(
        "\(name) exited with status \(code)\(said)", code == Self.temporaryFailure ? .retry(after: nil) : .giveUp)
    case .signaled(let number):
      throw DeliveryFailure("\(name) was ended by signal \(number)\(said)", .retry(after: nil))
    }
  }

  private func run(_ input: [UInt8]) async throws -> (TerminationStatus, [UInt8]) {
    let file: FileDescriptor
    do throws(Errno) { file = try MemoryFile.make(input) } catch {
      throw DeliveryFailure("cannot hold the input of \(name): \(error)", .retry(after: nil))
    }
    var options = PlatformOptions()
    options.processGroupID = 0
    options.teardownSequence = [.send(signal: .kill, toProcessGroup: true, allowedDurationToNextStep: .zero)]
    do {
      let result = try await Subprocess.run(
        program, arguments: Arguments(arguments), environment: .custom(["PATH": path]), platformOptions: options,
        input: .fileDescriptor(file, closeAfterSpawningProcess: true), output: .sequence, error: .combinedWithOutput
      ) { execution in
        // The group is killed before its head is waited for: its number cannot be another's meanwhile.
        let group = execution.processIdentifier.value
        return await withTaskCancellationHandler {
          await Self.tail(of: execution.standardOutput)
        } onCancel: {
          kill(-group, SIGKILL)
        }
      }
      return (result.terminationStatus, result.closureResult)
    } catch let error as SubprocessError where error.code == .executableNotFound {
      throw DeliveryFailure(
        "there is no program \(name) (PATH is \(path)); install it or write its whole path", .giveUp)
    } catch let error as SubprocessError where !Task.isCancelled {
      let reason = error.underlyingError.map { "\($0)" } ?? "\(error)"
      throw DeliveryFailure("cannot start \(name): \(reason)", .retry(after: nil))
    }
  }

  /// The end of what a process prints. All of it is read, so that it never waits for us.
  private static func tail(of output: SubprocessOutputSequence) async -> [UInt8] {
    var tail: [UInt8] = []
    do {
      for try await part in output {
        part.withUnsafeBytes { bytes in tail += bytes.suffix(outputLimit) }
        if tail.count > outputLimit { tail.removeFirst(tail.count - outputLimit) }
      }
    } catch {}
    return tail
  }
}
