import FleetModel

/// The OpenAPI 3.1 description of a set of routes (<https://spec.openapis.org/oas/v3.1.0.html>).
enum OpenAPIDocument {
  static func json(for routes: [APIRoute]) -> JSONValue {
    var paths: [JSONValue.Member] = []
    for route in routes {
      let operation = JSONValue.Member(key: route.method.rawValue.lowercased(), value: operation(route))
      if let index = paths.firstIndex(where: { $0.key == route.path }), case .object(let known) = paths[index].value {
        paths[index].value = .object(known + [operation])
      } else {
        paths.append(JSONValue.Member(key: route.path, value: .object([operation])))
      }
    }
    return [
      "openapi": "3.1.0",
      "info": [
        "title": "Skep", "version": "1",
        "description": "Watches a fleet of software agents: who they are, how they fare, what they raise.",
        "license": ["name": "Apache-2.0", "identifier": "Apache-2.0"],
      ],
      "paths": .object(paths),
      "components": [
        "schemas": .object(APISchemas.all.map { JSONValue.Member(key: $0.name, value: $0.schema) }),
        "securitySchemes": [
          "bearer": ["type": "http", "scheme": "bearer", "description": "A token of the server's token file"],
          "certificate": ["type": "mutualTLS"],
        ],
      ],
    ]
  }

  private static func operation(_ route: APIRoute) -> JSONValue {
    var members: [JSONValue.Member] = [
      .init(key: "operationId", value: .string(route.operationID)),
      .init(key: "summary", value: .string(route.summary)),
      .init(key: "description", value: .string(route.access.explanation)),
    ]
    // An empty requirement says that a server without tokens and client certificates asks for none.
    let security: JSONValue = route.access == .open ? [] : [[:], ["bearer": []], ["certificate": []]]
    members.append(.init(key: "security", value: security))
    let parameters = pathParameters(of: route.path) + route.parameters.map(parameter)
    if !parameters.isEmpty { members.append(.init(key: "parameters", value: .array(parameters))) }
    if let body = route.body {
      members.append(
        .init(
          key: "requestBody",
          value: [
            "required": .bool(body.isRequired),
            "content": ["application/json": ["schema": reference(body.schema), "example": body.example]],
          ]))
    }
    if let body = route.rawBody {
      let content: JSONValue = ["schema": body.schema.map(reference) ?? ["type": "string", "format": "binary"]]
      members.append(
        .init(
          key: "requestBody",
          value: ["required": true, "content": .object([.init(key: body.contentType, value: content)])]))
    }
    let answers = route.answers.map { JSONValue.Member(key: "\($0.status)", value: answer($0)) }
    let refusal = JSONValue.Member(
      key: "default",
      value: [
        "description": "A refusal", "content": ["application/json": ["schema": reference(refusalSchema(of: route))]],
      ])
    members.append(.init(key: "responses", value: .object(answers + [refusal])))
    return .object(members)
  }

  private static func refusalSchema(of route: APIRoute) -> String {
    switch route.style {
    case .fleet: "ErrorEnvelope"
    case .prometheus: "PrometheusRefusal"
    case .alertmanager: "AlertmanagerRefusal"
    case .otlp: "RPCStatus"
    case .jaeger: "JaegerAnswer"
    }
  }

  private static func reference(_ schema: String) -> JSONValue { ["$ref": .string("#/components/schemas/\(schema)")] }

  private static func answer(_ answer: APIRoute.Answer) -> JSONValue {
    let content: JSONValue
    switch answer.content {
    case .none: return ["description": .string(answer.summary)]
    case .json(let schema): content = ["application/json": ["schema": reference(schema)]]
    case .text(let type): content = .object([.init(key: type, value: ["schema": ["type": "string"]])])
    }
    return ["description": .string(answer.summary), "content": content]
  }

  private static func pathParameters(of path: String) -> [JSONValue] {
    path.split(separator: "/").filter { $0.hasPrefix("{") }.map { segment in
      [
        "name": .string(String(segment.dropFirst().dropLast())), "in": "path", "required": true,
        "schema": ["type": "string"],
      ]
    }
  }

  private static func parameter(_ parameter: APIRoute.Parameter) -> JSONValue {
    var schema: [JSONValue.Member]
    switch parameter.kind {
    case .text: schema = [.init(key: "type", value: "string")]
    case .texts: schema = [.init(key: "type", value: "array"), .init(key: "items", value: ["type": "string"])]
    case .flag: schema = [.init(key: "type", value: "boolean"), .init(key: "default", value: false)]
    case .integer(let range, let value):
      schema = [
        .init(key: "type", value: "integer"), .init(key: "minimum", value: .number(Double(range.lowerBound))),
        .init(key: "maximum", value: .number(Double(range.upperBound))),
      ]
      if let value { schema.append(.init(key: "default", value: .number(Double(value)))) }
    case .choice(let choices, let value):
      schema = [
        .init(key: "type", value: "string"), .init(key: "enum", value: .array(choices.map(JSONValue.string))),
        .init(key: "default", value: .string(value)),
      ]
    }
    return [
      "name": .string(parameter.name), "in": "query", "required": false, "description": .string(parameter.summary),
      "schema": .object(schema),
    ]
  }
}
