import Testing

@testable import ControlPlane

/// A stream whose producer fails before its end.
@Suite struct BrokenStreamTests {
  private struct Failure: Error {}

  @Test(arguments: [true, false]) func breaksOffWhereItMustBeWhole(isWhole: Bool) async throws {
    let route = APIRoute(
      method: .get, path: "/stream", operationID: "stream", summary: "A stream that fails", access: .open, answers: []
    ) { _ in
      var response = APIResponse.stream(contentType: "text/plain") { sink in
        try await sink.send("part")
        throw Failure()
      }
      response.isWholeOrBroken = isWhole
      return response
    }
    try await ServerHarness.with(routes: [route]) { server in
      let answer = try await server.raw("GET /stream HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n")
      #expect(answer.hasPrefix("HTTP/1.1 200 "))
      #expect(answer.contains("part"))
      #expect(answer.hasSuffix("0\r\n\r\n") != isWhole, "\(answer)")
    }
  }
}
