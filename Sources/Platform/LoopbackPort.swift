import Glibc
public import SystemPackage

/// TCP ports of this machine.
public enum LoopbackPort {
  /// Whether a server could listen on `port` now, on loopback and on all addresses; false for what is no port.
  ///
  /// Another process may take it before the caller does.
  public static func isFree(_ port: Int) -> Bool {
    guard let number = UInt16(exactly: port), number > 0 else { return false }
    // The wildcard address clashes with a listener on any single address, so that one try covers all.
    guard let bound = try? bind(number, address: INADDR_ANY) else { return false }
    close(bound)
    return true
  }

  /// A port that the system picks, free at this moment.
  public static func pick() throws(Errno) -> Int {
    let bound = try bind(0, address: INADDR_LOOPBACK)
    defer { close(bound) }
    var address = sockaddr_in()
    var length = socklen_t(MemoryLayout<sockaddr_in>.size)
    let result = withUnsafeMutablePointer(to: &address) {
      $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { getsockname(bound, $0, &length) }
    }
    guard result == 0 else { throw Errno(rawValue: errno) }
    return Int(UInt16(bigEndian: address.sin_port))
  }

  private static func bind(_ port: UInt16, address host: in_addr_t) throws(Errno) -> Int32 {
    let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
    guard descriptor >= 0 else { throw Errno(rawValue: errno) }
    // As servers do: connections of a server that has just ended do not hold its port.
    var on: Int32 = 1
    setsockopt(descriptor, SOL_SOCKET, SO_REUSEADDR, &on, socklen_t(MemoryLayout<Int32>.size))
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_port = port.bigEndian
    address.sin_addr.s_addr = host.bigEndian
    let result = withUnsafePointer(to: address) {
      $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        Glibc.bind(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
      }
    }
    guard result == 0 else {
      let reason = Errno(rawValue: errno)
      close(descriptor)
      throw reason
    }
    return descriptor
  }
}
