import FleetModel
import PromQL

/// The input is a query. What is read must print to something that reads back to the same print, and errors and findings must
/// lie within the text.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzzQuery(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
  let text = String(decoding: UnsafeBufferPointer(start: start, count: count), as: UTF8.self)
  let options = ParserOptions.experimental
  // A histogram in a script; repeating it only takes time.
  if text.contains("{{"), !text.contains("x") { _ = PromQLScript("load 1m\n  m \(text)") }
  do {
    let query = try ParsedQuery(text, options: options)
    let expression = query.expression
    check(expression, within: text.utf8.count)
    for finding in linter.findings(in: query) {
      precondition(finding.range.end <= text.utf8.count, "BUG: \(finding) lies outside")
      _ = finding.diagnostic(in: text)
    }
    let canonical = expression.description
    for form in [canonical, expression.formatted] {
      guard let again = try? ParsedQuery(form, options: options) else {
        preconditionFailure("BUG: \(form) does not read back")
      }
      precondition(again.expression.description == canonical, "BUG: \(canonical) became \(again.expression)")
    }
  } catch {
    precondition(
      error.range.start >= 0 && error.range.start <= error.range.end && error.range.start <= text.utf8.count,
      "BUG: \(error) lies outside of the text")
  }
  return 0
}

private let linter = ExpressionLinter(
  catalogue: MetricCatalogue(metrics: ["x": .init(type: .gauge, labels: ["a", "z"])], interval: .seconds(30)))

private func check(_ expression: Expression, within length: Int) {
  expression.visit { part in
    let range = part.range
    precondition(range.start >= 0 && range.start < range.end && range.end <= length, "BUG: \(part) lies outside")
  }
}
