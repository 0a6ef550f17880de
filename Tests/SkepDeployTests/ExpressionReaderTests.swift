import DeployPlan
import FleetModel
import SkepDeploy
import Testing

struct ExpressionReaderTests {
  @Test func selectorsAndLabels() throws {
    let text = #"sum by (agent_id) (rate(agent_requests_total{status="error"}[5m])) / on (agent_id) up"#
    let reading = try ExpressionReader.promQL.read(text).get()
    #expect(reading.selectors.map(\.range) == [.seconds(300), nil])
    #expect(reading.selectors[0].matchers.map(\.name).sorted() == ["__name__", "status"])
    let operations = reading.flow.steps.map(\.operation)
    #expect(
      operations == [
        .series(selector: 0), .passed(0), .grouped(1, labels: ["agent_id"], isWithout: false, making: nil),
        .series(selector: 1), .matched(2, 3, LabelFlow.Matching(labels: ["agent_id"], isOn: true)),
      ])
    #expect(reading.flow.steps.map(\.offset) == [24, 19, 0, 83, 67])
  }

  @Test func flawsHaveAPlace() {
    guard case .failure(let flaw) = ExpressionReader.promQL.read("up{") else {
      Issue.record("taken")
      return
    }
    #expect(flaw.offset == 3 && !flaw.message.isEmpty)
  }
}
