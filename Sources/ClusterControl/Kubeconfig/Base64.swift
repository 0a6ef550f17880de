import FoundationEssentials

/// Base64 (RFC 4648, section 4), as kubeconfig files and Secrets hold bytes.
enum Base64 {
  static func encode(_ bytes: [UInt8]) -> String { Data(bytes).base64EncodedString() }

  /// Spaces and ends of lines are passed over.
  ///
  /// - Returns: `nil` for what is not base64.
  static func decode(_ text: String) -> [UInt8]? {
    let digits = text.utf8.filter { ![0x20, 0x09, 0x0A, 0x0D].contains($0) }
    return Data(base64Encoded: Data(digits)).map { Array($0) }
  }
}
