import FleetModel
import Glibc
import Platform
import Subprocess
import SystemPackage

/// A program that gives credentials (`client.authentication.k8s.io`, v1 and v1beta1;
/// <https://kubernetes.io/docs/reference/access-authn-authz/authentication/#client-go-credential-plugins>).
///
/// It gets no standard input, and leads a process group of its own that ends with it when its time is over.
struct ExecPlugin: Sendable {
  static let versions = ["client.authentication.k8s.io/v1", "client.authentication.k8s.io/v1beta1"]
  private static let timeout: Duration = .seconds(60)
  private static let outputLimit = 1 << 20
  private static let wordsLimit = 64 << 10

  struct Answer: Sendable {
    var token: SecretText?
    var certificate: ClientCertificate?
    var expiry: Timestamp?
  }

  var apiVersion: String
  /// A path, or a name to be looked for in `PATH`.
  var command: String
  var arguments: [String] = []
  /// On top of this process's own.
  var environment: [(name: String, value: String)] = []
  /// What to tell the plug-in of the cluster, if it asks for that.
  var cluster: JSONValue?
  var installHint: String?
  /// The kubeconfig file and the field, for errors.
  var file: String
  var field: String

  /// Runs it once.
  ///
  /// - Throws: ``KubeconfigError``, also when the task is cancelled.
  func run(time: any TimeSource) async throws(KubeconfigError) -> Answer {
    let output: [UInt8]
    do {
      output = try await TimeLimit.run(Self.timeout, by: time) { try await execute() }
    } catch is TimeLimit.Passed {
      throw error("\(command) gave no credentials within \(PrometheusDuration.format(Self.timeout))")
    } catch let error as KubeconfigError {
      throw error
    } catch let error as SubprocessError where error.code == .executableNotFound {
      throw self.error("there is no program \(command)", mend: installHint ?? "install it, or correct command")
    } catch let error as SubprocessError {
      throw self.error("cannot run \(command): \(error.underlyingError.map { "\($0)" } ?? "\(error)")")
    } catch {
      throw self.error("cannot run \(command): \(error)")
    }
    return try answer(output)
  }

  private func execute() async throws -> [UInt8] {
    var options = PlatformOptions()
    options.processGroupID = 0
    options.teardownSequence = [.send(signal: .kill, toProcessGroup: true, allowedDurationToNextStep: .zero)]
    let program: Executable = command.contains("/") ? .path(FilePath(command)) : .name(command)
    let result = try await Subprocess.run(
      program, arguments: Arguments(arguments), environment: subprocessEnvironment, platformOptions: options,
      input: .none, output: .bytes(limit: Self.outputLimit), error: .bytes(limit: Self.wordsLimit))
    guard result.terminationStatus.isSuccess else {
      let words = String(decoding: result.standardError.suffix(2_000), as: UTF8.self).trimmingSpace
      throw error("\(command) ended with \(result.terminationStatus)\(words.isEmpty ? "" : ": \(words)")")
    }
    return result.standardOutput
  }

  private var subprocessEnvironment: Environment {
    var updates: [Environment.Key: String?] = ["KUBERNETES_EXEC_INFO": info.description]
    for (name, value) in environment { updates[Environment.Key(stringLiteral: name)] = value }
    return .inherit.updating(updates)
  }

  /// What the plug-in is told in `KUBERNETES_EXEC_INFO`.
  var info: JSONValue {
    var spec: [JSONValue.Member] = []
    if let cluster { spec.append(.init(key: "cluster", value: cluster)) }
    spec.append(.init(key: "interactive", value: false))
    return ["apiVersion": .string(apiVersion), "kind": "ExecCredential", "spec": .object(spec)]
  }

  /// Reads an `ExecCredential`.
  func answer(_ output: [UInt8]) throws(KubeconfigError) -> Answer {
    let object: JSONValue
    do throws(JSONParser.Failure) { object = try JSONParser.parse(output) } catch {
      // What it printed is not shown: it may be a token.
      throw self.error("what \(command) printed is no JSON: line \(error.line), column \(error.column)")
    }
    guard object["kind"]?.string == "ExecCredential", object["apiVersion"]?.string == apiVersion else {
      throw error(
        "what \(command) printed is no ExecCredential of \(apiVersion)",
        mend: "apiVersion must be one that this version of it speaks")
    }
    let status = object["status"]
    var answer = Answer()
    if let token = status?["token"]?.string, !token.isEmpty { answer.token = SecretText(token) }
    let chain = status?["clientCertificateData"]?.string ?? ""
    let key = status?["clientKeyData"]?.string ?? ""
    guard chain.isEmpty == key.isEmpty else {
      throw error("\(command) gave one of clientCertificateData and clientKeyData without the other")
    }
    if !chain.isEmpty { answer.certificate = ClientCertificate(chain: Array(chain.utf8), key: SecretText(key)) }
    guard answer.token != nil || answer.certificate != nil else {
      throw error("\(command) gave neither a token nor a certificate")
    }
    if let certificate = answer.certificate {
      do throws(TLSMaterial.Problem) { _ = try TLSMaterial.configuration(.system, certificate) } catch {
        throw self.error("what \(command) gave as clientCertificateData: \(error.text)")
      }
    }
    if let text = status?["expirationTimestamp"]?.string {
      guard let expiry = RFC3339.parse(text) else {
        throw error("\(command) gave an expirationTimestamp that is no time")
      }
      answer.expiry = expiry
    }
    return answer
  }

  private func error(_ problem: String, mend: String? = nil) -> KubeconfigError {
    KubeconfigError(file: file, field: field, problem: problem, mend: mend)
  }
}
