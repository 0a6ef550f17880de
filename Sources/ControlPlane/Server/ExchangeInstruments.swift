import FleetModel
import Metrics
import Synchronization

/// What Skep's own metrics say of exchanges. Each instrument is made once: to find one by its labels takes longer than to count.
final class ExchangeInstruments: Sendable {
  private struct Key: Hashable {
    var route: String
    var method: String
    var code: Int
  }

  private struct Instruments: Sendable {
    var requests: Counter
    var duration: Timer
  }

  /// As many as there are routes, methods and codes: all three are our own words.
  private let known = Mutex<[Key: Instruments]>([:])

  func note(route: String, method: String, code: Int, took elapsed: Duration) {
    let key = Key(route: route, method: method, code: code)
    let instruments = known.withLock { known in
      if let instruments = known[key] { return instruments }
      let made = Instruments(
        requests: Counter(
          label: "skep_http_requests_total", dimensions: [("route", route), ("method", method), ("code", "\(code)")]),
        duration: Timer(
          label: "skep_http_request_duration_seconds", dimensions: [("route", route), ("method", method)]))
      known[key] = made
      return made
    }
    instruments.requests.increment()
    instruments.duration.recordNanoseconds(
      elapsed.wholeMilliseconds < 9_000_000_000 ? Int64(elapsed.seconds * 1e9) : .max)
  }
}
