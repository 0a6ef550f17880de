import FleetModel
import FoundationEssentials
import Testing

@testable import WireFormats

/// What Prometheus 3.14 made of a body.
struct Oracle: Decodable {
  struct Verdict: Decodable {
    var verdict: String
    var entries: [Entry]
  }

  struct Entry: Decodable, Equatable {
    var kind: String
    var metric: String?
    var text: String?
    var labels: [String: String]?
    var value: String?
    var timestamp: Int64?
    var exemplars: [Exemplar]?

    enum CodingKeys: String, CodingKey {
      case kind, metric, text, labels, value, exemplars
      case timestamp = "timestamp_ms"
    }
  }

  struct Exemplar: Decodable, Equatable {
    var labels: [String: String]
    var value: String
    var timestamp: Int64?

    enum CodingKeys: String, CodingKey {
      case labels, value
      case timestamp = "timestamp_ms"
    }
  }

  var prometheus: Verdict

  enum CodingKeys: String, CodingKey { case prometheus = "prometheus_3_14" }
}

struct CorpusCase: CustomTestStringConvertible, Sendable {
  var id: String
  var format: ExpositionFormat
  var body: [UInt8]
  var oracle: Data

  var testDescription: String { id }
}

enum Corpus {
  /// Beside the package: `../shared`.
  static let folder: String = {
    let parts = #filePath.split(separator: "/").dropLast(4)
    return "/" + parts.joined(separator: "/") + "/shared/corpora/exposition/dev"
  }()

  static let isPresent = FileManager.default.fileExists(atPath: folder)

  static let cases: [CorpusCase] = [("text", ExpositionFormat.prometheusText), ("openmetrics", .openMetrics)]
    .flatMap { (name, format) -> [CorpusCase] in
      let names = ((try? FileManager.default.contentsOfDirectory(atPath: "\(folder)/\(name)")) ?? []).sorted()
      return names.filter { $0.hasSuffix(".json") }.compactMap { file in
        let id = String(file.dropLast(5))
        guard let body = FileManager.default.contents(atPath: "\(folder)/\(name)/\(id).txt"),
          let oracle = FileManager.default.contents(atPath: "\(folder)/\(name)/\(file)")
        else { return nil }
        return CorpusCase(id: id, format: format, body: Array(body), oracle: oracle)
      }
    }
}

@Suite(.enabled(if: Corpus.isPresent, "needs the exposition corpus in ../shared/corpora"))
struct CorpusTests {
  @Test func isThere() { #expect(Corpus.cases.count == 227) }

  @Test(arguments: Corpus.cases)
  func agreesWithPrometheus(_ example: CorpusCase) throws {
    let expected = try JSONDecoder().decode(Oracle.self, from: example.oracle).prometheus
    let document = ExpositionDocument(example.body, format: example.format)
    #expect(
      (document.error == nil ? "good" : "bad") == expected.verdict,
      "verdict; ours: \(document.error?.description ?? "none")")
    let encoded = try JSONEncoder().encode(document.entries)
    let entries = try JSONDecoder().decode([Oracle.Entry].self, from: encoded)
    #expect(entries.count == expected.entries.count)
    for (ours, theirs) in zip(entries, expected.entries) where ours != theirs {
      Issue.record("ours \(ours)\ntheirs \(theirs)")
    }
  }

  @Test(arguments: Corpus.cases)
  func bothParsersAgree(_ example: CorpusCase) {
    var checker = AgreementChecker()
    // The first time everything is new, the second time everything is known.
    checker.check(example.body, example.format)
    checker.check(example.body, example.format)
  }
}
