import Logging
import ServiceLifecycle
import SkepAgent
import Synchronization

/// What brings work into the team: starts a request at a steady rate, so that there is something to see.
struct RequestStarter: Service {
  let member: TeamMember
  let perMinute: Double
  let logger: Logger

  /// More are not started while so many have not ended.
  private static let mostInFlight = 32

  func run() async throws {
    try? await cancelWhenGracefulShutdown {
      try await withThrowingDiscardingTaskGroup { group in
        var inFlight = 0
        let ended = EndCount()
        var number = 0
        while true {
          try await Task.sleep(for: .seconds(60 / perMinute * Double.random(in: 0.5..<1.5)))
          inFlight -= ended.take()
          if inFlight >= Self.mostInFlight { continue }
          inFlight += 1
          number += 1
          let order = WorkOrder(task: "question \(number)")
          group.addTask {
            defer { ended.add() }
            do {
              _ = try await member.perform(order)
            } catch {
              logger.info("a request failed", metadata: ["reason": "\(error)"])
            }
          }
        }
      }
    }
  }

  private final class EndCount: Sendable {
    private let count = Atomic(0)
    func add() { count.add(1, ordering: .relaxed) }
    func take() -> Int { count.exchange(0, ordering: .relaxed) }
  }
}
