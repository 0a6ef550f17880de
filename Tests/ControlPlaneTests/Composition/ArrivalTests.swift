import Platform
import Testing

@testable import ControlPlane

@Suite struct ArrivalTests {
  @Test func whoeverWaitsGetsIt() async throws {
    let arrival = Arrival<Int>()
    try await withThrowingTaskGroup(of: Int.self) { group in
      for _ in 0..<10 { group.addTask { try await arrival.wait() } }
      arrival.arrive(7)
      arrival.arrive(8)
      for try await value in group { #expect(value == 7) }
    }
    #expect(try await arrival.wait() == 7)
  }

  @Test func whoeverGivesUpWaitsNoMore() async {
    let arrival = Arrival<Int>()
    let waiting = Task { try await arrival.wait() }
    waiting.cancel()
    await #expect(throws: CancellationError.self) { try await waiting.value }
  }
}
