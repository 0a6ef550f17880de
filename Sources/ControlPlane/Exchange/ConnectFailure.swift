import Glibc
import NIOCore
import NIOPosix

/// NIO's errors in an operator's words.
enum ConnectFailure {
  static func words(for error: any Error) -> String {
    switch error {
    case let error as IOError: String(cString: strerror(error.errnoCode)).lowercased()
    case let error as NIOConnectionError:
      if let first = error.connectionErrors.first {
        words(for: first.error)
      } else {
        "the name does not resolve"
      }
    default: "\(error)"
    }
  }
}
