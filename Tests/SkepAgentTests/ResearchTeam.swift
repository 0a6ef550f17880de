import FoundationEssentials
import Subprocess
import Synchronization
import SystemPackage
import Testing

/// The example's agents as real processes, each on a port that the system picks.
struct ResearchTeam {
  /// Settings that leave nothing to chance or to time: no failures, no revisions, hardly any latency, no own requests.
  static let calm = [
    "--port", "0", "--latency-scale", "0.01", "--failure-rate", "0", "--revision-rate", "0", "--requests-per-minute",
    "0",
  ]

  /// The executable beside the test bundle.
  static let executable: String = {
    let test = (try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")) ?? ""
    let beside = CommandLine.arguments.dropFirst().first { $0.contains(".xctest") } ?? test
    for place in [beside, test] {
      let folder = place.split(separator: "/", omittingEmptySubsequences: false).dropLast().joined(separator: "/")
      let candidate = folder + "/research-agent"
      if FileManager.default.isExecutableFile(atPath: candidate) { return candidate }
    }
    return "research-agent"
  }()

  struct Ended: Sendable {
    let role: String
    let status: TerminationStatus
  }

  /// Starts `roles`, each knowing the address of the one before it, and runs `body` with their addresses; then stops each
  /// with SIGTERM, the last started first, and returns how they ended.
  static func run(
    _ roles: [String], arguments: [String] = calm, extra: [String] = [],
    variables: [String: String] = [:], signals: Int = 1, body: @Sendable ([String: String]) async throws -> Void
  ) async throws -> [Ended] {
    try await start(
      roles[...], arguments: arguments + extra, addresses: [:], variables: variables, signals: signals,
      body: body)
  }

  private static func start(
    _ roles: ArraySlice<String>, arguments: [String], addresses: [String: String],
    variables: [String: String], signals: Int, body: @Sendable ([String: String]) async throws -> Void
  ) async throws -> [Ended] {
    guard let role = roles.first else {
      try await body(addresses)
      return []
    }
    var environment: [Environment.Key: String] = ["AGENT_ID": role]
    for (name, value) in variables {
      if let key = Environment.Key(rawValue: name) { environment[key] = value }
    }
    for (peer, address) in addresses {
      if let key = Environment.Key(rawValue: peer.uppercased() + "_URL") { environment[key] = address }
    }
    let failure = Mutex<(any Error)?>(nil)
    let rest = Mutex<[Ended]>([])
    let outcome = try await Subprocess.run(
      .path(FilePath(executable)), arguments: Arguments(["--role", role] + arguments),
      environment: .custom(environment), input: .none, output: .sequence, error: .discarded
    ) { execution in
      do {
        var lines = execution.standardOutput.strings().makeAsyncIterator()
        guard let line = try await lines.next(), let blank = line.lastIndex(of: " ") else {
          throw NeverCameTrue(description: "\(role) printed no address")
        }
        let address = String(line[line.index(after: blank)...].filter { !$0.isWhitespace })
        let ended = try await start(
          roles.dropFirst(), arguments: arguments, addresses: addresses.merging([role: address]) { $1 },
          variables: variables, signals: signals, body: body)
        rest.withLock { $0 = ended }
        for signal in 0..<signals {
          // Two of a kind that come at once may be seen as one.
          if signal > 0 { try await notReady(address) }
          try execution.send(signal: .terminate)
        }
        while try await lines.next() != nil {}
      } catch {
        try? execution.send(signal: .kill)
        failure.withLock { $0 = error }
      }
    }
    if let error = failure.withLock({ $0 }) { throw error }
    return rest.withLock { $0 } + [Ended(role: role, status: outcome.terminationStatus)]
  }

  private static func notReady(_ address: String) async throws {
    try await eventually("not ready") { try await get(address + "/ready").status == 503 }
  }
}
