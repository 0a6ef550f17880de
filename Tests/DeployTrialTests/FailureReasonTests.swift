import FleetModel
import Glibc
import TestSupport
import Testing

/// While the real `skep deploy apply` waits it says why, in the words of who knows; and again at its end.
@Suite(.timeLimit(.minutes(20))) struct FailureReasonTests {
  struct Case: Sendable, CustomTestStringConvertible {
    var behaviour: String
    var words = ""
    var log: [String] = []
    /// What a line of the progress says.
    var says: String

    var testDescription: String { behaviour }
  }

  static let image = "registry.example/worker:bad"
  static let scheduler = "0/3 nodes are available: 3 Insufficient memory. preemption: not helpful"

  static let cases = [
    Case(behaviour: "image_pull", says: "container agent-worker waits for its image: \(image): "),
    Case(
      behaviour: "crash_loop", log: ["Traceback (most recent call last):", "KeyError: 'TOKEN'"], says: "| KeyError"),
    Case(behaviour: "unschedulable", words: scheduler, says: "cannot be scheduled: \(scheduler)"),
    Case(
      behaviour: "never_ready",
      says: "is running but not ready: Readiness probe failed: HTTP probe failed with statuscode: 503"),
  ]

  @Test(arguments: cases) func itIsSaidWhileItIsWaitedFor(_ example: Case) async throws {
    try await Trial.with { trial in
      try await trial.behave(example.behaviour, image: Self.image, words: example.words, log: example.log)
      try trial.write(TrialSystem.team.with("worker", image: Self.image))
      let apply = TrialProcess(
        path: try BuiltExecutable.path("skep"),
        arguments: ["deploy", "apply", "\(trial.scratch.path)/system.yaml", "--timeout", "1h"],
        environment: trial.environment)
      let ended = try await apply.run { pid, lines in
        while let line = try await lines(), !line.contains(example.says) {}
        kill(pid, SIGINT)
        // From here on it is told what is in place.
        var rest = ""
        while let line = try await lines() { rest += line }
        return rest
      }
      #expect(ended.status == 1)
      #expect(ended.output.contains("was stopped before its end"), "\(ended)")
      #expect(ended.output.contains(example.says), "\(ended)")
      // Whoever asks later is told the same.
      let status = try await trial.deploy("status", "system.yaml")
      let words = example.log.isEmpty ? example.says : "crashed"
      #expect(status.status == 1 && status.output.contains(words), "\(status)")
    }
  }
}
