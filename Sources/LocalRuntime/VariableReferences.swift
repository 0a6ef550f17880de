/// `$(NAME)` in commands and environment values, by the rule of Kubernetes, so that one system file means the same in both
/// places: a name that is not known stays as it is written, and `$$` stands for one `$`, so that `$$(NAME)` gives `$(NAME)`.
///
/// Source: Kubernetes API, `Container.args` and `EnvVar.value`.
enum VariableReferences {
  static func expand(_ text: String, with variables: [String: String]) -> String {
    guard text.utf8.contains(UInt8(ascii: "$")) else { return text }
    var result = ""
    var rest = Substring(text)
    while let dollar = rest.firstIndex(of: "$") {
      result += rest[..<dollar]
      rest = rest[rest.index(after: dollar)...]
      if rest.first == "$" {
        result += "$"
        rest = rest.dropFirst()
      } else if rest.first == "(", let close = rest.firstIndex(of: ")") {
        let name = String(rest[rest.index(after: rest.startIndex)..<close])
        result += variables[name] ?? "$(\(name))"
        rest = rest[rest.index(after: close)...]
      } else {
        result += "$"
      }
    }
    return result + rest
  }
}
