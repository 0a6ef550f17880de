/// What stands behind the first word of a command, and what was piped into it.
struct Arguments {
  var operands: ArraySlice<TemplateOperand>
  var piped: TemplateValue?
  /// What `.` is for the operands.
  var dot: TemplateValue

  var count: Int { operands.count + (piped == nil ? 0 : 1) }
  var isEmpty: Bool { count == 0 }
}

// Calls of functions and methods.
extension TemplateExecution {
  /// - Parameter place: what an error of the call names.
  mutating func callFunction(
    _ name: String, _ arguments: Arguments, at place: Place
  ) throws(TemplateFailure) -> TemplateValue {
    if let function = functions[name] ?? set.functions[name] {
      return try call(function, name: name, arguments, at: place)
    }
    guard let builtin = TemplateBuiltins.all[name] else {
      throw error("\(GoQuoting.quoted(name)) is not a defined function")
    }
    switch builtin {
    case .function(let function): return try call(function, name: name, arguments, at: place)
    case .shortCircuit(let decisive): return try shortCircuit(on: decisive, name, arguments)
    case .formatter(let format, let minimum):
      let limit = set.limits.size
      let function = TemplateFunction(minimum == 1 ? [.string] : [], rest: .any) {
        values throws(TemplateCallFailure) in .string(try format(values, limit))
      }
      return try call(function, name: name, arguments, at: place)
    case .call: return try callValue(arguments, at: place)
    }
  }

  mutating func call(
    _ function: TemplateFunction, name: String, _ arguments: Arguments, at callPlace: Place
  ) throws(TemplateFailure) -> TemplateValue {
    try checkCount(function, name, arguments)
    var values: [TemplateValue] = []
    values.reserveCapacity(arguments.count)
    for operand in arguments.operands {
      let wanted = function.parameter(values.count)
      values.append(try argument(operand, wanted, dot: arguments.dot))
    }
    if let piped = arguments.piped { values.append(try fit(piped, function.parameter(values.count))) }
    return try perform(function, name, values, at: callPlace)
  }

  private func checkCount(
    _ function: TemplateFunction, _ name: String, _ arguments: Arguments
  ) throws(TemplateFailure) {
    let wanted = function.parameters.count
    if function.rest == nil, arguments.count != wanted {
      throw error("wrong number of args for \(name): want \(wanted) got \(arguments.count)")
    }
    if arguments.count < wanted {
      throw error("wrong number of args for \(name): want at least \(wanted) got \(arguments.operands.count)")
    }
  }

  private mutating func perform(
    _ function: TemplateFunction, _ name: String, _ values: [TemplateValue], at callPlace: Place
  ) throws(TemplateFailure) -> TemplateValue {
    let result: TemplateValue
    do {
      result = try function.body(values)
    } catch {
      switch error {
      case .stop(let reason): throw .stopped(reason)
      case .message(let problem):
        place = callPlace
        throw self.error("error calling \(name): \(problem)")
      }
    }
    try charge(texts: values, result)
    if case .string(let text) = result, text.utf8.count > set.limits.size { throw tooLong() }
    if result.depth > Self.maximumValueDepth {
      throw error("error calling \(name): more than \(Self.maximumValueDepth) values within each other")
    }
    return result
  }

  private mutating func shortCircuit(
    on decisive: Bool, _ name: String, _ arguments: Arguments
  ) throws(TemplateFailure) -> TemplateValue {
    if arguments.isEmpty { throw error("wrong number of args for \(name): want at least 1 got 0") }
    var value = TemplateValue.null
    for operand in arguments.operands {
      value = try argument(operand, .any, dot: arguments.dot)
      if value.truth == decisive { return value }
    }
    return arguments.piped ?? value
  }

  /// `call function arguments`.
  private mutating func callValue(_ arguments: Arguments, at callPlace: Place) throws(TemplateFailure) -> TemplateValue
  {
    if arguments.isEmpty { throw error("wrong number of args for call: want at least 1 got 0") }
    var values: [TemplateValue] = []
    for operand in arguments.operands { values.append(try argument(operand, .any, dot: arguments.dot)) }
    if let piped = arguments.piped { values.append(piped) }
    let callee = arguments.operands.first?.text ?? GoFormat.text(of: values[0])
    let body: TemplateFunction.Body = { values throws(TemplateCallFailure) in
      guard let first = values.first, case .function(let function) = first else {
        guard let first = values.first, case .null = first else {
          throw .message("non-function \(callee) of type \(values.first?.typeName ?? "<nil>")")
        }
        throw .message("call of nil")
      }
      return try function.body(try function.fitted(Array(values.dropFirst()), callee))
    }
    return try perform(TemplateFunction([], rest: .any, body), "call", values, at: callPlace)
  }

  // MARK: Arguments

  private mutating func argument(
    _ operand: TemplateOperand, _ wanted: TemplateFunction.Parameter, dot: TemplateValue
  ) throws(TemplateFailure) -> TemplateValue {
    place = .operand(operand)
    switch operand.term {
    case .null:
      guard wanted.mayBeNil else { throw error("cannot assign nil to \(wanted.text)") }
      return .null
    case .bool, .number, .string:
      if let literal = try literal(operand, wanted) { return literal }
      return try value(of: operand, dot: dot)
    default:
      isAnything = false
      let value = try value(of: operand, dot: dot)
      if isAnything, !wanted.mayBeNil, case .null = value {
        throw error("wrong type for value; expected \(wanted.text); got interface {}")
      }
      return try fit(value, wanted)
    }
  }

  /// A constant as the parameter wants it; `nil` where it takes anything.
  private mutating func literal(
    _ operand: TemplateOperand, _ wanted: TemplateFunction.Parameter
  ) throws(TemplateFailure) -> TemplateValue? {
    switch (wanted, operand.term) {
    case (.any, _): return nil
    case (.bool, .bool(let value)): return .bool(value)
    case (.string, .string(_, let text)): return .string(text)
    case (.int, .number(let number)):
      if let value = number.integer { return .int(value) }
    case (.float, .number(let number)):
      if let value = number.float { return .float(value) }
    default: break
    }
    switch wanted {
    case .bool: throw error("expected bool; found \(operand.text)")
    case .string: throw error("expected string; found \(operand.text)")
    case .int: throw error("expected integer; found \(operand.text)")
    case .float: throw error("expected float; found \(operand.text)")
    default: throw error("can't handle \(operand.text) for arg of type \(wanted.text)")
    }
  }

  private func fit(
    _ value: TemplateValue, _ wanted: TemplateFunction.Parameter
  ) throws(TemplateFailure) -> TemplateValue {
    if case .null = value {
      guard wanted.mayBeNil else { throw error("invalid value; expected \(wanted.text)") }
      return value
    }
    guard let fitting = wanted.fit(value) else {
      throw error("wrong type for value; expected \(wanted.text); got \(value.typeName)")
    }
    return fitting
  }
}

extension TemplateFunction {
  fileprivate func parameter(_ index: Int) -> Parameter {
    index < parameters.count ? parameters[index] : rest ?? .any
  }

  /// The arguments of `call`, checked as Go checks them there.
  fileprivate func fitted(_ values: [TemplateValue], _ name: String) throws(TemplateCallFailure) -> [TemplateValue] {
    if rest == nil, values.count != parameters.count {
      throw .message("wrong number of args for \(name): got \(values.count) want \(parameters.count)")
    }
    if values.count < parameters.count {
      throw .message("wrong number of args for \(name): got \(values.count) want at least \(parameters.count)")
    }
    var fitted: [TemplateValue] = []
    for (index, value) in values.enumerated() {
      let wanted = parameter(index)
      if case .null = value {
        guard wanted.mayBeNil else { throw .message("arg \(index): value is nil; should be of type \(wanted.text)") }
        fitted.append(value)
        continue
      }
      guard let fitting = wanted.fit(value) else {
        throw .message("arg \(index): value has type \(value.typeName); should be \(wanted.text)")
      }
      fitted.append(fitting)
    }
    return fitted
  }
}
