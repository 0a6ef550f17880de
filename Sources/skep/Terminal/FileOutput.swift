import Glibc

/// Unbuffered output: each call is one or more `write(2)` and done.
enum FileOutput {
  /// Writes all of `text`, unless the reader is gone.
  static func write(_ text: String, to descriptor: Int32) {
    var text = text
    text.withUTF8 { bytes in
      var rest = UnsafeRawBufferPointer(bytes)
      while !rest.isEmpty {
        let written = Glibc.write(descriptor, rest.baseAddress, rest.count)
        if written < 0 && errno == EINTR { continue }
        if written <= 0 { return }
        rest = UnsafeRawBufferPointer(rebasing: rest[written...])
      }
    }
  }
}

enum StandardError {
  static func print(_ text: String) { FileOutput.write(text + "\n", to: STDERR_FILENO) }
}
