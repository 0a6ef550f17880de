import Hummingbird
import NIOCore
import NIOPosix
import ServiceLifecycle
import Synchronization

/// The misbehaviours of this process, switched by requests and read by everything that may go wrong.
final class MisbehaviourSwitch: Sendable {
  private let plan: Mutex<MisbehaviourPlan>

  init(_ plan: MisbehaviourPlan) { self.plan = Mutex(plan) }

  func rate(of kind: Misbehaviour) -> Double? {
    let now = ContinuousClock.now
    return plan.withLock { $0.rate(of: kind, at: now) }
  }

  /// Whether this once is one of those of which the misbehaviour takes its share.
  func strikes(_ kind: Misbehaviour) -> Bool { rate(of: kind).map(Chance.happens) ?? false }

  func order(_ name: String, rate: String?, duration: String?) throws(MisbehaviourPlan.BadOrder) {
    let now = ContinuousClock.now
    try plan.withLock { plan throws(MisbehaviourPlan.BadOrder) in
      try plan.order(name, rate: rate, duration: duration, now: now)
    }
  }

  func endAll() { plan.withLock { $0.endAll() } }

  /// What is on now, sorted by name.
  var active: [ActiveMisbehaviour] {
    let now = ContinuousClock.now
    let plan = plan.withLock { $0 }
    return plan.entries.compactMap { kind, entry in
      plan.rate(of: kind, at: now).map { rate in
        ActiveMisbehaviour(
          kind: kind.rawValue, rate: rate,
          remainingSeconds: entry.until.map { Double(now.duration(to: $0).components.seconds) })
      }
    }.sorted { $0.kind < $1.kind }
  }
}

/// One entry of the answer to `GET /misbehave`.
struct ActiveMisbehaviour: Encodable, Sendable {
  let kind: String
  let rate: Double
  let remainingSeconds: Double?
}

/// Holds back every answer while the agent is to hang; only the switch itself goes on working.
struct HangMiddleware: RouterMiddleware {
  let misbehaviour: MisbehaviourSwitch

  func handle(
    _ request: Request, context: BasicRequestContext,
    next: (Request, BasicRequestContext) async throws -> Response
  ) async throws -> Response {
    if !request.uri.path.hasPrefix("/misbehave") {
      // Cancelled when the agent stops; switched off by `/misbehave/off` or when its time is over.
      while misbehaviour.rate(of: .hang) != nil { try await Task.sleep(for: .milliseconds(50)) }
    }
    return try await next(request, context)
  }
}

/// Memory that is held for nothing.
struct LeakedMemory {
  static let capBytes = 512 << 20
  private var chunks: [[UInt8]] = []
  private var total = 0

  /// Takes up to `bytes` more and writes to every page, so that it counts as resident.
  mutating func grow(by bytes: Int) {
    let size = min(bytes, Self.capBytes - total)
    if size <= 0 { return }
    chunks.append([UInt8](repeating: 0xA5, count: size))
    total += size
  }

  mutating func release() {
    chunks = []
    total = 0
  }
}

/// Does the misbehaviour that needs no request: leaks memory and burns processor time.
struct WasteService: Service {
  let misbehaviour: MisbehaviourSwitch

  func run() async throws {
    // Burning blocks its thread, so it gets threads of its own rather than those of Swift's tasks.
    let threads = NIOThreadPool(numberOfThreads: 4)
    threads.start()
    try? await cancelWhenGracefulShutdown {
      var leaked = LeakedMemory()
      while !Task.isCancelled {
        let began = ContinuousClock.now
        if let rate = misbehaviour.rate(of: .leak) {
          leaked.grow(by: Int(rate * 1_048_576 * Self.slice))
        } else {
          leaked.release()
        }
        if let cores = misbehaviour.rate(of: .burn) { try await burn(cores, on: threads) }
        try await Task.sleep(until: began + .seconds(Self.slice), clock: .continuous)
      }
    }
    try await threads.shutdownGracefully()
  }

  /// How often it looks at the switch, in seconds.
  private static let slice = 0.1

  private func burn(_ cores: Double, on threads: NIOThreadPool) async throws {
    try await withThrowingTaskGroup(of: Void.self) { group in
      var rest = cores
      while rest > 0 {
        let share = min(rest, 1)
        rest -= share
        group.addTask {
          try await threads.runIfActive {
            let end = ContinuousClock.now + .seconds(Self.slice * share)
            while ContinuousClock.now < end {}
          }
        }
      }
      try await group.waitForAll()
    }
  }
}
