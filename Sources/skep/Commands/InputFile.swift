import FleetModel
import Glibc

/// Files that the user names on the command line.
enum InputFile {
  /// The whole content; `-` is standard input.
  ///
  /// - Throws: ``CommandFailure`` naming the file and why it cannot be read, or that it is over `limit` bytes.
  static func read(_ path: String, limit: Int = 64 << 20) throws(CommandFailure) -> [UInt8] {
    let descriptor = path == "-" ? STDIN_FILENO : open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { throw .badInput("\(path): \(String(cString: strerror(errno)).lowercased())") }
    defer { if path != "-" { close(descriptor) } }
    var content: [UInt8] = []
    var buffer = [UInt8](repeating: 0, count: 1 << 16)
    while true {
      let count = Glibc.read(descriptor, &buffer, buffer.count)
      if count < 0 {
        if errno == EINTR { continue }
        throw .badInput("\(path): \(String(cString: strerror(errno)).lowercased())")
      }
      if count == 0 { return content }
      content.append(contentsOf: buffer.prefix(count))
      if content.count > limit { throw .badInput("\(path): larger than \(limit) bytes") }
    }
  }
}
