import FleetModel

/// Names a group to services that take keys of bounded length: SHA-256 of the group's key in hexadecimal digits, as
/// Alertmanager makes it. O(length of the key).
enum GroupHash {
  static func text(_ key: String) -> String { SHA256Digest(of: key.utf8).hexadecimal }
}
