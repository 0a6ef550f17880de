import Foundation
import GoTemplate
import Testing

/// What Go's `text/template` makes of templates, written by `Cases/generate.go`.
struct LanguageCase: Decodable {
  var template: String
  var missing: String?
  var output: String?
  var error: String?

  static func all(in file: String) throws -> [LanguageCase] {
    let folder = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "Cases")
    return try JSONDecoder().decode([LanguageCase].self, from: Data(contentsOf: folder.appending(path: file)))
  }
}

@Suite("templates mean what they mean to Go")
struct LanguageTests {
  @Test func everyCase() throws {
    let cases = try LanguageCase.all(in: "language.json")
    #expect(cases.count > 3000)
    var differences: [String] = []
    for one in cases {
      let (output, error) = Self.run(one)
      if output != one.output || error != one.error {
        differences.append(
          "\(one.template.debugDescription)\n  ours: \((output ?? error ?? "").debugDescription)"
            + "\n  Go's: \((one.output ?? one.error ?? "").debugDescription)")
      }
    }
    #expect(
      differences.isEmpty, "\(differences.count) of \(cases.count):\n\(differences.prefix(60).joined(separator: "\n"))")
  }

  static func run(_ one: LanguageCase) -> (output: String?, error: String?) {
    let missing: TemplateSet.MissingEntry =
      switch one.missing {
      case "zero": .zero
      case "error": .error
      default: .nothing
      }
    var set = TemplateSet(functions: CaseWorld.functions, missing: missing)
    do {
      try set.add(one.template, name: "case")
    } catch {
      return (nil, error.message)
    }
    do {
      return (try set.execute("case", with: CaseWorld.data), nil)
    } catch {
      switch error {
      case .failed(let error): return (nil, error.message)
      case .stopped(let reason): return (nil, "stopped: \(reason)")
      }
    }
  }
}
