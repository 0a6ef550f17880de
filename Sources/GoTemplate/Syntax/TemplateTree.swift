/// A parsed template: what it writes, in order.
struct TemplateBody: Sendable {
  var nodes: [TemplateNode] = []

  /// Nothing but space: such a definition gives way to another of its name.
  var isBlank: Bool {
    nodes.allSatisfy { node in
      guard case .text(let bytes) = node else { return false }
      return bytes.allSatisfy { $0 == 0x20 || ($0 >= 0x09 && $0 <= 0x0d) }
    }
  }
}

indirect enum TemplateNode: Sendable {
  case text([UInt8])
  case action(TemplatePipeline)
  case branch(TemplateBranch)
  case call(TemplateInvocation)
  case breakLoop
  case continueLoop
}

/// `if` and `with` with all their arms, or `range` with one.
struct TemplateBranch: Sendable {
  enum Kind: Sendable { case condition, with, range }

  struct Arm: Sendable {
    var pipeline: TemplatePipeline
    var body: TemplateBody
  }

  var kind: Kind
  var arms: [Arm]
  var otherwise: TemplateBody?
}

/// `{{template "name" pipeline}}`, or where a `block` stands.
struct TemplateInvocation: Sendable {
  var position: Int
  var name: String
  var pipeline: TemplatePipeline?

  var text: String {
    "{{template \(GoQuoting.quoted(name))\(pipeline.map { " " + $0.text } ?? "")}}"
  }
}

/// Commands, each getting the value of the one before as its last argument.
struct TemplatePipeline: Sendable {
  struct Variable: Sendable {
    var name: String
  }

  var position: Int
  /// `=` in place of `:=`.
  var isAssignment = false
  var variables: [Variable] = []
  var commands: [TemplateCommand] = []

  /// As errors show it.
  var text: String {
    var text = ""
    if !variables.isEmpty {
      text = variables.map(\.name).joined(separator: ", ") + (isAssignment ? " = " : " := ")
    }
    return text + commands.map(\.text).joined(separator: " | ")
  }
}

struct TemplateCommand: Sendable {
  var position: Int
  var operands: [TemplateOperand] = []

  var text: String {
    operands.map { operand in
      if case .pipeline(let inner) = operand.term { return "(\(inner.text))" }
      return operand.text
    }.joined(separator: " ")
  }
}

struct TemplateOperand: Sendable {
  indirect enum Term: Sendable {
    case bool(Bool)
    case dot
    case null
    case number(TemplateNumber)
    /// As written, and what it stands for.
    case string(String, String)
    case function(String)
    case field([String])
    /// With its `$`, and fields of it.
    case variable(String, [String])
    case chain(TemplateOperand, [String])
    case pipeline(TemplatePipeline)
  }

  var position: Int
  var term: Term

  var text: String {
    switch term {
    case .bool(let value): value ? "true" : "false"
    case .dot: "."
    case .null: "nil"
    case .number(let number): number.text
    case .string(let written, _): written
    case .function(let name): name
    case .field(let names): names.map { "." + $0 }.joined()
    case .variable(let name, let fields): ([name] + fields).joined(separator: ".")
    case .chain(let base, let fields):
      if case .pipeline(let inner) = base.term {
        "(\(inner.text))" + fields.map { "." + $0 }.joined()
      } else {
        base.text + fields.map { "." + $0 }.joined()
      }
    case .pipeline(let inner): inner.text
    }
  }

  /// May not stand in a pipeline but at its beginning.
  var isConstant: Bool {
    switch term {
    case .bool, .dot, .null, .number, .string: true
    default: false
    }
  }
}
