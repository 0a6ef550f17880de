import ArgumentParser
import FleetModel

/// A moment on the command line: RFC 3339, seconds since 1970, `now`, or before now: `-1h`, `now-1h`.
struct QueryTime: ExpressibleByArgument, Equatable {
  enum Meaning: Equatable {
    case moment(Timestamp)
    /// Before now.
    case before(Duration)
  }

  let meaning: Meaning

  init?(argument: String) {
    if argument == "now" {
      meaning = .before(.zero)
    } else if let mark = argument.hasPrefix("now-") ? 4 : argument.hasPrefix("-") ? 1 : nil {
      guard let duration = PrometheusDuration.parse(String(argument.dropFirst(mark))) else { return nil }
      meaning = .before(duration)
    } else if let moment = RFC3339.parse(argument) {
      meaning = .moment(moment)
    } else if let seconds = Double(argument), seconds.isFinite {
      meaning = .moment(Timestamp(seconds: seconds))
    } else {
      return nil
    }
  }

  func timestamp(now: Timestamp) -> Timestamp {
    switch meaning {
    case .moment(let moment): moment
    case .before(let duration): now - duration
    }
  }
}

/// Between two points, as the API takes it.
struct QueryStep: ExpressibleByArgument {
  let milliseconds: Int64

  init?(argument: String) {
    let duration = Double(argument).map { $0 * 1000 }
    if let duration, duration >= 1, duration < 1e15 {
      milliseconds = Int64(duration)
    } else if let parsed = PrometheusDuration.parse(argument), parsed > .zero {
      milliseconds = parsed.wholeMilliseconds
    } else {
      return nil
    }
  }
}

extension Timestamp {
  /// As the Prometheus API takes times: `1700000000.5`.
  var unixText: String {
    let size = milliseconds.magnitude
    let fraction = String(size % 1000 + 1000).dropFirst()
    return "\(milliseconds < 0 ? "-" : "")\(size / 1000).\(fraction)"
  }
}

/// What both kinds of query print.
enum QueryOutput: String, ExpressibleByArgument, CaseIterable {
  case text
  case json
  case plot
}
