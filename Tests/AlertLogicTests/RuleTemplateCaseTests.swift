import AlertLogic
import FleetModel
import Foundation
import GoTemplate
import Testing

/// What templates of alerting rules give in Prometheus, written by `Cases/generate.go` and compared with promtool's answers
/// where its release has the functions.
@Suite("templates of rules give what they give in Prometheus")
struct RuleTemplateCaseTests {
  struct Case: Decodable {
    var template: String
    var output: String?
    var error: String?
  }

  static let facts = RuleTemplateFacts(
    labels: LabelSet(["job": "api", "instance": "host.example.org:9100", "weird": "<a&b>"]), value: .float(1_234_567),
    externalLabels: ["cluster": "eu1"], externalURL: "https://monitor.example.org:9090/prom/x",
    time: Timestamp(milliseconds: 0))

  static func answer(_ query: String) -> QueryTemplateAnswer {
    switch query {
    case "up":
      .samples([
        .init(labels: LabelSet(["__name__": "up", "instance": "host0:80", "job": "b"]), value: 3e9),
        .init(
          labels: LabelSet(["__name__": "up", "__value__": "text", "instance": "host1:80", "job": "a"]), value: 0.5),
        .init(labels: LabelSet(["__name__": "up", "instance": "host2:80", "job": "b"]), value: 1),
      ])
    case "empty": .samples([])
    case "scalar": .samples([.init(labels: LabelSet(), value: 42)])
    default: .failure("bad query")
    }
  }

  /// As a caller does it: expands, runs the query asked for, expands again.
  static func expand(_ text: String, facts: RuleTemplateFacts = Self.facts) -> (output: String?, error: String?) {
    let template: RuleTemplate
    do {
      template = try RuleTemplate(text, alert: "T")
    } catch {
      return (nil, error.message)
    }
    var answers: [String: QueryTemplateAnswer] = [:]
    for _ in 0..<10 {
      do {
        return (try template.expand(facts, answers: answers), nil)
      } catch {
        switch error {
        case .needsQuery(let query): answers[query] = answer(query)
        case .failed(let error): return (nil, error.message)
        }
      }
    }
    return (nil, "asks for ever more")
  }

  @Test func everyCase() throws {
    let file = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "Cases/rules.json")
    let cases = try JSONDecoder().decode([Case].self, from: Data(contentsOf: file))
    #expect(cases.count > 1000)
    var differences: [String] = []
    for one in cases {
      let (output, error) = Self.expand(one.template)
      if output != one.output || error != one.error {
        differences.append(
          "\(one.template.debugDescription)\n  ours: \((output ?? error ?? "").debugDescription)"
            + "\n  Prometheus': \((one.output ?? one.error ?? "").debugDescription)")
      }
    }
    #expect(
      differences.isEmpty, "\(differences.count) of \(cases.count):\n\(differences.prefix(60).joined(separator: "\n"))")
  }
}
