/// Decides what an agent tells the control plane next.
///
/// 1. It registers until the server says 200 or 201, waiting longer after each failure.
/// 2. Then it sends heartbeats. A failed heartbeat is tried again sooner than the next would be due, with the same waits.
/// 3. Where the server does not know it any more (404), it registers again at once.
struct RegistrationMachine: Sendable {
  enum Event: Sendable, Hashable {
    case started
    /// The status of the server's answer to the last call.
    case answered(Int)
    /// The last call brought no answer.
    case unanswered
  }

  enum Call: Sendable, Hashable {
    case register, heartbeat
  }

  struct Step: Sendable, Hashable {
    let call: Call
    let delay: Duration
    /// What changed, where it did: to be logged once and not at each retry.
    let news: News?
  }

  enum News: Sendable, Hashable {
    case registered, forgotten, unreachable
    case refused(Int)
  }

  let policy: RegistrationPolicy
  private(set) var isRegistered = false
  /// Whether the server had no such entry before.
  private(set) var hasCreatedEntry = false
  private var failures = 0
  private var lastNews: News?

  init(policy: RegistrationPolicy) { self.policy = policy }

  /// - Parameter random: from 0 up to 1; spreads the waits of agents that failed together.
  mutating func step(_ event: Event, random: Double) -> Step {
    switch event {
    case .started: return Step(call: .register, delay: .zero, news: nil)
    case .answered(let status) where (200...299).contains(status):
      failures = 0
      let news: News? = isRegistered && lastNews == nil ? nil : .registered
      if !isRegistered { hasCreatedEntry = hasCreatedEntry || status == 201 }
      isRegistered = true
      lastNews = nil
      return Step(call: .heartbeat, delay: policy.heartbeatInterval, news: news)
    case .answered(404) where isRegistered:
      isRegistered = false
      lastNews = .forgotten
      return Step(call: .register, delay: .zero, news: .forgotten)
    case .answered(let status): return retry(.refused(status), random: random)
    case .unanswered: return retry(.unreachable, random: random)
    }
  }

  private mutating func retry(_ news: News, random: Double) -> Step {
    var wait = policy.firstRetry
    for _ in 0..<min(failures, 30) where wait < policy.longestRetry { wait = wait * 2 }
    failures += 1
    let isNew = news != lastNews
    lastNews = news
    let spread = min(wait, policy.longestRetry) * (0.5 + random / 2)
    return Step(call: isRegistered ? .heartbeat : .register, delay: spread, news: isNew ? news : nil)
  }
}
