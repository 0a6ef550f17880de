import GoTemplate
import Testing

@Suite("what a template error says")
struct TemplateErrorTests {
  @Test func speaksAsGoDoes() {
    let error = TemplateError(line: 3, problem: "unexpected EOF", message: "template: t:3: unexpected EOF")
    #expect(error.description == "template: t:3: unexpected EOF")
  }
}
