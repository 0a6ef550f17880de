import FleetModel
import Yams

/// Turns what the parser throws into a diagnostic with place and mend.
enum YAMLSyntaxError {
  static func diagnostic(for error: any Error, in text: String) -> Diagnostic {
    guard let error = error as? YamlError else { return Diagnostic(message: "cannot be parsed as YAML") }
    switch error {
    case .scanner(_, let problem, let mark, _), .parser(_, let problem, let mark, _):
      return Diagnostic(
        line: mark.line, column: mark.column, message: problem, mend: mend(for: problem, mark: mark, in: text))
    case .composer(_, let problem, let mark, _):
      if problem.contains("another document") {
        return Diagnostic(
          line: mark.line, column: mark.column, message: "a second document begins here",
          mend: "a file holds one document; remove the \"---\"")
      }
      if problem.contains("undefined alias") {
        return Diagnostic(
          line: mark.line, column: mark.column, message: "this alias names no anchor",
          mend: "define it above with \"&\", or quote the text")
      }
      return Diagnostic(line: mark.line, column: mark.column, message: problem)
    case .reader(let problem, let offset, _, _):
      let place = offset.map { self.place(ofCharacter: $0, in: text) }
      return Diagnostic(
        line: place?.line, column: place?.column, message: problem,
        mend: "remove the character, or write it as an escape in double quotes")
    case .duplicatedKeysInMapping(_, let context):
      return Diagnostic(line: context.mark.line, column: context.mark.column, message: "a key is given twice")
    case .memory: return Diagnostic(message: "cannot be parsed: out of memory")
    default: return Diagnostic(message: "cannot be parsed as YAML")
    }
  }

  private static func place(ofCharacter offset: Int, in text: String) -> YAMLTree.Place {
    let before = text.prefix(max(0, offset))
    let lastLine = before.unicodeScalars.lastIndex(of: "\n").map { before.unicodeScalars.index(after: $0) }
    let lines = before.unicodeScalars.reduce(1) { $1 == "\n" ? $0 + 1 : $0 }
    return YAMLTree.Place(
      line: lines, column: before.unicodeScalars[(lastLine ?? before.startIndex)...].count + 1)
  }

  private static func mend(for problem: String, mark: Mark, in text: String) -> String? {
    let lines = text.split(separator: "\n", maxSplits: max(1, mark.line), omittingEmptySubsequences: false)
    let line = lines.indices.contains(mark.line - 1) ? lines[mark.line - 1] : ""
    let leading = line.prefix { $0 == " " || $0 == "\t" }
    if leading.contains("\t") { return "indent with spaces, not tabs" }
    if line.contains(": {{") || line.contains("- {{") { return "put a text that begins with \"{{\" in quotes" }
    if problem.contains("cannot start any token") {
      return "put the text in quotes: a plain text cannot begin with \"@\", \"%\" or a backtick"
    }
    if problem.contains("mapping values are not allowed") {
      return "check the indentation, or put a text that holds \": \" in quotes"
    }
    if problem.contains("could not find expected ':'") { return "write \"key: value\", with a space after the colon" }
    if problem.contains("did not find expected key") || problem.contains("did not find expected '-' indicator") {
      return "check the indentation of this line and the one above"
    }
    if problem.contains("unexpected end of stream") { return "close the quote" }
    return nil
  }
}
