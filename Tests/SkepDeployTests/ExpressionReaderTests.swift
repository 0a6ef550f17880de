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
    #expect(reading.namedLabels == ["agent_id"] && reading.resultLabels == nil)
    #expect(try ExpressionReader.promQL.read("sum by (a) (up)").get().resultLabels == ["a"])
  }

  @Test func flawsHaveAPlace() {
    guard case .failure(let flaw) = ExpressionReader.promQL.read("up{") else {
      Issue.record("taken")
      return
    }
    #expect(flaw.offset == 3 && !flaw.message.isEmpty)
  }
}
