import FleetModel
import PromQL

/// An expression as `/api/v1/parse_query` gives it (Prometheus' `web/api/v1/translate_ast.go`); keys in the order of the alphabet.
enum SyntaxTree {
  static func json(of expression: Expression) -> JSONValue {
    switch expression {
    case .number(let node): ["type": "numberLiteral", "val": .string(GoText.decimal(node.value))]
    case .string(let node): ["type": "stringLiteral", "val": .string(node.text)]
    case .parentheses(let node): ["expr": json(of: node.expression), "type": "parenExpr"]
    case .unary(let node):
      ["expr": json(of: node.expression), "op": node.isNegation ? "-" : "+", "type": "unaryExpr"]
    case .vector(let node): selector(node, type: "vectorSelector")
    case .matrix(let node): selector(node.selector, type: "matrixSelector", window: node.window)
    case .subquery(let node):
      [
        "expr": json(of: node.expression), "offset": number(node.shift.offset), "range": number(node.window),
        "startOrEnd": bound(node.shift), "step": number(node.step ?? 0), "timestamp": timestamp(node.shift),
        "type": "subquery",
      ]
    case .binary(let node): binary(node)
    case .aggregation(let node):
      [
        "expr": json(of: node.expression), "grouping": texts(node.grouping), "op": .string(node.operator.rawValue),
        "param": node.parameter.map(json) ?? .null, "type": "aggregation", "without": .bool(node.isWithout),
      ]
    case .call(let node):
      [
        "args": .array(node.arguments.map(json)),
        "func": [
          "argTypes": texts(node.function.arguments.map(\.shortName)), "name": .string(node.function.name),
          "returnType": .string(node.function.result.shortName), "variadic": number(Int64(node.function.variadic)),
        ],
        "type": "call",
      ]
    }
  }

  private static func binary(_ node: BinaryOperation) -> JSONValue {
    var matching = JSONValue.null
    if let rule = node.matching {
      matching = [
        "card": .string(rule.cardinality.rawValue),
        "fillValues": ["lhs": fill(rule.leftFill), "rhs": fill(rule.rightFill)], "include": texts(rule.included),
        "labels": texts(rule.labels), "on": .bool(rule.isOn),
      ]
    }
    return [
      "bool": .bool(node.returnsBool), "lhs": json(of: node.left), "matching": matching,
      "op": .string(node.operator.rawValue), "rhs": json(of: node.right), "type": "binaryExpr",
    ]
  }

  private static func selector(_ node: VectorSelector, type: JSONValue, window: Int64? = nil) -> JSONValue {
    let matchers = node.matchers.map { matcher -> JSONValue in
      [
        "name": .string(matcher.name), "type": .string(matcher.operation.rawValue), "value": .string(matcher.value),
      ]
    }
    var members: [JSONValue.Member] = [
      .init(key: "anchored", value: .bool(node.extending == .anchored)),
      .init(key: "matchers", value: .array(matchers)), .init(key: "name", value: .string(node.name)),
      .init(key: "offset", value: number(node.shift.offset)),
    ]
    if let window { members.append(.init(key: "range", value: number(window))) }
    members += [
      .init(key: "smoothed", value: .bool(node.extending == .smoothed)),
      .init(key: "startOrEnd", value: bound(node.shift)), .init(key: "timestamp", value: timestamp(node.shift)),
      .init(key: "type", value: type),
    ]
    return .object(members)
  }

  private static func number(_ value: Int64) -> JSONValue { .number(Double(value)) }
  private static func texts(_ texts: [String]) -> JSONValue { .array(texts.map(JSONValue.string)) }

  /// JSON has no number for what is not finite.
  private static func fill(_ value: Double?) -> JSONValue {
    guard let value else { return .null }
    return value.isFinite ? .number(value) : .string(GoText.decimal(value))
  }

  private static func bound(_ shift: TimeShift) -> JSONValue {
    if case .bound(let bound)? = shift.anchor { .string(bound.rawValue) } else { .null }
  }

  private static func timestamp(_ shift: TimeShift) -> JSONValue {
    if case .time(let milliseconds)? = shift.anchor { number(milliseconds) } else { .null }
  }
}
