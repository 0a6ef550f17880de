import AsyncHTTPClient
import DeployPlan
import FleetModel
import Glibc
import NIOCore
import NIOHTTP1
import SystemPackage
import TestSupport
import Testing

/// A cluster in a process of its own, and a folder from which `skep` and `kubectl` are called upon it.
struct Trial: Sendable {
  let url: String
  let scratch: ScratchDirectory

  /// Starts a cluster, runs `body`, and ends the cluster.
  static func with(_ body: @escaping @Sendable (Trial) async throws -> Void) async throws {
    let scratch = try ScratchDirectory()
    let stand = TrialProcess(
      path: try BuiltExecutable.path("cluster-stand"), arguments: ["--orders"], environment: [:])
    let ended = try await stand.run { pid, lines in
      guard let line = try await lines() else { throw NotStarted() }
      let trial = Trial(url: String(line.filter { !$0.isNewline }), scratch: scratch)
      try trial.writeKubeconfig()
      try await body(trial)
      kill(pid, SIGTERM)
      var rest = ""
      while let line = try await lines() { rest += line }
      return rest
    }
    #expect(ended.status == 0, "\(ended)")
  }

  struct NotStarted: Error {}

  private func writeKubeconfig() throws {
    try scratch.write(
      "config",
      """
      apiVersion: v1
      kind: Config
      current-context: trial
      contexts: [{name: trial, context: {cluster: trial, user: trial, namespace: team-space}}]
      clusters: [{name: trial, cluster: {server: "\(url)"}}]
      users: [{name: trial, user: {}}]

      """)
  }

  // MARK: Programs

  /// Everything that a program of this trial finds around it.
  var environment: [String: String] {
    var own = ["KUBECONFIG": "\(scratch.path)/config", "HOME": "\(scratch.path)", "USER": "trial"]
    own["PATH"] = getenv("PATH").map { String(cString: $0) } ?? "/usr/bin:/bin"
    return own
  }

  /// `skep deploy` with a file of the scratch folder.
  func deploy(
    _ arguments: String..., during action: @escaping @Sendable (pid_t) async throws -> Void = { _ in }
  ) async throws -> TrialProcess.Ended {
    try await skep(["deploy"] + arguments, during: action)
  }

  func skep(
    _ arguments: [String], during action: @escaping @Sendable (pid_t) async throws -> Void = { _ in }
  ) async throws -> TrialProcess.Ended {
    let words = arguments.map { $0.hasSuffix(".yaml") ? "\(scratch.path)/\($0)" : $0 }
    return try await TrialProcess(
      path: try BuiltExecutable.path("skep"), arguments: words, environment: environment
    ).run(action)
  }

  /// A line of shell in the scratch folder, with this build's programs first in the path.
  func shell(_ line: String) async throws -> TrialProcess.Ended {
    let folder = try BuiltExecutable.path("skep").removingLastComponent()
    var environment = environment
    environment["PATH"] = "\(folder):\(environment["PATH"] ?? "")"
    return try await TrialProcess(
      path: "/bin/sh", arguments: ["-c", "cd '\(scratch.path)' && \(line)"], environment: environment
    ).run()
  }

  // MARK: The cluster

  @discardableResult
  func ask(_ method: HTTPMethod, _ path: String, _ body: JSONValue? = nil) async throws -> JSONValue {
    var request = HTTPClientRequest(url: url + path)
    request.method = method
    if let body {
      request.headers.add(name: "content-type", value: "application/json")
      request.body = .bytes(ByteBuffer(string: body.description))
    }
    let response = try await HTTPClient.shared.execute(request, timeout: .minutes(5))
    let bytes = Array(try await response.body.collect(upTo: 64 << 20).readableBytesView)
    let answer = try JSONParser.parse(bytes)
    guard response.status.code < 300 else { throw Refused(answer: answer) }
    return answer
  }

  struct Refused: Error { var answer: JSONValue }

  /// Orders that a request be held; those before it pass.
  ///
  /// - Parameter isCarriedOut: whether only its answer is.
  func hold(after skip: Int = 0, verb: String? = nil, resource: String? = nil, isCarriedOut: Bool = false) async throws
  {
    var order: [JSONValue.Member] = [
      .init(key: "failure", value: isCarriedOut ? "hold_answer" : "hold"),
      .init(key: "skip", value: .number(Double(skip))),
    ]
    if let verb { order.append(.init(key: "verb", value: .string(verb))) }
    if let resource { order.append(.init(key: "resource", value: .string(resource))) }
    try await ask(.POST, "/stand/fault", .object(order))
  }

  /// Returns when a request is held.
  func untilOneIsHeld() async throws { try await ask(.GET, "/stand/held") }

  func release(carryingOut: Bool) async throws {
    try await ask(.POST, "/stand/release", ["carry_out": .bool(carryingOut)])
  }

  func mend() async throws { try await ask(.POST, "/stand/mend", .object([])) }

  func behave(_ behaviour: String, image: String, words: String = "", log: [String] = []) async throws {
    try await ask(
      .POST, "/stand/behaviour",
      [
        "image": .string(image), "behaviour": .string(behaviour), "words": .string(words),
        "log": .array(log.map { .string($0) }),
      ])
  }

  func forgetRequests() async throws { try await ask(.POST, "/stand/forget", .object([])) }

  /// What `skep` has asked to be written, as `verb resource/name`.
  func writes() async throws -> [String] {
    try await ask(.GET, "/stand/requests")["items"]?.elements.compactMap { entry in
      let verb = entry["verb"]?.string ?? ""
      guard entry["user_agent"]?.string?.hasPrefix("skep/") == true, entry["dry_run"]?.bool != true,
        ["create", "update", "patch", "apply", "delete"].contains(verb)
      else { return nil }
      return "\(verb) \(entry["resource"]?.string ?? "")/\(entry["name"]?.string ?? "")"
    } ?? []
  }

  func objects() async throws -> [LiveObject] {
    (try await ask(.GET, "/stand/objects")["items"]?.elements ?? []).map { LiveObject($0) }
  }

  /// What is in the cluster but for what comes and goes by itself.
  func lasting() async throws -> Set<Manifest.ID> {
    Set(try await objects().filter { $0.kind != "Event" && !$0.hasOwner }.map(\.id))
  }

  /// Makes an object of somebody else's.
  func makeStranger() async throws {
    try await ask(
      .POST, "/api/v1/namespaces/team-space/configmaps?fieldManager=others",
      ["apiVersion": "v1", "kind": "ConfigMap", "metadata": ["name": "of-others"], "data": ["key": "value"]])
  }

  static let stranger = Manifest.ID(group: "", kind: "ConfigMap", namespace: "team-space", name: "of-others")
}
