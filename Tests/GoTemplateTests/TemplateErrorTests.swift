import GoTemplate
import Testing

@Suite("what a template error says")
struct TemplateErrorTests {
  @Test func namesItsLine() {
    #expect(TemplateError(line: 3, message: "unexpected EOF").description == "line 3: unexpected EOF")
  }
}
