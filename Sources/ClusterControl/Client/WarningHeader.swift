/// The header `Warning` as API servers send it: `299 - "text"`, one or several in a field, quotes and backslashes within
/// escaped (RFC 7234, section 5.5; <https://kubernetes.io/blog/2020/09/03/warnings/>).
enum WarningHeader {
  /// The texts; what does not follow the form is taken as it is.
  static func texts(_ field: String) -> [String] {
    var texts: [String] = []
    var rest = field.unicodeScalars[...]
    while let quote = rest.firstIndex(of: "\"") {
      rest = rest[rest.index(after: quote)...]
      guard let text = quoted(&rest) else { return [field] }
      texts.append(text)
      // A date may follow, in quotes of its own.
      let next = rest.drop { $0 == " " }
      if next.first == "\"" {
        rest = next.dropFirst()
        guard quoted(&rest) != nil else { break }
      }
      guard let comma = rest.firstIndex(of: ",") else { break }
      rest = rest[comma...]
    }
    return texts.isEmpty && !field.isEmpty ? [field] : texts
  }
  /// What stands before the closing quote, which is taken too; `nil` if there is none.
  private static func quoted(_ rest: inout Substring.UnicodeScalarView) -> String? {
    var text = ""
    var isEscaped = false
    while let scalar = rest.popFirst() {
      if !isEscaped, scalar == "\"" { return text }
      isEscaped = !isEscaped && scalar == "\\"
      if !isEscaped { text.unicodeScalars.append(scalar) }
    }
    return nil
  }
}
