import CoreMetrics
import FleetModel
import Metrics
import Synchronization

/// One unary method: what a route is to HTTP.
struct GRPCMethod: Sendable {
  /// `/package.Service/Method`.
  var path: String
  var access: Access
  /// Gets the message, decompressed, and answers with one.
  var handle: @Sendable ([UInt8], Principal) async throws(GRPCFailure) -> [UInt8]
}

/// A call whose message has come in whole, and the way back to its stream.
struct GRPCCall: Sendable {
  var method: GRPCMethod
  var principal: Principal
  var message: GRPCPackedMessage
  var encoding: GRPCEncoding
  /// What of the budget the message has: from here on the call gives it back, however early its stream ends.
  var heldBytes: Int
  var stream: GRPCStreamLife
  /// To be called once, from anywhere.
  var reply: @Sendable (Result<[UInt8], GRPCFailure>) -> Void

  /// What a call holds beside its message, about.
  static let ownBytes = 1024

  /// Does what the client asks for, if it still waits for that.
  consuming func run(limit: Int, budget: GRPCBudget) async {
    let reply = reply
    var held = heldBytes
    if stream.hasEnded { return budget.giveBack(held) }
    let result: Result<[UInt8], GRPCFailure>
    do throws(GRPCFailure) {
      let isCompressed = message.isCompressed
      let bytes = try await message.unpacked(encoding, limit: limit)
      if isCompressed {
        try budget.take(bytes.count)
        held += bytes.count
      }
      result = .success(try await method.handle(bytes, principal))
    } catch {
      result = .failure(error)
    }
    budget.giveBack(held)
    reply(result)
  }
}

/// Whether somebody still waits for the answer of a call.
final class GRPCStreamLife: Sendable {
  private let ended = Atomic<Bool>(false)

  var hasEnded: Bool { ended.load(ordering: .relaxed) }

  func end() { ended.store(true, ordering: .relaxed) }
}

/// How many bytes all calls in progress hold together.
final class GRPCBudget: Sendable {
  private let limit: Int
  private let held = Atomic<Int>(0)

  init(limit: Int) { self.limit = limit }

  var count: Int { held.load(ordering: .relaxed) }

  /// - Throws: ``GRPCFailure`` where there is no room; then none was taken.
  func take(_ count: Int) throws(GRPCFailure) {
    if held.add(count, ordering: .relaxed).newValue > limit {
      held.subtract(count, ordering: .relaxed)
      throw GRPCFailure(.unavailable, "calls in progress hold more than \(limit) bytes; send it again later")
    }
  }

  func giveBack(_ count: Int) { held.subtract(count, ordering: .relaxed) }
}

/// What Skep's own metrics say of calls.
final class GRPCInstruments: Sendable {
  private struct Key: Hashable {
    var method: String
    var code: String
  }

  private struct Instruments: Sendable {
    var calls: Counter
    var duration: Timer
  }

  /// As many as there are methods and codes: both are our own words.
  private let known = Mutex<[Key: Instruments]>([:])

  /// - Parameter method: the path of one of ours; `unmatched` for others, which clients make up.
  func note(method: String, code: String, took elapsed: Duration) {
    let key = Key(method: method, code: code)
    let instruments = known.withLock { known in
      if let instruments = known[key] { return instruments }
      let made = Instruments(
        calls: Counter(label: "skep_grpc_calls_total", dimensions: [("method", method), ("code", code)]),
        duration: Timer(label: "skep_grpc_call_duration_seconds", dimensions: [("method", method)]))
      known[key] = made
      return made
    }
    instruments.calls.increment()
    instruments.duration.recordNanoseconds(Int64(min(elapsed.seconds, 1e6) * 1e9))
  }
}
