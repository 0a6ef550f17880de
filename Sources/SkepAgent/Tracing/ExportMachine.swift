/// Decides what becomes of a batch that was sent: taken, to be tried again, or dropped.
///
/// 1. 2xx: it was taken.
/// 2. 429, 502, 503, 504 and no answer at all: again after a wait that doubles, or after what the server asks for; dropped when
///    that would be later than the policy's bound.
/// 3. Any other answer: dropped, since the same batch would be refused again.
struct ExportMachine: Sendable {
  enum Event: Sendable, Hashable {
    case answered(Int, retryAfter: Duration?)
    case unanswered
  }

  enum Decision: Sendable, Hashable {
    case taken
    case again(after: Duration)
    case dropped(Reason)
  }

  enum Reason: String, Sendable, Hashable {
    case refused
    case notDelivered = "not_delivered"
  }

  let policy: ExportRetry
  private var failures = 0
  private var waited: Duration = .zero

  init(policy: ExportRetry) { self.policy = policy }

  /// - Parameter random: from 0 up to 1; spreads the waits of agents that failed together.
  mutating func step(_ event: Event, random: Double) -> Decision {
    var asked: Duration?
    switch event {
    case .answered(let status, _) where (200...299).contains(status): return .taken
    case .answered(let status, let after) where [429, 502, 503, 504].contains(status): asked = after
    case .answered: return .dropped(.refused)
    case .unanswered: break
    }
    var wait = policy.first
    for _ in 0..<min(failures, 30) where wait < policy.longest { wait = wait * 2 }
    failures += 1
    let delay = max(min(wait, policy.longest) * (0.5 + random / 2), asked ?? .zero)
    waited += delay
    return waited <= policy.giveUp ? .again(after: delay) : .dropped(.notDelivered)
  }
}
