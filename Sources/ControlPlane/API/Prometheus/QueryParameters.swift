import FleetModel
import PromQL

/// Reads the parameters of the Prometheus API, and refuses them in its words (`web/api/v1/api.go`).
extension FormFields {
  /// The bounds where none are given.
  static let earliest = Timestamp(milliseconds: -(1 << 60))
  static let latest = Timestamp(milliseconds: 1 << 60)

  /// A time that has a default.
  func time(_ name: String, or standard: Timestamp) throws(PrometheusError) -> Timestamp {
    guard let text = self[name] else { return standard }
    guard let time = Self.time(text) else {
      throw .invalid(name, "invalid time value for '\(name)': cannot parse \(GoText.quoted(text)) to a valid timestamp")
    }
    return time
  }

  /// A time that must be there.
  func time(_ name: String) throws(PrometheusError) -> Timestamp {
    let text = self[name] ?? ""
    guard let time = Self.time(text) else {
      throw .invalid(name, "cannot parse \(GoText.quoted(text)) to a valid timestamp")
    }
    return time
  }

  /// A duration that may be missing.
  func duration(_ name: String) throws(PrometheusError) -> Duration? {
    guard self[name] != nil else { return nil }
    do throws(BadValue) { return try requiredDuration(name) } catch { throw .invalid(name, error.problem) }
  }

  /// The distance between the points of a range query.
  func step() throws(PrometheusError) -> Duration {
    let step: Duration
    do throws(BadValue) { step = try requiredDuration("step") } catch { throw .invalid("step", error.problem) }
    guard step > .zero else {
      throw .invalid(
        "step", "zero or negative query resolution step widths are not accepted. Try a positive integer")
    }
    // Samples have no finer times.
    return max(step, .milliseconds(1))
  }

  /// How far back to look for the latest sample, where the client says so.
  func lookback() throws(PrometheusError) -> Duration? {
    guard self["lookback_delta"] != nil else { return nil }
    do throws(BadValue) {
      let lookback = try requiredDuration("lookback_delta")
      return lookback > .zero ? lookback : nil
    } catch {
      throw PrometheusError(.badData, "error parsing lookback delta duration: \(error.problem)")
    }
  }

  /// How many results at most; `nil` for all.
  func limit() throws(PrometheusError) -> Int? {
    guard let text = self["limit"] else { return nil }
    guard let limit = Int(text) else {
      throw .invalid("limit", "strconv.Atoi: parsing \(GoText.quoted(text)): invalid syntax")
    }
    if limit < 0 { throw .invalid("limit", "limit must be non-negative") }
    return limit == 0 ? nil : limit
  }

  /// The selectors of `match[]`, each a set of matchers.
  func selectors() throws(ParameterProblem) -> [[LabelMatcher]] {
    var sets: [[LabelMatcher]] = []
    for text in all("match[]") {
      let selector: VectorSelector
      do throws(ParseError) { selector = try VectorSelector(parsing: text) } catch {
        let selectsNothing = error.message.hasSuffix("must contain at least one non-empty matcher")
        throw ParameterProblem(
          message: selectsNothing ? "match[] must contain at least one non-empty matcher" : "\(error)")
      }
      sets.append(selector.matchers)
    }
    return sets
  }

  /// The range that series, labels and values are looked for in.
  func bounds() throws(PrometheusError) -> ClosedRange<Timestamp>? {
    let start = try time("start", or: Self.earliest)
    let end = try time("end", or: Self.latest)
    return start <= end ? start...end : nil
  }

  struct ParameterProblem: Error {
    var message: String
  }

  private struct BadValue: Error {
    var problem: String
  }

  private func requiredDuration(_ name: String) throws(BadValue) -> Duration {
    let text = self[name] ?? ""
    if let seconds = Self.float(text) {
      // As many nanoseconds as 64 bits hold.
      guard seconds.magnitude < 9.223372036854775e9 else {
        throw BadValue(problem: "cannot parse \(GoText.quoted(text)) to a valid duration. It overflows int64")
      }
      return .nanoseconds(Int64(seconds * 1e9))
    }
    guard let duration = PrometheusDuration.parse(text) else {
      throw BadValue(problem: "cannot parse \(GoText.quoted(text)) to a valid duration")
    }
    return duration
  }

  /// Seconds with a fraction, or RFC 3339.
  private static func time(_ text: String) -> Timestamp? {
    if let seconds = float(text) {
      guard !seconds.isNaN else { return nil }
      let milliseconds = (seconds * 1000).rounded()
      if milliseconds <= Double(earliest.milliseconds) { return earliest }
      if milliseconds >= Double(latest.milliseconds) { return latest }
      return Timestamp(milliseconds: Int64(milliseconds))
    }
    // What Prometheus' clients send for its bounds, which have too many digits for any calendar.
    switch text {
    case "-292273086-05-16T16:47:06Z": return earliest
    case "292277025-08-18T07:12:54.999999999Z": return latest
    default: return RFC3339.parse(text)
    }
  }

  private static func float(_ text: String) -> Double? {
    // Swift reads more than Go does: no other letters than these belong to a number.
    text.utf8.allSatisfy { ($0 >= 0x30 && $0 <= 0x39) || "+-.eE".utf8.contains($0) } || isSpecial(text)
      ? Double(text) : nil
  }

  private static func isSpecial(_ text: String) -> Bool {
    let word = text.lowercased().drop { $0 == "+" || $0 == "-" }
    return word == "inf" || word == "infinity" || word == "nan"
  }
}

extension PrometheusError {
  static func invalid(_ parameter: String, _ problem: String) -> PrometheusError {
    PrometheusError(.badData, "invalid parameter \(GoText.quoted(parameter)): \(problem)")
  }

  init(_ error: QueryError) {
    switch error {
    case .parse: self = .invalid("query", error.description)
    case .execution, .tooManySamples: self.init(.execution, error.description)
    case .timeout: self.init(.timeout, error.description)
    case .canceled: self.init(.canceled, error.description)
    case .storage: self.init(.internalError, error.description)
    }
  }
}
