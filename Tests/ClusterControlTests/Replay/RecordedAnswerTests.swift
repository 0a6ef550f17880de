import DeployPlan
import FleetModel
import Testing

@testable import ClusterControl

/// Every recorded answer, to a request sent as it was recorded: what the client makes of it.
@Suite(.enabled(if: Recorded.isPresent, "needs ../shared/kubernetes"))
struct RecordedAnswerTests {
  private static let folders = ["apply", "delete", "discovery", "lease", "read", "watch"]

  @Test(arguments: Recorded.all(folders).filter { !$0.isStream })
  func aRecordedAnswerIsUnderstood(_ recorded: Recorded) async throws {
    let reply = recorded.reply
    try await ReplayServer.with { _ in
      reply
    } run: { server in
      let client = try ClusterClient(ClusterConnection(server: server.url), settings: .patient(attempts: 1))
      let request = ClusterRequest(
        method: try #require(ClusterRequest.Method(rawValue: recorded.method)), path: recorded.path,
        accept: recorded.header("accept") ?? "application/json", contentType: recorded.header("content-type"),
        body: recorded.sent, repetition: .harmful)
      do throws(ClusterError) {
        let answer = try await client.perform(request)
        #expect(answer.status == recorded.status)
        #expect(answer.body == recorded.bytes)
        #expect(recorded.status < 300)
        // The recordings were made with curl-like escapes; what was escaped in the header has its words here.
        for warning in answer.warnings { #expect(!warning.isEmpty && !warning.hasPrefix("299")) }
        let hasWarning = recorded.response["headers"]?["warning"] != nil
        #expect(answer.warnings.isEmpty != hasWarning)
      } catch {
        #expect(recorded.status >= 300)
        #expect(error.kind == RecordedFailures.kind(of: recorded), "\(error)")
        #expect(error.status == recorded.status)
        if let message = recorded.body["message"]?.string { #expect(error.message == message) }
        let causes = recorded.body["details"]?["causes"]?.elements ?? []
        #expect(error.causes.map(\.field) == causes.map { $0["field"]?.string ?? "" })
        #expect(error.causes.map(\.message) == causes.map { $0["message"]?.string ?? "" })
        let seconds = recorded.response["headers"]?["retry-after"]?.string.flatMap { Int($0) }
        #expect(error.retryAfter == seconds.map { .seconds($0) })
      }
      let seen = try #require(server.requests.first)
      #expect(server.requests.count == 1)
      #expect(seen.method == recorded.method && seen.path == recorded.path && seen.body == recorded.sent)
      await client.shutdown()
    }
  }

  @Test func whatIsListedAsAFailureIsRecorded() {
    let known = Set(Recorded.all(Self.folders).map(\.file))
    for name in RecordedFailures.kinds.values.joined() { #expect(known.contains(name + ".json"), "\(name)") }
  }
}
