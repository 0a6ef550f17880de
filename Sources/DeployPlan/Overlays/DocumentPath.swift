import FleetModel

/// A path into a system file as users write it: `agents[planner].resources.cpu_limit`, `agents[0].ports[1]`,
/// `agents[planner].labels["example.org/tier"]`.
struct DocumentPath {
  enum Step: Hashable {
    case key(String)
    /// An item of a list.
    case index(Int)
    /// The item of a list that is called so.
    case name(String)
  }

  let steps: [Step]

  /// - Throws: what is wrong with the text.
  init(_ text: String) throws(Diagnostic) {
    var steps: [Step] = []
    var rest = Array(text.unicodeScalars)[...]
    func malformed(_ problem: String) -> Diagnostic {
      Diagnostic(
        message: "\"\(YAMLTree.shortened(text))\" is no path: \(problem)",
        mend: "write one such as agents[planner].resources.cpu_limit")
    }
    if rest.isEmpty { throw malformed("it is empty") }
    while let first = rest.first {
      if first == "[" {
        rest = rest.dropFirst()
        if rest.first == "\"" {
          guard let quote = rest.dropFirst().firstIndex(of: "\""), rest[(quote + 1)...].first == "]" else {
            throw malformed("a \"[\" is not closed")
          }
          steps.append(.key(Self.string(rest[(rest.startIndex + 1)..<quote])))
          rest = rest[(quote + 2)...]
        } else {
          guard let close = rest.firstIndex(of: "]") else { throw malformed("a \"[\" is not closed") }
          let inner = Self.string(rest[..<close])
          if inner.isEmpty { throw malformed("\"[]\" names no item") }
          steps.append(YAMLNumber.integer(inner).map { .index($0) } ?? .name(inner))
          rest = rest[(close + 1)...]
        }
        continue
      }
      if first == "." {
        if steps.isEmpty { throw malformed("it begins with a dot") }
        rest = rest.dropFirst()
      } else if !steps.isEmpty {
        throw malformed("a dot is missing after \"]\"")
      }
      let key = rest.prefix { $0 != "." && $0 != "[" }
      if key.isEmpty { throw malformed("a key is missing after a dot") }
      steps.append(.key(Self.string(key)))
      rest = rest[key.endIndex...]
    }
    self.steps = steps
  }

  private static func string(_ scalars: ArraySlice<Unicode.Scalar>) -> String {
    var text = String.UnicodeScalarView()
    text.append(contentsOf: scalars)
    return String(text)
  }
}
