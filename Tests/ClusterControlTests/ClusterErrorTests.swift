import ClusterControl
import Testing

@Suite struct ClusterErrorTests {
  @Test func causesThatTheMessageTellsAreNotToldTwice() {
    let error = ClusterError(
      .invalid, request: "PATCH Service shop/api", status: 422, message: "Service \"api\" is invalid: bad port",
      causes: [
        .init(reason: "FieldValueInvalid", message: "bad port", field: "spec.ports[0].port"),
        .init(reason: "FieldValueRequired", message: "needs a name", field: "spec.ports[1].name"),
      ])
    #expect(
      error.description
        == "PATCH Service shop/api: Service \"api\" is invalid: bad port\n  spec.ports[1].name: needs a name")
  }
}
