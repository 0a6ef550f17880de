import Platform
import Synchronization

/// Makes real exchanges and remembers the last body of each URL.
final class RecordingExchanger: HTTPExchanger {
  struct Recorded: Sendable {
    var contentType: String
    var body: [UInt8]
  }

  private let exchanger: any HTTPExchanger
  private let recorded = Mutex<[String: [Recorded]]>([:])
  private let underWay = Atomic(0)

  init(_ exchanger: any HTTPExchanger) { self.exchanger = exchanger }

  func exchange(_ request: HTTPExchangeRequest) async throws -> HTTPExchangeResponse {
    underWay.wrappingAdd(1, ordering: .relaxed)
    defer { underWay.wrappingSubtract(1, ordering: .relaxed) }
    let response = try await exchanger.exchange(request)
    let entry = Recorded(contentType: response.header("Content-Type") ?? "", body: response.body)
    recorded.withLock { $0[request.url, default: []].append(entry) }
    return response
  }

  var isUnderWay: Bool { underWay.load(ordering: .relaxed) > 0 }

  /// The bodies that `url` gave, in order.
  func bodies(of url: String) -> [Recorded] { recorded.withLock { $0[url] ?? [] } }
}
