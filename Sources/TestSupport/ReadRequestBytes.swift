/// Writes a `prometheus.ReadRequest` as a client of remote read does.
public enum ReadRequestBytes {
  public struct Query: Sendable {
    /// Milliseconds.
    public var from: Int64
    public var through: Int64
    /// Each with the number of its type: `=`, `!=`, `=~`, `!~`.
    public var matchers: [(type: UInt64, name: String, value: String)]

    public init(_ from: Int64, _ through: Int64, _ matchers: [(type: UInt64, name: String, value: String)]) {
      self.from = from
      self.through = through
      self.matchers = matchers
    }
  }

  /// - Parameter accepted: the numbers of the kinds of answer; `isPacked` if in one field.
  public static func message(_ queries: [Query], accepted: [UInt64] = [], isPacked: Bool = true) -> [UInt8] {
    var message: [UInt8] = []
    for query in queries {
      var bytes: [UInt8] = []
      for (tag, time) in [(0x08, query.from), (0x10, query.through)] as [(UInt8, Int64)] {
        bytes.append(tag)
        WriteRequestBytes.varint(UInt64(bitPattern: time), to: &bytes)
      }
      for matcher in query.matchers {
        var content: [UInt8] = [0x08]
        WriteRequestBytes.varint(matcher.type, to: &content)
        WriteRequestBytes.field(0x12, Array(matcher.name.utf8), to: &content)
        WriteRequestBytes.field(0x1a, Array(matcher.value.utf8), to: &content)
        WriteRequestBytes.field(0x1a, content, to: &bytes)
      }
      // A hint.
      WriteRequestBytes.field(0x22, [0x08, 1], to: &bytes)
      WriteRequestBytes.field(0x0a, bytes, to: &message)
    }
    if isPacked {
      var numbers: [UInt8] = []
      for number in accepted { WriteRequestBytes.varint(number, to: &numbers) }
      if !numbers.isEmpty { WriteRequestBytes.field(0x12, numbers, to: &message) }
    } else {
      for number in accepted {
        message.append(0x10)
        WriteRequestBytes.varint(number, to: &message)
      }
    }
    return message
  }
}
