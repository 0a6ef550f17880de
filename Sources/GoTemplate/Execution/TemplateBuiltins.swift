/// The functions that every template has (<https://pkg.go.dev/text/template#hdr-Functions>).
enum TemplateBuiltins {
  enum Builtin: Sendable {
    case function(TemplateFunction)
    /// Arguments are evaluated until one has this truth.
    case shortCircuit(Bool)
    /// Writes its arguments within a limit of bytes; the number of arguments that there must be.
    case formatter(@Sendable ([TemplateValue], Int) throws(TemplateCallFailure) -> String, Int)
    case call
  }

  static let names = Set(all.keys)

  static let all: [String: Builtin] = [
    "and": .shortCircuit(false), "or": .shortCircuit(true), "call": .call,
    "not": .function(.init([.any]) { values in .bool(!values[0].truth) }),
    "eq": comparison(rest: .any) { values throws(TemplateCallFailure) in
      guard values.count > 1 else { throw .message("missing argument for comparison") }
      for other in values.dropFirst() where try TemplateComparison.equal(values[0], other) { return true }
      return false
    },
    "ne": comparison { values throws(TemplateCallFailure) in !(try TemplateComparison.equal(values[0], values[1])) },
    "lt": comparison { values throws(TemplateCallFailure) in try TemplateComparison.less(values[0], values[1]) },
    "le": comparison { values throws(TemplateCallFailure) in try lessOrEqual(values[0], values[1]) },
    "gt": comparison { values throws(TemplateCallFailure) in !(try lessOrEqual(values[0], values[1])) },
    "ge": comparison { values throws(TemplateCallFailure) in !(try TemplateComparison.less(values[0], values[1])) },
    "index": .function(
      .init([.any], rest: .any) { values throws(TemplateCallFailure) in
        try TemplateIndexing.index(values[0], values.dropFirst())
      }),
    "slice": .function(
      .init([.any], rest: .any) { values throws(TemplateCallFailure) in
        try TemplateIndexing.slice(values[0], Array(values.dropFirst()))
      }),
    "len": .function(
      .init([.any]) { values throws(TemplateCallFailure) in .int(try TemplateIndexing.length(values[0])) }),
    "print": formatter { values, format in format.print(values) },
    "println": formatter { values, format in format.printLine(values) },
    "printf": formatter(minimum: 1) { values, format in
      if case .string(let text) = values[0] { format.printFormatted(text, Array(values.dropFirst())) }
    },
    "html": escaper(GoEscaping.html),
    "js": escaper(GoEscaping.javaScript),
    "urlquery": escaper(GoEscaping.query),
  ]

  private static func comparison(
    rest: TemplateFunction.Parameter? = nil,
    _ compare: @escaping @Sendable ([TemplateValue]) throws(TemplateCallFailure) -> Bool
  ) -> Builtin {
    .function(
      TemplateFunction(rest == nil ? [.any, .any] : [.any], rest: rest) { values throws(TemplateCallFailure) in
        .bool(try compare(values))
      })
  }

  private static func lessOrEqual(
    _ left: TemplateValue, _ right: TemplateValue
  ) throws(TemplateCallFailure) -> Bool {
    if try TemplateComparison.less(left, right) { return true }
    return try TemplateComparison.equal(left, right)
  }

  private static func formatter(
    minimum: Int = 0, _ write: @escaping @Sendable ([TemplateValue], inout GoFormat) -> Void
  ) -> Builtin {
    .formatter(
      { values, limit throws(TemplateCallFailure) in
        var format = GoFormat(limit: limit)
        write(values, &format)
        if format.isCut { throw .message("the text is longer than \(limit) bytes") }
        return String(decoding: format.output, as: UTF8.self)
      }, minimum)
  }

  /// - Parameter escape: of the text that the arguments print as.
  private static func escaper(_ escape: @escaping @Sendable (String) -> String) -> Builtin {
    .formatter(
      { values, limit throws(TemplateCallFailure) in
        if values.count == 1, case .string(let text) = values[0] { return escape(text) }
        var format = GoFormat(limit: limit)
        format.print(
          values.map { value in
            if case .null = value { return .string("<no value>") }
            return value.pointee
          })
        if format.isCut { throw .message("the text is longer than \(limit) bytes") }
        return escape(String(decoding: format.output, as: UTF8.self))
      }, 0)
  }
}
