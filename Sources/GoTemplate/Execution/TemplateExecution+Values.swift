// Pipelines, constants, variables and fields.
extension TemplateExecution {
  mutating func evaluate(_ pipeline: TemplatePipeline, dot: TemplateValue) throws(TemplateFailure) -> TemplateValue {
    try descend()
    defer { ascend() }
    place = .pipeline(pipeline)
    var value: TemplateValue?
    for command in pipeline.commands { value = try evaluate(command, dot: dot, piped: value) }
    isAnything = false
    let result = value ?? .null
    for variable in pipeline.variables {
      if pipeline.isAssignment {
        try assign(variable.name, result)
      } else {
        variables.append((variable.name, result))
      }
    }
    return result
  }

  /// - Parameter piped: the value of the command before.
  private mutating func evaluate(
    _ command: TemplateCommand, dot: TemplateValue, piped: TemplateValue?
  ) throws(TemplateFailure) -> TemplateValue {
    try step()
    guard let first = command.operands.first else { return .null }
    let arguments = Arguments(operands: command.operands.dropFirst(), piped: piped, dot: dot)
    switch first.term {
    case .field(let names):
      place = .operand(first)
      return try chain(names[...], of: dot, in: first, arguments)
    case .chain: return try evaluateChain(first, dot: dot, arguments)
    case .function(let name):
      place = .operand(first)
      return try callFunction(name, arguments, at: .command(command))
    case .variable: return try evaluateVariable(first, arguments)
    case .pipeline(let inner):
      try refuse(arguments, to: first)
      return try evaluate(inner, dot: dot)
    default:
      place = .operand(first)
      try refuse(arguments, to: first)
      if case .null = first.term { throw error("nil is not a command") }
      return try constant(first, dot: dot)
    }
  }

  private func refuse(_ arguments: Arguments, to operand: TemplateOperand) throws(TemplateFailure) {
    guard arguments.isEmpty else { throw error("can't give argument to non-function \(operand.text)") }
  }

  /// The value of an operand that is an argument, or the base of a chain, whatever type is wanted.
  mutating func value(of operand: TemplateOperand, dot: TemplateValue) throws(TemplateFailure) -> TemplateValue {
    try step()
    place = .operand(operand)
    let none = Arguments(operands: [], piped: nil, dot: dot)
    switch operand.term {
    case .field(let names): return try chain(names[...], of: dot, in: operand, none)
    case .variable: return try evaluateVariable(operand, none)
    case .pipeline(let inner): return try evaluate(inner, dot: dot)
    case .function(let name): return try callFunction(name, none, at: .operand(operand))
    case .chain: return try evaluateChain(operand, dot: dot, none)
    default: return try constant(operand, dot: dot)
    }
  }

  private func constant(_ operand: TemplateOperand, dot: TemplateValue) throws(TemplateFailure) -> TemplateValue {
    switch operand.term {
    case .bool(let value): return .bool(value)
    case .dot: return dot
    case .number(let number):
      switch number.ideal {
      case .integer(let value): return .int(value)
      case .float(let value): return .float(value)
      case .overflow: throw error("\(number.text) overflows int")
      }
    case .string(_, let text): return .string(text)
    default: return .null
    }
  }

  private mutating func evaluateVariable(
    _ operand: TemplateOperand, _ arguments: Arguments
  ) throws(TemplateFailure) -> TemplateValue {
    place = .operand(operand)
    guard case .variable(let name, let fields) = operand.term else { return .null }
    guard let value = variables.last(where: { $0.name == name })?.value else {
      throw error("undefined variable: \(name)")
    }
    guard fields.isEmpty else { return try chain(fields[...], of: value, in: operand, arguments) }
    try refuse(arguments, to: operand)
    return value
  }

  private mutating func evaluateChain(
    _ operand: TemplateOperand, dot: TemplateValue, _ arguments: Arguments
  ) throws(TemplateFailure) -> TemplateValue {
    guard case .chain(let base, let fields) = operand.term else { return .null }
    try descend()
    defer { ascend() }
    place = .operand(operand)
    let receiver = try value(of: base, dot: dot)
    return try chain(fields[...], of: receiver, in: operand, arguments)
  }

  /// `.X.Y.Z`: the last may be a method that takes the arguments.
  private mutating func chain(
    _ names: ArraySlice<String>, of receiver: TemplateValue, in operand: TemplateOperand, _ arguments: Arguments
  ) throws(TemplateFailure) -> TemplateValue {
    var value = receiver
    isAnything = false
    for (index, name) in zip(names.indices, names) {
      let isLast = index == names.endIndex - 1
      if isAnything, case .null = value { throw error("nil pointer evaluating interface {}.\(name)") }
      let given = isLast ? arguments : Arguments(operands: [], piped: nil, dot: arguments.dot)
      value = try member(name, of: value, in: operand, given)
    }
    return value
  }

  private mutating func member(
    _ name: String, of receiver: TemplateValue, in operand: TemplateOperand, _ arguments: Arguments
  ) throws(TemplateFailure) -> TemplateValue {
    if case .null = receiver {
      guard case .error = set.missing else { return .null }
      throw error("nil data; no entry for key \(GoQuoting.quoted(name))")
    }
    let typeName = isAnything ? "interface {}" : receiver.typeName
    isAnything = false
    if let method = receiver.method(name) {
      let value = try call(method, name: name, arguments, at: .operand(operand))
      isAnything = false
      return value
    }
    let target = receiver.pointee
    if case .object(let object) = target, case .fields(let fields) = object.content,
      let field = fields.first(where: { $0.name == name })
    {
      if !arguments.isEmpty { throw error("\(name) has arguments but cannot be invoked as function") }
      isAnything = object.fieldsOfAnything.contains(name)
      return field.value
    }
    guard case .map(let map) = target.underlying else {
      throw error("can't evaluate field \(name) in type \(typeName)")
    }
    if !arguments.isEmpty { throw error("\(name) is not a method but has arguments") }
    if case .null = map.zero { isAnything = true }
    if let value = map.entries[name] { return value }
    switch set.missing {
    case .nothing:
      isAnything = false
      return .null
    case .zero: return map.zero
    case .error: throw error("map has no entry for key \(GoQuoting.quoted(name))")
    }
  }
}

extension TemplateValue {
  fileprivate func method(_ name: String) -> TemplateFunction? {
    switch self {
    case .list(let list): list.methods[name]
    case .map(let map): map.methods[name]
    case .object(let object): object.methods(name)
    default: nil
    }
  }
}
