/// What is wrong with a template or its execution.
public struct TemplateError: Error, Sendable, Hashable, CustomStringConvertible {
  /// From 1.
  public var line: Int
  /// In Go's words where Go has some.
  public var message: String

  public init(line: Int, message: String) {
    self.line = line
    self.message = message
  }

  public var description: String { "line \(line): \(message)" }
}
