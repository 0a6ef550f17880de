import FleetModel
import SampleStore
import Testing

@testable import ControlPlane

@Suite struct OpenAPITests {
  static let table = RouteTable.fleet(
    operations: FakeOperations(), store: FakeStoreOperations(), metrics: { "" }, sessions: .nobodys,
    look: { await FakeOperations().board() }, further: further)

  static let further =
    PrometheusRoutes.queries(QueryFixture.service(over: HeadStore(HeadConfiguration()))) + SpanFixture().routes

  static let queries = [
    "/fleet/v1/alerts": "?state=all", "/fleet/v1/samples/count": "?metric_name=up", "/api/v1/query": "?query=1",
    "/api/v1/query_range": "?query=1&start=0&end=10&step=5", "/api/v1/series": "?match[]=up",
    "/api/traces": "?service=planner", "/api/operations": "?service=planner",
    "/api/v1/query_exemplars": "?query=up", "/api/v1/format_query": "?query=up", "/api/v1/parse_query": "?query=up",
  ]

  @Test func everyRouteIsDescribedAndNothingElse() async throws {
    try await ServerHarness.with(routes: Self.further) { server in
      let document = try #require(try await server.ask("GET", "/fleet/v1/openapi.json").json)
      guard case .object(let paths)? = document["paths"] else { throw Failure.noPaths }
      var described: Set<String> = []
      var operationIDs: Set<String> = []
      for path in paths {
        guard case .object(let operations) = path.value else { throw Failure.noPaths }
        for operation in operations {
          described.insert("\(operation.key.uppercased()) \(path.key)")
          guard case .string(let id)? = operation.value["operationId"] else { throw Failure.noPaths }
          #expect(operationIDs.insert(id).inserted, "operationId \(id) is used twice")
        }
      }
      #expect(described == Set(Self.table.routes.map { "\($0.method.rawValue) \($0.path)" }))
    }
  }

  @Test func everyReferenceHasItsSchema() {
    let names = Set(APISchemas.all.map(\.name))
    #expect(names.count == APISchemas.all.count)
    func check(_ value: JSONValue) {
      switch value {
      case .array(let elements): elements.forEach(check)
      case .object(let members):
        for member in members {
          if member.key == "$ref", case .string(let reference) = member.value {
            #expect(names.contains(String(reference.split(separator: "/").last ?? "")), "\(reference)")
          }
          check(member.value)
        }
      default: break
      }
    }
    check(OpenAPIDocument.json(for: Self.table.routes))
  }

  /// What the server answers to each route fits the schema that its description names, to the last key.
  @Test func answersFitTheirSchemas() async throws {
    try await ServerHarness.with(operations: try FakeOperations.populated(), routes: Self.further) { server in
      for route in Self.table.routes
      where route.path != "/fleet/v1/events" && route.method != .delete && route.rawBody == nil {
        let path = route.path.replacing("{agent_id}", with: "planner").replacing("{name}", with: "hot")
          // What the example of a span says, which is posted first.
          .replacing("{span_id}", with: "00f067aa0ba902b7").replacing("{service}", with: "planner")
          .replacing("{file}", with: "app.js")
          .replacing("{trace_id}", with: "4bf92f3577b34da6a3ce929d0e0e4736")
        let body = route.body.map { $0.example.description }
        let answer = try await server.ask(
          route.method.rawValue, path + (Self.queries[path] ?? ""), body: body)
        let described = try #require(
          route.answers.first { $0.status == answer.status }, "\(route.path) answered \(answer.status): \(answer.body)")
        if case .json(let schema) = described.content {
          let value = try #require(answer.json)
          #expect(SchemaCheck.problems(of: value, against: schema) == [], "\(route.path)")
        }
      }
      for bad in ["/nothing", "/fleet/v1/agents/none", "/fleet/v1/alerts?state=x"] {
        let value = try #require(try await server.ask("GET", bad).json)
        #expect(SchemaCheck.problems(of: value, against: "ErrorEnvelope") == [])
      }
    }
  }

  @Test func examplesFitTheirSchemas() {
    for body in Self.table.routes.compactMap(\.body) {
      #expect(SchemaCheck.problems(of: body.example, against: body.schema) == [])
    }
  }

  /// The check above can fail.
  @Test func schemaCheckFindsWhatIsWrong() {
    #expect(SchemaCheck.problems(of: ["agent_id": 1], against: "Registration") == ["$.agent_id: 1 is not string"])
    #expect(
      SchemaCheck.problems(of: ["x": 1], against: "AgentList") == ["$: agents is missing", "$: x is not described"])
    #expect(SchemaCheck.problems(of: ["status": "odd"], against: "AgentDetail").contains { $0.contains("odd") })
  }

  enum Failure: Error { case noPaths }
}

/// As much of JSON Schema as ``APISchemas`` uses; stricter in that a key that is not described is a problem.
enum SchemaCheck {
  static func problems(of value: JSONValue, against name: String) -> [String] {
    problems(value, ["$ref": .string("#/components/schemas/\(name)")], "$")
  }

  private static func problems(_ value: JSONValue, _ schema: JSONValue, _ path: String) -> [String] {
    if case .string(let reference)? = schema["$ref"] {
      let name = reference.split(separator: "/").last.map(String.init)
      guard let named = APISchemas.all.first(where: { $0.name == name }) else {
        return ["\(path): no schema \(reference)"]
      }
      return problems(value, named.schema, path)
    }
    if case .array(let choices)? = schema["anyOf"] {
      let results = choices.map { problems(value, $0, path) }
      return results.contains([]) ? [] : results.first ?? []
    }
    if case .array(let words)? = schema["enum"], !words.contains(value) { return ["\(path): \(value) is not allowed"] }
    let types: [JSONValue] =
      switch schema["type"] {
      case .array(let types)?: types
      case let type?: [type]
      case nil: []
      }
    if !types.isEmpty, !types.contains(where: { isOf($0, value) }) {
      return ["\(path): \(value) is not \(types.map { "\($0)".filter { $0 != "\"" } }.joined(separator: " or "))"]
    }
    switch value {
    case .array(let elements):
      guard let items = schema["items"] else { return [] }
      return elements.enumerated().flatMap { problems($1, items, "\(path)[\($0)]") }
    case .object(let members):
      var found: [String] = []
      if case .array(let required)? = schema["required"] {
        for case .string(let key) in required where value[key] == nil { found.append("\(path): \(key) is missing") }
      }
      for member in members {
        if let property = schema["properties"]?[member.key] {
          found += problems(member.value, property, "\(path).\(member.key)")
        } else if let further = schema["additionalProperties"] {
          if further != .bool(true) { found += problems(member.value, further, "\(path).\(member.key)") }
        } else {
          found.append("\(path): \(member.key) is not described")
        }
      }
      return found
    default: return []
    }
  }

  private static func isOf(_ type: JSONValue, _ value: JSONValue) -> Bool {
    switch (type, value) {
    case ("string", .string), ("number", .number), ("boolean", .bool), ("null", .null), ("array", .array),
      ("object", .object):
      true
    case ("integer", .number(let number)): Int64(exactly: number) != nil
    default: false
    }
  }
}
