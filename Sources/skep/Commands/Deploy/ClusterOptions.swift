import ArgumentParser
import ClusterControl
import DeployPlan
import FleetModel
import Glibc
import UnixSignals

/// Which cluster to talk to.
struct ClusterOptions: ParsableArguments {
  @Option(
    help: "A kubeconfig file; without it those of KUBECONFIG, then ~/.kube/config, then the cluster around a pod.")
  var kubeconfig: String?

  @Option(help: "A context of the kubeconfig file.")
  var context: String?

  /// Runs `body` with a client that is closed afterwards. A first SIGINT or SIGTERM cancels it, so that it can say what is in
  /// place; a second ends the process.
  ///
  /// - Throws: ``CommandFailure`` (2) where there is no such cluster, or what `body` throws.
  func with<Value: Sendable>(_ body: @escaping @Sendable (ClusterClient) async throws -> Value) async throws -> Value {
    let client = try await client()
    let work = Task { try await body(client) }
    let signals = Task {
      var count = 0
      for await _ in await UnixSignalsSequence(trapping: .sigint, .sigterm) {
        count += 1
        if count > 1 { Glibc.exit(130) }
        work.cancel()
      }
    }
    let result = await work.result
    signals.cancel()
    await client.shutdown()
    do { return try result.get() } catch let failure as DeployFailure { throw CommandFailure(failure) }
  }

  private func client() async throws(CommandFailure) -> ClusterClient {
    let connection: ClusterConnection
    do throws(KubeconfigError) {
      connection = try await ClusterConnection.load(kubeconfig: kubeconfig, context: context)
    } catch {
      throw .badInput("\(error)")
    }
    do throws(ClusterError) {
      return try ClusterClient(connection, settings: ClusterClientSettings(userAgent: "skep/\(Version.current)"))
    } catch {
      throw .badInput(error.description)
    }
  }

  /// Who applies, for those who find the lock taken: `alice@host`.
  static var holder: String {
    var name = [CChar](repeating: 0, count: 256)
    let hasName = gethostname(&name, name.count - 1) == 0 && name[0] != 0
    let host = String(decoding: name.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    return "\(ClientOptions.environment("USER") ?? "skep")@\(hasName ? host : "localhost")"
  }
}

extension CommandFailure {
  init(_ failure: DeployFailure) {
    let lines = failure.message.split(separator: "\n").map { "skep: \(Terminal.safe(String($0)))" }
    self.init(exitCode: 1, lines: lines)
  }
}

/// Which deployed system is meant: the one of a file, or one by its names.
struct SystemReference: ParsableArguments {
  @Option(help: "The system by its name, with --namespace, in place of a system file.")
  var system: String?

  @Option(help: "The namespace of --system.")
  var namespace: String?

  @OptionGroup var overlay: EnvironmentOptions

  struct Names {
    var system: String
    var namespace: String
    /// As it was named; `nil` where the system is named itself.
    var file: String?
  }

  /// - Parameter file: `nil` for `system.yaml`.
  func names(_ file: String?) throws(CommandFailure) -> Names {
    if let system {
      if let file { throw .badInput("--system and the file \(file) exclude each other; give one of them") }
      guard let namespace else { throw .badInput("--system needs --namespace beside it") }
      return Names(system: system, namespace: namespace)
    }
    if namespace != nil { throw .badInput("--namespace needs --system beside it: a system file says its own") }
    let file = file ?? "system.yaml"
    let (system, _) = try SystemInput.read(file, environment: overlay.environment)
    return Names(system: system.name, namespace: system.namespace, file: file)
  }
}

/// How long things may take.
enum DurationOption {
  static func parse(_ text: String, _ option: String) throws(CommandFailure) -> Duration {
    guard let duration = PrometheusDuration.parse(text), duration > .zero else {
      throw .badInput("\(option): \"\(text)\" is no duration above zero; write it as 90s, 10m, 1h30m")
    }
    return duration
  }
}
