/// How many records a request has had so far, good or bad: empty ones have two bytes on the wire, and each is work.
struct RecordCount {
  private let limit: Int
  /// What the records of the request are, for the message.
  private let what: StaticString
  private var count = 0

  init(limit: Int, of what: StaticString) {
    self.limit = limit
    self.what = what
  }

  /// - Throws: ``WireFault`` once there are more than the limit.
  mutating func note(_ more: Int = 1, at offset: Int) throws(WireFault) {
    count += more
    if count > limit {
      throw WireFault(offset: offset, problem: "has more than \(limit) \(what) together; send fewer at once")
    }
  }
}
