public import FleetModel

extension NativeHistogram {
  /// `{count:4, sum:5, (0.5,1]:1, (1,2]:2}`: as Prometheus prints a histogram, the buckets that hold anything in rising order.
  public var text: String {
    var parts = ["count:\(GoText.general(count))", "sum:\(GoText.general(sum))"]
    for bucket in buckets where bucket.count != 0 {
      let bounds = "\(GoText.general(bucket.lower)),\(GoText.general(bucket.upper))"
      parts.append(
        (bucket.includesLower ? "[" : "(") + bounds + (bucket.includesUpper ? "]" : ")")
          + ":\(GoText.general(bucket.count))")
    }
    return "{\(parts.joined(separator: ", "))}"
  }
}
