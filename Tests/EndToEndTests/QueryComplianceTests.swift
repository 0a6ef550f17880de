import Foundation
import SystemPackage
import TestSupport
import Testing

/// The same samples in a real Prometheus and in Skep: the same questions have the same answers.
@Suite("queries beside a real Prometheus", .timeLimit(.minutes(10)))
struct QueryComplianceTests {
  /// The comparison and its data are not part of this repository. `SKEP_CORPORA` names the folder.
  private static let corpus: URL = {
    let named = ProcessInfo.processInfo.environment["SKEP_CORPORA"].map { URL(filePath: $0) }
    let beside = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .deletingLastPathComponent().deletingLastPathComponent().appending(path: "shared/corpora")
    return (named ?? beside).appending(path: "compliance")
  }()

  private static var hasCorpus: Bool {
    FileManager.default.fileExists(atPath: corpus.path) && RealPrometheus.isThere && Program.exists("python3")
  }

  private static let system = "system: test\nmonitoring: {retention: 100y}\n"

  /// Where Prometheus 2.42 differs from 3: any UTF-8 text may name a label, and windows are open on the left.
  private static let different = [
    #"[range] label_replace(demo_num_cpus, "~invalid", "", "src", "(.*)")"#,
    #"[instant] label_replace(demo_num_cpus, "~invalid", "", "src", "(.*)")"#,
    #"[range] label_join(demo_num_cpus, "~invalid", "-", "instance")"#,
    #"[instant] label_join(demo_num_cpus, "~invalid", "-", "instance")"#,
    "[range] max_over_time((time() - max(demo_batch_last_success_timestamp_seconds) < 1000)[5m:10s] offset 5m)",
    "[range] avg_over_time(rate(demo_cpu_usage_seconds_total[1m])[2m:10s])",
    "[instant] avg_over_time(rate(demo_cpu_usage_seconds_total[1m])[2m:10s])",
  ]

  @Test(.enabled(if: hasCorpus, "needs prometheus, python3 and the compliance corpus"))
  func allAnswersAreTheSame() throws {
    let scratch = try ScratchDirectory()
    let directory = scratch.path.string
    let prometheus = try RealPrometheus(in: directory + "/prometheus")
    defer { prometheus.program.stop() }
    try Data(Self.system.utf8).write(to: URL(filePath: directory + "/system.yaml"))
    let skep = try StoreLifeTests.Server(directory + "/skep", ["--config", directory + "/system.yaml"])
    defer { skep.program.stop() }

    let written = try Program.run(
      "python3",
      [
        Self.corpus.appending(path: "demo_data.py").path, "--remote-write", prometheus.url + "/api/v1/write",
        "--remote-write", skep.url + "/api/v1/write",
      ])
    #expect(written.status == 0)
    let compared = try Program.run(
      "python3",
      [
        Self.corpus.appending(path: "compare.py").path, prometheus.url, skep.url, "--start", "1700004800", "--end",
        "1700005400", "--step", "10", "--mode", "both",
      ])
    let lines = String(decoding: compared.output, as: UTF8.self).split(separator: "\n").map(String.init)
    let failures = lines.filter { $0.hasPrefix("FAIL ") }.map { String($0.dropFirst(5)) }
    #expect(failures.sorted() == Self.different.sorted())
    #expect(lines.last?.contains("1078 comparisons: 1071 passed") == true, "\(lines.last ?? "")")
    #expect(lines.last?.contains("0 unsupported") == true)
  }

  /// What goes before the server's URL, and what after it. No window begins at a sample: 2.42 would count it, 3 does not.
  private static let asked: [(options: String, subject: [String])] = [
    ("instant --time=1700000060", ["up"]), ("instant --time=1700000060", ["1+1"]),
    ("instant --time=1700000060", ["up[12s]"]), ("instant --time=1700000060", ["\"text\""]),
    ("instant --time=1700000060 -o json", ["max_over_time(requests_total[58s])"]),
    ("instant --time=1700000060", ["sum("]),
    ("instant --time=1700000060", ["up * on (job) up{instance=\"1\"}"]),
    ("range --start=1700000000 --end=1700000060 --step=7s", ["requests_total / 7"]),
    ("range --start=1700000000 --end=1700000060 --step=20s -o json", ["sum by (job) (up)"]),
    ("range --start=1700000000 --end=1700000060 --step=1ms", ["up"]), ("series --match=up --match={job=\"b\"}", []),
    ("series --match=nothing", []), ("series --match={}", []), ("labels --match=up", ["job"]),
    ("labels", ["instance"]), ("labels", ["nothing"]),
  ]

  @Test(.enabled(if: RealPrometheus.isThere, "needs prometheus and promtool: `make test-tools`"))
  func promtoolSeesNoDifference() async throws {
    let scratch = try ScratchDirectory()
    let directory = scratch.path.string
    let prometheus = try RealPrometheus(in: directory + "/prometheus")
    defer { prometheus.program.stop() }
    try Data(Self.system.utf8).write(to: URL(filePath: directory + "/system.yaml"))
    let skep = try StoreLifeTests.Server(directory + "/skep", ["--config", directory + "/system.yaml"])
    defer { skep.program.stop() }
    let times = (0...12).map { 1_700_000_000_000 + Int64($0) * 5000 }
    let series = [("up", "a", "1"), ("up", "a", "2"), ("up", "b", "1"), ("requests_total", "a", "1")].map {
      name, job, instance in
      WriteRequestBytes.Series(
        [("__name__", name), ("instance", instance), ("job", job)],
        times.enumerated().map { ($1, name == "up" ? 1 : Double($0) * 1.1) })
    }
    #expect(try await prometheus.write(series) == 204)
    #expect(try await skep.write(series) == 204)

    for (options, subject) in Self.asked {
      let options = options.split(separator: " ").map(String.init)
      func ask(_ url: String) throws -> (status: Int32, output: String) {
        let result = try Program.run("promtool", ["query"] + options + [url] + subject)
        return (result.status, String(decoding: result.output, as: UTF8.self))
      }
      let expected = try ask(prometheus.url)
      let answer = try ask(skep.url)
      #expect(answer.status == expected.status, "\(options) \(subject)")
      #expect(answer.output == expected.output, "\(options) \(subject)")
    }
  }
}
