import FleetModel

extension Tree: CustomStringConvertible {
  /// One line of JSON with sorted keys.
  var description: String { String(decoding: jsonBytes, as: UTF8.self) }

  /// One line of JSON with sorted keys, UTF-8.
  var jsonBytes: [UInt8] { json.bytes }
}
