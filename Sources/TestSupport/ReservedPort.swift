import Glibc
public import SystemPackage

/// A loopback port on which nobody listens, kept from others for as long as this lives.
///
/// The system gives a bound port to nobody who asks for any, while a server that names it, and reuses addresses as servers
/// do, can still open it.
public final class ReservedPort: Sendable {
  private let descriptor: Int32
  public let port: Int

  /// - Throws: `Errno` if the system has no port to give.
  public init() throws(Errno) {
    let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
    guard descriptor >= 0 else { throw Errno(rawValue: errno) }
    var on: Int32 = 1
    setsockopt(descriptor, SOL_SOCKET, SO_REUSEADDR, &on, socklen_t(MemoryLayout<Int32>.size))
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_addr.s_addr = in_addr_t(INADDR_LOOPBACK).bigEndian
    var length = socklen_t(MemoryLayout<sockaddr_in>.size)
    let isBound = withUnsafeMutablePointer(to: &address) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { generic in
        bind(descriptor, generic, length) == 0 && getsockname(descriptor, generic, &length) == 0
      }
    }
    guard isBound else {
      let reason = Errno(rawValue: errno)
      close(descriptor)
      throw reason
    }
    self.descriptor = descriptor
    port = Int(UInt16(bigEndian: address.sin_port))
  }

  deinit { close(descriptor) }
}
