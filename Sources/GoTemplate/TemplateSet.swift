/// Go's text templates (<https://pkg.go.dev/text/template>): parsed once, executed often, with functions of one's own.
///
/// The language is Go's, the errors have Go's words. It differs where a template from outside could do harm: nesting, the
/// steps of an execution and what it writes are bounded. Strings are Unicode: bytes that make no UTF-8 become U+FFFD.
/// Complex numbers are refused.
public struct TemplateSet: Sendable {
  /// What an entry is that a map does not have.
  public enum MissingEntry: Sendable {
    /// Nothing: prints as `<no value>`.
    case nothing
    /// The zero of the map's values (`missingkey=zero`).
    case zero
    /// An error (`missingkey=error`).
    case error
  }

  /// What an execution may cost.
  public struct Limits: Sendable {
    /// Bytes of the result, and of any string on the way.
    public var size: Int
    /// Actions, commands and operands evaluated; and one for each 64 bytes that functions are given and give.
    public var steps: Int

    public init(size: Int = 1 << 20, steps: Int = 1_000_000) {
      self.size = size
      self.steps = steps
    }
  }

  /// Bytes that a template may have.
  public static let maximumLength = 1 << 22

  let functions: [String: TemplateFunction]
  let missing: MissingEntry
  let limits: Limits
  var templates: [String: Definition] = [:]

  struct Definition: Sendable {
    var body: TemplateBody
    var source: TemplateSource
  }

  /// - Parameter functions: by name, beside those that every template has.
  public init(
    functions: [String: TemplateFunction] = [:], missing: MissingEntry = .nothing, limits: Limits = Limits()
  ) {
    self.functions = functions
    self.missing = missing
    self.limits = limits
  }

  /// Adds the template `name` and all that `text` defines. A later definition takes the place of an earlier one, unless
  /// it is blank.
  ///
  /// - Throws: what does not parse; nothing is added then.
  public mutating func add(_ text: String, name: String) throws(TemplateError) {
    guard text.utf8.count <= Self.maximumLength else {
      let problem = "the template has \(text.utf8.count) bytes; at most \(Self.maximumLength) are read"
      throw TemplateError(line: 1, problem: problem, message: "template: \(name):1: \(problem)")
    }
    let names = Set(functions.keys).union(TemplateBuiltins.names)
    let definitions = try TemplateParser.definitions(of: text, name: name, functions: names)
    let source = TemplateSource(name: name, text: text)
    for (name, body) in definitions where !(body.isBlank && templates[name] != nil) {
      templates[name] = Definition(body: body, source: source)
    }
  }

  public var names: Set<String> { Set(templates.keys) }

  /// What the template `name` writes about `data`.
  ///
  /// - Parameters:
  ///   - functions: take the place of the set's of the same names in this execution.
  ///   - isHTML: what comes out is an HTML document: values are made safe for where they stand in it, as by Go's
  ///     `html/template`, unless they are of the type `template.HTML`.
  /// - Throws: ``TemplateFailure``.
  public func execute(
    _ name: String, with data: TemplateValue, functions: [String: TemplateFunction] = [:], isHTML: Bool = false
  ) throws(TemplateFailure) -> String {
    var execution = TemplateExecution(set: self, functions: functions, name: name, data: data, isHTML: isHTML)
    guard let template = templates[name] else {
      let problem = "no template \(GoQuoting.quoted(name)) in this set"
      throw .failed(TemplateError(line: 1, problem: problem, message: "template: \(problem)"))
    }
    return try execution.run(template)
  }
}

extension TemplateSet {
  /// The templates that `name` may invoke, itself or through others, and that are not in this set: an execution that
  /// comes to one of them fails. Each once, with the place where it is invoked first.
  public func undefinedInvocations(from name: String) -> [TemplateError] {
    var problems: [TemplateError] = []
    var seen: Set<String> = [name]
    var waiting = [name]
    while let next = waiting.popLast(), let template = templates[next] {
      for call in template.body.invocations where seen.insert(call.name).inserted {
        if templates[call.name] != nil {
          waiting.append(call.name)
          continue
        }
        let (line, column) = template.source.place(of: call.position)
        let problem = "template \(GoQuoting.quoted(call.name)) not defined"
        problems.append(
          TemplateError(
            line: line, column: column, problem: problem,
            message: "template: \(template.source.name):\(line):\(column): \(problem)"))
      }
    }
    return problems
  }
}

extension TemplateBody {
  /// In the order of the text. The parser bounds how deep bodies lie in each other.
  fileprivate var invocations: [TemplateInvocation] {
    nodes.flatMap { node -> [TemplateInvocation] in
      switch node {
      case .call(let call): [call]
      case .branch(let branch): branch.arms.flatMap(\.body.invocations) + (branch.otherwise?.invocations ?? [])
      case .text, .action, .breakLoop, .continueLoop: []
      }
    }
  }
}

/// Where a template came from, for errors.
struct TemplateSource: Sendable {
  /// Of the text; definitions in it have names of their own.
  var name: String
  var text: String

  /// The line from 1 and the column in bytes from 0.
  func place(of position: Int) -> (line: Int, column: Int) {
    var line = 1
    var column = 0
    for byte in text.utf8.prefix(position) {
      column += 1
      if byte == 0x0a {
        line += 1
        column = 0
      }
    }
    return (line, column)
  }
}
