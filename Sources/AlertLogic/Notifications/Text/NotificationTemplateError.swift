import GoTemplate

/// A template of a notification that cannot be used.
public struct NotificationTemplateError: Error, Sendable, Hashable, CustomStringConvertible {
  /// `nil` for a text of a receiver.
  public var file: String?
  /// From 1, in the file or text.
  public var line: Int
  public var problem: String
  public var mend: String?

  public init(file: String?, line: Int, problem: String, mend: String? = nil) {
    self.file = file
    self.line = line
    self.problem = problem
    self.mend = mend
  }

  init(file: String?, _ error: TemplateError) {
    self.init(file: file, line: error.line, problem: error.problem, mend: Self.mend(of: error.problem))
    // A text that invokes a template fails in the file of that template: only Go's words tell which.
    if file == nil, error.problem != error.message { problem = error.message }
  }

  public var description: String {
    let place = file.map { "\($0):\(line): " } ?? ""
    return place + problem + (mend.map { "; \($0)" } ?? "")
  }

  /// Fails whatever the alerts are: the types of what templates see do not hang on them.
  static func isCertain(_ error: TemplateError) -> Bool {
    [
      "can't evaluate field", "wrong number of args", "wrong type for value", "can't give argument",
      "is not a method but has arguments", "has arguments but cannot be invoked", "expected string; found",
      "expected integer; found", "cannot assign nil", "a value may not stand", "the document ends within",
    ].contains { error.problem.contains($0) }
  }

  private static func mend(of problem: String) -> String? {
    if problem.hasPrefix("function \"tz\"") { return "leave it out: times are in UTC" }
    if problem.hasPrefix("function ") {
      return "known are \(NotificationTemplateFunctions.all.keys.sorted().joined(separator: ", ")) and those of Go"
    }
    if problem.hasPrefix("template "), problem.hasSuffix(" not defined") {
      return "define it in a file that templates names"
    }
    if problem.contains("can't evaluate field"), problem.contains("template.Data") {
      return "known are \(NotificationTemplateData.fields.joined(separator: ", "))"
    }
    if problem.contains("can't evaluate field"), problem.contains("template.Alert") {
      return "an alert has \(NotificationTemplateData.alertFields.joined(separator: ", "))"
    }
    if problem.hasPrefix("a value may not stand") { return "write such parts without values" }
    return nil
  }
}
