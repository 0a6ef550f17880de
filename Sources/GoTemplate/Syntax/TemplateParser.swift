/// Reads a template's text into the bodies that it defines.
///
/// The grammar, the positions and the words of errors are those of Go's `text/template`
/// (<https://pkg.go.dev/text/template>); nesting is bounded.
struct TemplateParser {
  /// Branches, blocks and parentheses within each other.
  static let maximumDepth = 64

  let name: String
  private let tokens: [TemplateToken]
  /// Of the next token.
  var index = 0
  /// Of the furthest token looked at: errors name its line.
  private var furthest = 0
  let functions: Set<String>
  var depth = 0
  var scope = Scope()
  private(set) var definitions: [String: TemplateBody] = [:]

  /// What ends with the definition that it belongs to.
  struct Scope {
    var variables = ["$"]
    var ranges = 0
    /// Where the action began that is being read; 0 outside of one.
    var actionLine = 0
  }

  /// What a list of nodes ended with.
  enum Ending {
    case end
    case otherwise

    var text: String { self == .end ? "{{end}}" : "{{else}}" }
  }

  private enum Item {
    case node(TemplateNode)
    case ending(Ending)
  }

  /// - Parameter functions: every name that may be called.
  static func definitions(
    of text: String, name: String, functions: Set<String>
  ) throws(TemplateError) -> [String: TemplateBody] {
    var parser = TemplateParser(text, name: name, functions: functions)
    try parser.parse()
    return parser.definitions
  }

  private init(_ text: String, name: String, functions: Set<String>) {
    self.name = name
    self.functions = functions
    tokens = TemplateLexer.tokens(of: text)
  }

  // MARK: Tokens

  /// Behind the last token there are only ends.
  private func token(at index: Int) -> TemplateToken { tokens[min(index, tokens.count - 1)] }

  mutating func next() -> TemplateToken {
    furthest = max(furthest, index)
    index += 1
    return token(at: index - 1)
  }

  mutating func peek() -> TemplateToken {
    furthest = max(furthest, index)
    return token(at: index)
  }

  mutating func nextNonSpace() -> TemplateToken {
    while true {
      let token = next()
      if token.kind != .space { return token }
    }
  }

  mutating func peekNonSpace() -> TemplateToken {
    let token = nextNonSpace()
    index -= 1
    return token
  }

  // MARK: Errors

  func error(_ problem: String) -> TemplateError {
    let line = token(at: furthest).line
    return TemplateError(line: line, problem: problem, message: "template: \(name):\(line): \(problem)")
  }

  func unexpected(_ token: TemplateToken, in context: String) -> TemplateError {
    guard token.kind == .failure else { return error("unexpected \(token.described) in \(context)") }
    guard scope.actionLine != 0, scope.actionLine != token.line else { return error(token.text) }
    let started = "started at \(name):\(scope.actionLine)"
    return error(token.text.hasSuffix(" action") ? "\(token.text) \(started)" : "\(token.text) in action \(started)")
  }

  private mutating func expect(_ kind: TemplateToken.Kind, in context: String) throws(TemplateError) -> TemplateToken {
    let token = nextNonSpace()
    guard token.kind == kind else { throw unexpected(token, in: context) }
    return token
  }

  mutating func deeper() throws(TemplateError) {
    depth += 1
    if depth > Self.maximumDepth {
      throw error("max expression depth exceeded: at most \(Self.maximumDepth) actions or parentheses in each other")
    }
  }

  // MARK: Bodies

  private mutating func parse() throws(TemplateError) {
    var body = TemplateBody()
    while peek().kind != .end {
      if peek().kind == .leftDelimiter {
        let start = index
        index += 1
        if nextNonSpace().kind == .keyword(.define) {
          try definition()
          continue
        }
        index = start
      }
      switch try textOrAction() {
      case .node(let node): body.nodes.append(node)
      case .ending(let ending): throw error("unexpected \(ending.text)")
      }
    }
    try add(body, as: name)
  }

  /// `define` is past.
  private mutating func definition() throws(TemplateError) {
    let context = "define clause"
    let outer = scope
    scope = Scope()
    let name = try templateName(nextNonSpace(), in: context)
    _ = try expect(.rightDelimiter, in: context)
    let (body, ending) = try list()
    guard ending == .end else { throw error("unexpected \(ending.text) in \(context)") }
    try add(body, as: name)
    scope = outer
  }

  private mutating func add(_ body: TemplateBody, as name: String) throws(TemplateError) {
    if let other = definitions[name], !other.isBlank {
      guard body.isBlank else { throw error("template: multiple definition of template \(GoQuoting.quoted(name))") }
      return
    }
    definitions[name] = body
  }

  private mutating func list() throws(TemplateError) -> (TemplateBody, Ending) {
    var body = TemplateBody()
    while peekNonSpace().kind != .end {
      switch try textOrAction() {
      case .node(let node): body.nodes.append(node)
      case .ending(let ending): return (body, ending)
      }
    }
    throw error("unexpected EOF")
  }

  private mutating func textOrAction() throws(TemplateError) -> Item {
    let token = nextNonSpace()
    switch token.kind {
    case .text: return .node(.text(Array(token.text.utf8)))
    case .leftDelimiter:
      scope.actionLine = token.line
      let item = try action()
      scope.actionLine = 0
      return item
    default: throw unexpected(token, in: "input")
    }
  }

  /// The opening delimiter is past.
  private mutating func action() throws(TemplateError) -> Item {
    let token = nextNonSpace()
    if case .keyword(let keyword) = token.kind {
      switch keyword {
      case .block: return .node(.call(try block()))
      case .breakLoop:
        try loopControl("break")
        return .node(.breakLoop)
      case .continueLoop:
        try loopControl("continue")
        return .node(.continueLoop)
      case .otherwise:
        let kind = peekNonSpace().kind
        if kind != .keyword(.condition), kind != .keyword(.with) { _ = try expect(.rightDelimiter, in: "else") }
        return .ending(.otherwise)
      case .end:
        _ = try expect(.rightDelimiter, in: "end")
        return .ending(.end)
      case .condition: return .node(.branch(try branch(.condition)))
      case .range: return .node(.branch(try branch(.range)))
      case .with: return .node(.branch(try branch(.with)))
      case .template: return .node(.call(try invocation()))
      case .define, .dot, .null: break
      }
    }
    index -= 1
    return .node(.action(try pipeline("command", until: .rightDelimiter)))
  }

  private mutating func loopControl(_ word: String) throws(TemplateError) {
    let token = nextNonSpace()
    guard token.kind == .rightDelimiter else { throw unexpected(token, in: "{{\(word)}}") }
    if scope.ranges == 0 { throw error("{{\(word)}} outside {{range}}") }
  }

  /// The keyword is past. `else if` and `else with` are more arms of the same branch.
  private mutating func branch(_ kind: TemplateBranch.Kind) throws(TemplateError) -> TemplateBranch {
    let (context, keyword): (String, TemplateToken.Keyword) =
      switch kind {
      case .condition: ("if", .condition)
      case .with: ("with", .with)
      case .range: ("range", .range)
      }
    try deeper()
    let variables = scope.variables.count
    var branch = TemplateBranch(kind: kind, arms: [])
    var hasMoreArms = true
    while hasMoreArms {
      hasMoreArms = false
      let pipeline = try pipeline(context, until: .rightDelimiter)
      if kind == .range { scope.ranges += 1 }
      let (body, ending) = try list()
      if kind == .range { scope.ranges -= 1 }
      branch.arms.append(.init(pipeline: pipeline, body: body))
      guard ending == .otherwise else { break }
      if kind != .range, peek().kind == .keyword(keyword) {
        _ = next()
        hasMoreArms = true
        continue
      }
      let (otherwise, last) = try list()
      guard last == .end else { throw error("expected end; found \(last.text)") }
      branch.otherwise = otherwise
    }
    scope.variables.removeLast(scope.variables.count - variables)
    depth -= 1
    return branch
  }

  private mutating func block() throws(TemplateError) -> TemplateInvocation {
    let context = "block clause"
    let token = nextNonSpace()
    let name = try templateName(token, in: context)
    let pipeline = try pipeline(context, until: .rightDelimiter)
    try deeper()
    let outer = scope
    scope = Scope()
    let (body, ending) = try list()
    guard ending == .end else { throw error("unexpected \(ending.text) in \(context)") }
    try add(body, as: name)
    scope = outer
    depth -= 1
    return TemplateInvocation(position: token.position, name: name, pipeline: pipeline)
  }

  private mutating func invocation() throws(TemplateError) -> TemplateInvocation {
    let token = nextNonSpace()
    let name = try templateName(token, in: "template clause")
    if peekNonSpace().kind == .rightDelimiter {
      _ = nextNonSpace()
      return TemplateInvocation(position: token.position, name: name)
    }
    return TemplateInvocation(
      position: token.position, name: name, pipeline: try pipeline("template clause", until: .rightDelimiter))
  }

  private func templateName(_ token: TemplateToken, in context: String) throws(TemplateError) -> String {
    guard token.kind == .string || token.kind == .rawString else { throw unexpected(token, in: context) }
    guard let name = GoQuoting.unquoted(token.text) else { throw error("invalid syntax") }
    return name
  }
}
