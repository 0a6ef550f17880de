/// The published JSON Schema of system files, made from the declarations that decode them.
public enum SystemSchema {
  /// JSON Schema, draft 2020-12, with a line feed at its end. The same bytes each time.
  public static func jsonSchema() -> String { tree.text }

  static var tree: JSONTree {
    let head: [JSONTree.Member] = [
      JSONTree.Member(name: "$schema", value: .string("https://json-schema.org/draft/2020-12/schema")),
      JSONTree.Member(name: "title", value: .string("Skep system file")),
      JSONTree.Member(
        name: "description", value: .string("A fleet of software agents and how it is watched (system.yaml)")),
    ]
    guard case .object(let members) = SystemDeclaration.shape.schema() else {
      preconditionFailure("BUG: the schema of a system file is an object")
    }
    let definitions: JSONTree = .object([
      "agent": AgentDeclaration.shape.schema(),
      "alert_rule": RuleDeclaration.alert.schema(),
      "global": GlobalDeclaration.shape.schema(),
      "http_config": HTTPDeclaration.options.schema(),
      "receiver": ReceiverDeclaration.shape.schema(),
      "route": RouteDeclaration.shape.schema(),
      "routing_rule": TrafficDeclaration.shape.schema(),
      "time_interval": CalendarDeclaration.interval.schema(),
      "tls_config": HTTPDeclaration.tls.schema(),
    ])
    return .object(head + members + [JSONTree.Member(name: "$defs", value: definitions)])
  }
}
