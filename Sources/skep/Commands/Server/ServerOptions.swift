import ArgumentParser
import ControlPlane
import DeployPlan
import FleetModel
import Logging
import MetricExposition
import Metrics
import ServiceLifecycle
import SystemPackage
import UnixSignals

/// What `skep up` and `skep serve` share.
struct ServerOptions: ParsableArguments {
  @Option(help: "Where to listen; port 0 picks one.")
  var listen = "127.0.0.1:7540"

  @Option(
    name: .customLong("otlp-grpc-listen"),
    help: "Where to take OTLP/gRPC, or off; port 0 picks one. 127.0.0.1:4317 if that is free.")
  var otlpGRPCListen: String?

  @Option(
    name: .customLong("otlp-http-listen"),
    help: "Where to take OTLP/HTTP beside --listen, or off; port 0 picks one. 127.0.0.1:4318 if that is free.")
  var otlpHTTPListen: String?

  @Option(help: "Where Skep keeps what outlives a restart.")
  var dataDir = ".skep"

  @Option(help: "A file of bearer tokens, one ROLE:TOKEN a line; roles are agent, reader, operator.")
  var tokens: String?

  @Option(name: .customLong("tls-certificate"), help: "A PEM file with the server's certificate chain.")
  var certificateFile: String?

  @Option(name: .customLong("tls-key"), help: "A PEM file with the certificate's key.")
  var keyFile: String?

  @Option(
    name: .customLong("tls-client-ca"),
    help: "A PEM file of authorities: clients with their certificates are operators.")
  var clientAuthorityFile: String?

  @Option(
    name: .customLong("allow-host"),
    help: "A further name under which browsers may reach this server; may be repeated.")
  var allowedHosts: [String] = []

  @Option(help: "trace, debug, info, notice, warning, error or critical.")
  var logLevel = LogLevel.info
}

/// The levels of the logging library, as words of the command line.
enum LogLevel: String, CaseIterable, ExpressibleByArgument {
  case trace, debug, info, notice, warning, error, critical

  var level: Logger.Level {
    switch self {
    case .trace: .trace
    case .debug: .debug
    case .info: .info
    case .notice: .notice
    case .warning: .warning
    case .error: .error
    case .critical: .critical
    }
  }
}

/// Runs a Skep from the first line on standard output to the last flush.
struct ServerRun {
  let options: ServerOptions

  /// - Parameters:
  ///   - system: the system and the file it came from; watched for changes where there is one.
  ///   - environment: the overlay that was laid onto it.
  ///   - runsAgents: whether to start the agents' commands.
  ///   - discoversPods: whether to look for agents' pods in the cluster.
  func run(
    system: FleetSystem, file: String?, environment: String? = nil, runsAgents: Bool, discoversPods: Bool = false
  ) async throws {
    let level = options.logLevel.level
    LoggingSystem.bootstrap { label in
      var handler = StreamLogHandler.standardError(label: label)
      handler.logLevel = level
      return handler
    }
    let metrics = MetricRegistry()
    metrics.useBuckets(
      [0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.1, 1], for: "skep_alert_delivery_seconds")
    for name in ["skep_span_intake_append_duration_seconds", "skep_grpc_call_duration_seconds"] {
      metrics.useBuckets([0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.1, 1, 5], for: name)
    }
    MetricsSystem.bootstrap(metrics)
    let logger = Logger(label: "skep")

    let composition: Composition
    do {
      var configuration = ControlPlaneConfiguration(system: system, listen: try address())
      configuration.systemFile = file.map { FilePath($0) }
      configuration.environment = environment
      configuration.runsAgents = runsAgents
      configuration.discoversPods = discoversPods
      configuration.version = Version.current
      configuration.dataDirectory = FilePath(options.dataDir)
      configuration.security = try security()
      configuration.ownMetrics = { String(decoding: metrics.render(format: .prometheusText), as: UTF8.self) }
      configuration.otlpGRPC = try Self.otlp(options.otlpGRPCListen, "--otlp-grpc-listen", port: 4317)
      configuration.otlpHTTP = try Self.otlp(options.otlpHTTPListen, "--otlp-http-listen", port: 4318)
      composition = try Composition(configuration, logger: logger) { addresses in
        let scheme = options.certificateFile == nil ? "http" : "https"
        Terminal.print("listening on \(scheme)://\(addresses.main)")
        if let address = addresses.otlpGRPC { Terminal.print("OTLP/gRPC on \(scheme)://\(address)") }
        if let address = addresses.otlpHTTP { Terminal.print("OTLP/HTTP on \(scheme)://\(address)") }
      }
    } catch let failure as CommandFailure {
      throw failure
    } catch {
      throw CommandFailure.badInput("\(error)")
    }
    var group = ServiceGroupConfiguration(
      services: [.init(service: composition)], gracefulShutdownSignals: [.sigterm, .sigint], logger: logger)
    group.maximumCancellationDuration = .seconds(5)
    do {
      try await ServiceGroup(configuration: group).run()
    } catch {
      throw CommandFailure.failed("\(error)")
    }
  }

  private func address() throws(CommandFailure) -> ListenAddress {
    do { return try ListenAddress(options.listen) } catch { throw .badInput("--listen: \(error)") }
  }

  private static func otlp(_ text: String?, _ option: String, port: Int) throws(CommandFailure) -> OTLPListening {
    guard let text else { return .usual }
    if text == "off" { return .off }
    do { return .address(try ListenAddress(text, defaultPort: port)) } catch {
      throw .badInput("\(option): \(error), or off")
    }
  }

  private func security() throws(CommandFailure) -> SecurityConfiguration {
    var security = SecurityConfiguration()
    security.tokenFile = options.tokens
    security.allowedHosts = options.allowedHosts
    switch (options.certificateFile, options.keyFile) {
    case (let certificate?, let key?):
      security.tls = SecurityConfiguration.TLS(
        certificateFile: certificate, keyFile: key, clientCAFile: options.clientAuthorityFile)
    case (nil, nil):
      if options.clientAuthorityFile != nil {
        throw .badInput("--tls-client-ca needs --tls-certificate and --tls-key")
      }
    default: throw .badInput("--tls-certificate and --tls-key go together")
    }
    return security
  }
}
