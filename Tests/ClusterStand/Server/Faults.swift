/// The faults that are ordered, and which request meets one.
struct Faults {
  private(set) var ordered: [StandFault] = []

  mutating func add(_ fault: StandFault) { ordered.append(fault) }
  mutating func removeAll() { ordered.removeAll() }

  /// The first that fits this request; counts it.
  ///
  /// - Parameter chance: 0 ..< 1.
  mutating func meet(verb: String, resource: String, name: String, chance: () -> Double) -> StandFailure? {
    for index in ordered.indices {
      let fault = ordered[index]
      guard fault.verb == nil || fault.verb == verb, fault.resource == nil || fault.resource == resource,
        fault.name == nil || fault.name == name, fault.times != 0
      else { continue }
      if fault.skip > 0 {
        ordered[index].skip -= 1
        continue
      }
      if fault.probability < 1, chance() >= fault.probability { continue }
      if let times = fault.times { ordered[index].times = times - 1 }
      return fault.failure
    }
    return nil
  }
}

extension StatusError {
  /// What a server says with a status that it was told to give.
  init(ordered code: Int, retryAfter: Int?) {
    let reasons = [
      400: "BadRequest", 401: "Unauthorized", 403: "Forbidden", 404: "NotFound", 409: "Conflict", 410: "Expired",
      413: "RequestEntityTooLarge", 422: "Invalid", 429: "TooManyRequests", 500: "InternalError",
      503: "ServiceUnavailable", 504: "Timeout",
    ]
    self.init(
      code: code, reason: reasons[code] ?? "", message: "cluster stand: a failure that the test ordered",
      retryAfter: retryAfter)
  }
}
