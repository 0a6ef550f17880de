extension TemplateParser {
  mutating func pipeline(
    _ context: String, until end: TemplateToken.Kind
  ) throws(TemplateError) -> TemplatePipeline {
    var pipeline = TemplatePipeline(position: peekNonSpace().position)
    try declarations(&pipeline, context)
    while true {
      let token = nextNonSpace()
      switch token.kind {
      case end:
        try check(pipeline, context)
        return pipeline
      case .bool, .characterConstant, .complex, .keyword(.dot), .field, .identifier, .number, .keyword(.null),
        .rawString, .string, .variable, .leftParenthesis:
        index -= 1
        pipeline.commands.append(try command())
      default: throw unexpected(token, in: context)
      }
    }
  }

  /// Takes `$x :=`, `$x =`, or `$i, $x :=` of a range; anything else stays.
  private mutating func declarations(_ pipeline: inout TemplatePipeline, _ context: String) throws(TemplateError) {
    while peekNonSpace().kind == .variable {
      let start = index
      let variable = nextNonSpace()
      let following = peekNonSpace()
      switch following.kind {
      case .assign, .declare:
        _ = nextNonSpace()
        pipeline.isAssignment = following.kind == .assign
        declare(variable.text, in: &pipeline)
        return
      case .character where following.text == ",":
        _ = nextNonSpace()
        declare(variable.text, in: &pipeline)
        guard context == "range", pipeline.variables.count < 2 else {
          throw error("too many declarations in \(context)")
        }
        switch peekNonSpace().kind {
        case .variable, .rightDelimiter, .rightParenthesis: continue
        default: throw error("range can only initialize variables")
        }
      default:
        index = start
        return
      }
    }
  }

  private mutating func declare(_ variable: String, in pipeline: inout TemplatePipeline) {
    pipeline.variables.append(.init(name: variable))
    scope.variables.append(variable)
  }

  private func check(_ pipeline: TemplatePipeline, _ context: String) throws(TemplateError) {
    if pipeline.commands.isEmpty { throw error("missing value for \(context)") }
    for (stage, command) in pipeline.commands.enumerated().dropFirst()
    where command.operands.first?.isConstant == true {
      throw error("non executable command in pipeline stage \(stage + 1)")
    }
  }

  private mutating func command() throws(TemplateError) -> TemplateCommand {
    var command = TemplateCommand(position: peekNonSpace().position)
    while true {
      _ = peekNonSpace()
      if let operand = try operand() { command.operands.append(operand) }
      let token = next()
      switch token.kind {
      case .space: continue
      case .rightDelimiter, .rightParenthesis: index -= 1
      case .pipe: break
      default: throw unexpected(token, in: "operand")
      }
      if command.operands.isEmpty { throw error("empty command") }
      return command
    }
  }

  /// A term with the fields that follow it; `nil` where there is none.
  private mutating func operand() throws(TemplateError) -> TemplateOperand? {
    guard let base = try term() else { return nil }
    guard peek().kind == .field else { return base }
    let position = peek().position
    var fields: [String] = []
    while peek().kind == .field { fields.append(String(next().text.dropFirst())) }
    switch base.term {
    case .field(let names): return TemplateOperand(position: position, term: .field(names + fields))
    case .variable(let name, let names):
      return TemplateOperand(position: position, term: .variable(name, names + fields))
    case .bool, .string, .number, .null, .dot:
      throw error("unexpected . after term \(GoQuoting.quoted(base.text))")
    default: return TemplateOperand(position: position, term: .chain(base, fields))
    }
  }

  private mutating func term() throws(TemplateError) -> TemplateOperand? {
    let token = nextNonSpace()
    let term: TemplateOperand.Term
    switch token.kind {
    case .identifier:
      guard functions.contains(token.text) else {
        throw error("function \(GoQuoting.quoted(token.text)) not defined")
      }
      term = .function(token.text)
    case .keyword(.dot): term = .dot
    case .keyword(.null): term = .null
    case .variable:
      guard scope.variables.contains(token.text) else {
        throw error("undefined variable \(GoQuoting.quoted(token.text))")
      }
      term = .variable(token.text, [])
    case .field: term = .field([String(token.text.dropFirst())])
    case .bool: term = .bool(token.text == "true")
    case .number, .complex, .characterConstant: term = .number(try number(token))
    case .leftParenthesis:
      try deeper()
      term = .pipeline(try pipeline("parenthesized pipeline", until: .rightParenthesis))
      depth -= 1
    case .string, .rawString:
      guard let text = GoQuoting.unquoted(token.text) else { throw error("invalid syntax") }
      term = .string(token.text, text)
    default:
      index -= 1
      return nil
    }
    // A pipeline in parentheses is where its first word is.
    if case .pipeline(let inner) = term { return TemplateOperand(position: inner.position, term: term) }
    return TemplateOperand(position: token.position, term: term)
  }

  private func number(_ token: TemplateToken) throws(TemplateError) -> TemplateNumber {
    do {
      if token.kind == .characterConstant { return try TemplateNumber(character: token.text) }
      return try TemplateNumber(token.text)
    } catch {
      throw self.error(error.text)
    }
  }
}
