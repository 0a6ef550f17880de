/// What is wrong with a template or its execution.
public struct TemplateError: Error, Sendable, Hashable, CustomStringConvertible {
  /// From 1, in the template's text.
  public var line: Int
  /// In bytes from 0, where it is known: Go tells it of failed executions only.
  public var column: Int?
  /// What is wrong, without the place.
  public var problem: String
  /// All of it in Go's words, the place included: `template: NAME:1:5: executing "NAME" at <.X>: …`.
  public var message: String

  public init(line: Int, column: Int? = nil, problem: String, message: String) {
    self.line = line
    self.column = column
    self.problem = problem
    self.message = message
  }

  public var description: String { message }
}
