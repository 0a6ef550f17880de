import FleetModel
import Glibc
import NIOCore

/// Finds the addresses of a host, by an integration's own thread: NIO has one look-up after another for all connections of
/// an event loop, and one name server that does not answer would keep up everybody.
enum NameLookup {
  /// - Throws: ``DeliveryFailure`` if the name does not resolve.
  static func addresses(of host: String, port: Int, by calls: BlockingCalls) async throws -> [SocketAddress] {
    if let address = try? SocketAddress(ipAddress: host, port: port) { return [address] }
    return try await calls.run { try resolve(host, port) }
  }

  static func isAddress(_ host: String) -> Bool { (try? SocketAddress(ipAddress: host, port: 0)) != nil }

  private static func resolve(_ host: String, _ port: Int) throws -> [SocketAddress] {
    var hints = addrinfo()
    hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
    hints.ai_protocol = Int32(IPPROTO_TCP)
    var list: UnsafeMutablePointer<addrinfo>?
    let result = getaddrinfo(host, "\(port)", &hints, &list)
    guard result == 0 else {
      let reason = gai_strerror(result).map { String(cString: $0) } ?? "error \(result)"
      throw DeliveryFailure("cannot resolve \(host): \(reason.lowercased())", .retry(after: nil))
    }
    defer { freeaddrinfo(list) }
    var addresses: [SocketAddress] = []
    var next = list
    while let entry = next?.pointee {
      next = entry.ai_next
      guard let raw = UnsafeRawPointer(entry.ai_addr) else { continue }
      switch entry.ai_family {
      case AF_INET: addresses.append(SocketAddress(raw.loadUnaligned(as: sockaddr_in.self), host: host))
      case AF_INET6: addresses.append(SocketAddress(raw.loadUnaligned(as: sockaddr_in6.self), host: host))
      default: continue
      }
    }
    if addresses.isEmpty { throw DeliveryFailure("\(host) has no address", .retry(after: nil)) }
    return addresses
  }
}
