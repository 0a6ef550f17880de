import AsyncHTTPClient
import NIOCore

extension HTTPClient {
  /// As the shared one, but that it gives a busy machine the time to connect.
  static let patient: HTTPClient = {
    var configuration = HTTPClient.Configuration.singletonConfiguration
    configuration.timeout.connect = .minutes(5)
    return HTTPClient(eventLoopGroupProvider: .singleton, configuration: configuration)
  }()
}
