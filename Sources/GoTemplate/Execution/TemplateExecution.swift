/// One execution of a template: walks its body and writes.
///
/// Values are looked up and functions are called in `TemplateExecution+Values` and `+Calls`. As in Go, an error names the
/// part that was looked at last.
struct TemplateExecution {
  /// Bodies, pipelines and templates within each other. Go allows 100,000 templates; here the stack is smaller.
  static let maximumDepth = 250
  /// Values within each other.
  static let maximumValueDepth = 64

  let set: TemplateSet
  let functions: [String: TemplateFunction]
  var name: String
  var source: TemplateSource
  private var output: [UInt8] = []
  /// Where in the document the output has come to, if it is HTML.
  private var html: HTMLContext?
  var variables: [(name: String, value: TemplateValue)]
  var place: Place = .start
  /// The value looked up last came out of a map of anything: to Go its type is then `interface {}`.
  var isAnything = false
  private var steps = 0
  private var depth = 0

  /// What is looked at.
  enum Place {
    case start
    case operand(TemplateOperand)
    case pipeline(TemplatePipeline)
    case command(TemplateCommand)
    case action(TemplatePipeline)
    case call(TemplateInvocation)
  }

  private enum Flow { case onward, breakLoop, continueLoop }

  init(
    set: TemplateSet, functions: [String: TemplateFunction], name: String, data: TemplateValue, isHTML: Bool = false
  ) {
    self.set = set
    html = isHTML ? HTMLContext() : nil
    self.functions = functions
    self.name = name
    source = TemplateSource(name: name, text: "")
    variables = [("$", data)]
  }

  mutating func run(_ template: TemplateSet.Definition) throws(TemplateFailure) -> String {
    source = template.source
    _ = try walk(template.body, dot: variables[0].value)
    if let html, !html.isComplete {
      place = .start
      throw error("the document ends within a tag, a comment or an element that holds no tags")
    }
    return String(decoding: output, as: UTF8.self)
  }

  // MARK: Errors and bounds

  func error(_ problem: String) -> TemplateFailure {
    let (position, context): (Int, String)
    switch place {
    case .start:
      return .failed(TemplateError(line: 1, problem: problem, message: "template: \(name): \(problem)"))
    case .operand(let operand): (position, context) = (operand.position, operand.text)
    case .pipeline(let pipeline): (position, context) = (pipeline.position, pipeline.text)
    case .command(let command): (position, context) = (command.position, command.text)
    case .action(let pipeline): (position, context) = (pipeline.position, "{{\(pipeline.text)}}")
    case .call(let call): (position, context) = (call.position, call.text)
    }
    let (line, column) = source.place(of: position)
    let message =
      "template: \(source.name):\(line):\(column): executing \(GoQuoting.quoted(name)) at <\(context)>: \(problem)"
    return .failed(TemplateError(line: line, column: column, problem: problem, message: message))
  }

  mutating func step() throws(TemplateFailure) { try charge(1) }

  /// Makes long texts cost what they take: a function goes through each byte of what it is given and gives.
  mutating func charge(texts values: [TemplateValue], _ result: TemplateValue) throws(TemplateFailure) {
    var bytes = 0
    for case .string(let text) in values { bytes += text.utf8.count }
    if case .string(let text) = result { bytes += text.utf8.count }
    if bytes >= Self.bytesOfAStep { try charge(bytes / Self.bytesOfAStep) }
  }

  private static let bytesOfAStep = 64

  private mutating func charge(_ count: Int) throws(TemplateFailure) {
    steps += count
    if steps > set.limits.steps { throw error("the execution takes more than \(set.limits.steps) steps") }
  }

  mutating func descend() throws(TemplateFailure) {
    depth += 1
    if depth > Self.maximumDepth { throw error("exceeded maximum template depth (\(Self.maximumDepth))") }
  }

  mutating func ascend() { depth -= 1 }

  private mutating func write(_ bytes: some Collection<UInt8>) throws(TemplateFailure) {
    guard output.count + bytes.count <= set.limits.size else { throw tooLong() }
    output += bytes
  }

  func tooLong() -> TemplateFailure { error("the text is longer than \(set.limits.size) bytes") }

  // MARK: Bodies

  private mutating func walk(_ body: TemplateBody, dot: TemplateValue) throws(TemplateFailure) -> Flow {
    try descend()
    defer { ascend() }
    for node in body.nodes {
      try step()
      switch node {
      case .text(let bytes): try write(html?.take(bytes) ?? bytes)
      case .action(let pipeline):
        place = .action(pipeline)
        let value = try evaluate(pipeline, dot: dot)
        if pipeline.variables.isEmpty {
          place = .action(pipeline)
          try print(value, of: pipeline)
        }
      case .branch(let branch):
        let mark = variables.count
        let flow = branch.kind == .range ? try range(branch, dot: dot) : try choose(branch, dot: dot)
        variables.removeLast(variables.count - mark)
        if flow != .onward { return flow }
      case .call(let call): try invoke(call, dot: dot)
      case .breakLoop: return .breakLoop
      case .continueLoop: return .continueLoop
      }
    }
    return .onward
  }

  private mutating func print(_ value: TemplateValue, of pipeline: TemplatePipeline) throws(TemplateFailure) {
    if html != nil { return try printSafely(value, of: pipeline) }
    switch value.pointee {
    case .null: try write("<no value>".utf8)
    case .string(let text): try write(text.utf8)
    case .function:
      throw error("can't print {{\(pipeline.text)}} of type \(value.typeName)")
    case let value:
      var format = GoFormat(limit: set.limits.size - output.count)
      format.print([value])
      guard !format.isCut else { throw tooLong() }
      try write(format.output)
    }
  }

  /// Into HTML, made safe for its place.
  private mutating func printSafely(
    _ value: TemplateValue, of pipeline: TemplatePipeline
  ) throws(TemplateFailure) {
    var kind = HTMLEscaping.Value.Kind.text
    if case .object(let object) = value.pointee {
      if object.typeName == "template.HTML" { kind = .markup }
      if object.typeName == "template.URL" { kind = .url }
    }
    // What `html` has escaped is not escaped again.
    if case .function("html")? = pipeline.commands.last?.operands.first?.term { kind = .markup }
    let text: String
    switch value.pointee {
    case .null: return
    case .string(let string): text = string
    case .object where kind != .text:
      guard case .string(let string) = value.pointee.underlying else { return }
      text = string
    case .function: throw error("can't print {{\(pipeline.text)}} of type \(value.typeName)")
    case let value:
      var format = GoFormat(limit: set.limits.size - output.count)
      format.print([value])
      guard !format.isCut else { throw tooLong() }
      text = String(decoding: format.output, as: UTF8.self)
    }
    let safe: String?
    do throws(HTMLEscaping.Refusal) {
      safe = try html?.safe(HTMLEscaping.Value(text: text, kind: kind))
    } catch {
      throw self.error("a value may not stand \(error.place)")
    }
    if let safe { try write(safe.utf8) }
  }

  private mutating func choose(_ branch: TemplateBranch, dot: TemplateValue) throws(TemplateFailure) -> Flow {
    for arm in branch.arms {
      let value = try evaluate(arm.pipeline, dot: dot)
      if value.truth { return try walk(arm.body, dot: branch.kind == .with ? value : dot) }
    }
    guard let otherwise = branch.otherwise else { return .onward }
    return try walk(otherwise, dot: dot)
  }

  private mutating func range(_ branch: TemplateBranch, dot: TemplateValue) throws(TemplateFailure) -> Flow {
    guard let arm = branch.arms.first else { return .onward }
    let value = try evaluate(arm.pipeline, dot: dot)
    switch value.pointee.underlying {
    case .null: break
    case .list(let list):
      for (index, element) in list.elements.enumerated() {
        guard try iterate(arm, .int(index), element) else { return .onward }
      }
      if !list.elements.isEmpty { return .onward }
    case .map(let map):
      for (key, element) in map.sorted {
        guard try iterate(arm, .string(key), element) else { return .onward }
      }
      if !map.entries.isEmpty { return .onward }
    case .int(let count):
      if arm.pipeline.variables.count > 1 {
        throw error("can't use \(GoFormat.text(of: value)) to iterate over more than one variable")
      }
      var index = 0
      while index < count {
        guard try iterate(arm, .null, .int(index)) else { return .onward }
        index += 1
      }
      if count > 0 { return .onward }
    default: throw error("range can't iterate over \(GoFormat.text(of: value.pointee))")
    }
    guard let otherwise = branch.otherwise else { return .onward }
    return try walk(otherwise, dot: dot)
  }

  /// One round of a range; false where it breaks.
  private mutating func iterate(
    _ arm: TemplateBranch.Arm, _ index: TemplateValue, _ element: TemplateValue
  ) throws(TemplateFailure) -> Bool {
    try step()
    let mark = variables.count
    let names = arm.pipeline.variables
    if arm.pipeline.isAssignment {
      if names.count > 1 {
        try assign(names[0].name, index)
        try assign(names[1].name, element)
      } else if let name = names.first {
        try assign(name.name, element)
      }
    } else {
      if !names.isEmpty { variables[mark - 1].value = element }
      if names.count > 1 { variables[mark - 2].value = index }
    }
    let flow = try walk(arm.body, dot: element)
    variables.removeLast(variables.count - mark)
    return flow != .breakLoop
  }

  mutating func assign(_ variable: String, _ value: TemplateValue) throws(TemplateFailure) {
    guard let index = variables.lastIndex(where: { $0.name == variable }) else {
      throw error("undefined variable: \(variable)")
    }
    variables[index].value = value
  }

  private mutating func invoke(_ call: TemplateInvocation, dot: TemplateValue) throws(TemplateFailure) {
    place = .call(call)
    guard let template = set.templates[call.name] else {
      throw error("template \(GoQuoting.quoted(call.name)) not defined")
    }
    try descend()
    let data = try call.pipeline.map { pipeline throws(TemplateFailure) in try evaluate(pipeline, dot: dot) } ?? .null
    // A template sees none of its caller's variables.
    let outer = (name, source, variables)
    (name, source, variables) = (call.name, template.source, [("$", data)])
    _ = try walk(template.body, dot: data)
    (name, source, variables) = outer
    ascend()
  }
}
