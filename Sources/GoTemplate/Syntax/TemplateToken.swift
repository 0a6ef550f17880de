/// One word of a template.
struct TemplateToken {
  enum Kind: Equatable {
    case failure
    case bool
    /// A printable ASCII character without meaning of its own; the comma among them.
    case character
    case characterConstant
    case complex
    case assign
    case declare
    case end
    case field
    case identifier
    case leftDelimiter
    case leftParenthesis
    case number
    case pipe
    case rawString
    case rightDelimiter
    case rightParenthesis
    case space
    case string
    case text
    case variable
    case keyword(Keyword)
  }

  enum Keyword: String {
    case block
    case breakLoop = "break"
    case continueLoop = "continue"
    case dot = "."
    case define
    case otherwise = "else"
    case end
    case condition = "if"
    case null = "nil"
    case range
    case template
    case with
  }

  var kind: Kind
  /// In bytes from the start of the text.
  var position: Int
  /// As written; for a failure what is wrong.
  var text: String
  /// From 1, where it begins.
  var line: Int

  /// As errors name it.
  var described: String {
    switch kind {
    case .end: return "EOF"
    case .failure: return text
    case .keyword: return "<\(text)>"
    default:
      let scalars = text.unicodeScalars
      guard text.utf8.count > 10 else { return GoQuoting.quoted(text) }
      return GoQuoting.quoted(String(String.UnicodeScalarView(scalars.prefix(10)))) + "..."
    }
  }
}
