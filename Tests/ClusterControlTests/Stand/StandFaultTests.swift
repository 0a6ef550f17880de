import ClusterControl
import ClusterStand
import DeployPlan
import FleetModel
import Testing

/// Every verb of the client through every failure of the stand.
struct StandFaultTests {
  enum Verb: String, CaseIterable {
    case get, list, create, update, apply, delete

    /// Whether the client sends it again where nobody knows what the first did.
    var isHarmless: Bool { [.get, .list, .apply].contains(self) }
  }

  struct Case: CustomTestStringConvertible {
    var failure: StandFailure
    var kind: ClusterError.Kind
    /// Whether a request that may be sent twice is.
    var isWorthRepeating: Bool
    /// Whether any request is.
    var isNotCarriedOut = false
    var testDescription: String { "\(failure)" }
  }

  static let cases = [
    Case(failure: .cutBefore, kind: .unreachable, isWorthRepeating: true),
    Case(failure: .cutAfter, kind: .unreachable, isWorthRepeating: true),
    Case(failure: .status(503), kind: .serverFailure, isWorthRepeating: true),
    Case(failure: .status(500), kind: .serverFailure, isWorthRepeating: true),
    Case(failure: .status(504), kind: .serverFailure, isWorthRepeating: true),
    Case(failure: .status(429), kind: .tooManyRequests, isWorthRepeating: true, isNotCarriedOut: true),
    Case(failure: .status(400), kind: .invalid, isWorthRepeating: false),
    Case(failure: .status(403), kind: .forbidden, isWorthRepeating: false),
    Case(failure: .status(422), kind: .invalid, isWorthRepeating: false),
  ]

  private static let id = Manifest.ID(group: "", kind: "ConfigMap", namespace: "default", name: "a")
  private static let object: JSONValue = [
    "apiVersion": "v1", "kind": "ConfigMap", "metadata": ["name": "a", "namespace": "default"], "data": ["n": "1"],
  ]

  private static func run(_ verb: Verb, _ client: ClusterClient) async throws(ClusterError) {
    switch verb {
    case .get: _ = try await client.get(id)
    case .list: _ = try await client.list(ResourceKind(id), namespace: "default")
    case .create: _ = try await client.create(object)
    case .update: _ = try await client.replace(object)
    case .apply: _ = try await client.apply(object)
    case .delete: _ = try await client.delete(id)
    }
  }

  @Test(arguments: Verb.allCases, cases)
  func theClientRepeatsWhatItMay(verb: Verb, meets fault: Case) async throws {
    let stand = try await ClusterStand.start()
    var settings = ClusterClientSettings.patient(attempts: 3)
    settings.firstPause = .milliseconds(1)
    let client = try ClusterClient(ClusterConnection(server: stand.url), settings: settings)
    // Discovery is not what fails here.
    _ = try await client.list(ResourceKind(Self.id), namespace: "default")
    if verb != .create { _ = try await client.create(Self.object) }
    stand.forgetRequests()
    stand.fail(StandFault(fault.failure, verb: verb.rawValue))
    let isRepeated = fault.isNotCarriedOut || fault.isWorthRepeating && verb.isHarmless
    var error: ClusterError?
    do throws(ClusterError) { try await Self.run(verb, client) } catch let found { error = found }
    let count = stand.requests.count { $0.verb == verb.rawValue }
    if isRepeated {
      #expect(error == nil)
      #expect(count == 2)
    } else {
      #expect(error?.kind == fault.kind)
      #expect(count == 1)
    }
    // For ever: it gives up after as many attempts as it was told.
    stand.mend()
    stand.forgetRequests()
    stand.fail(StandFault(fault.failure, verb: verb.rawValue, times: nil))
    if isRepeated, fault.failure != .cutAfter {
      await #expect {
        try await Self.run(verb, client)
      } throws: {
        ($0 as? ClusterError)?.kind == fault.kind
      }
      #expect(stand.requests.count { $0.verb == verb.rawValue } == 3)
    }
    await client.shutdown()
    await stand.stop()
  }
}
