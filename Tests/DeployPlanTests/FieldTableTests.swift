import Testing

@testable import DeployPlan

/// The tables of fields are read without a mistake.
@Suite struct FieldTableTests {
  @Test func everyLineIsUnderstood() {
    let notation = FieldNotation([
      FieldTables.kinds, FieldTables.meta, FieldTables.pods, FieldTables.volumes, FieldTables.core, FieldTables.groups,
      FieldTables.virtualService, FieldTables.destinationRule, FieldTables.istioSecurity,
      FieldTables.prometheusOperator,
    ])
    #expect(notation.mistakes == [])
    #expect(notation.kinds.count > 35)
    #expect(notation.objects.count > 250)
  }

  @Test func notationMistakesAreTold() {
    #expect(FieldNotation(["A: b nosuch"]).mistakes == ["nosuch"])
    #expect(FieldNotation(["A: b string(3)"]).mistakes == ["3"])
    #expect(FieldNotation(["A: b string&odd"]).mistakes == ["odd"])
    #expect(FieldNotation(["A"]).mistakes == ["A"])
  }
}
