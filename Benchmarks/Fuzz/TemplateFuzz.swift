import GoTemplate

/// The input is a template. Whatever it is, it parses or is refused, runs or fails, and always ends within its bounds.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzzTemplate(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
  let text = String(decoding: UnsafeBufferPointer(start: start, count: count), as: UTF8.self)
  var set = TemplateSet(functions: functions, limits: .init(size: 10_000, steps: 5000))
  do {
    try set.add(text, name: "t")
  } catch {
    precondition(error.line >= 1 && error.message.hasPrefix("template: t:"), "BUG: \(error)")
    return 0
  }
  do {
    let output = try set.execute("t", with: data)
    precondition(output.utf8.count <= 3 * 10_000, "BUG: \(output.utf8.count) bytes were written")
  } catch .failed(let error) {
    precondition(error.message.hasPrefix("template: "), "BUG: \(error)")
  } catch {
    preconditionFailure("BUG: \(error)")
  }
  return 0
}

private let functions: [String: TemplateFunction] = [
  "args": TemplateFunction(rest: .any) { values in
    .map(TemplateMap(Dictionary(uniqueKeysWithValues: values.enumerated().map { ("arg\($0)", $1) })))
  },
  "text": TemplateFunction([.string]) { values in values[0] },
  "int": TemplateFunction([.int]) { values in values[0] },
  "fail": TemplateFunction { _ throws(TemplateCallFailure) in throw .message("asked to") },
]

private let data: TemplateValue = .map(
  TemplateMap([
    "S": .string("text"), "I": .int(7), "F": .float(1.5), "N": .null,
    "L": .list(TemplateList([.int(1), .string("a")])),
    "M": .map(TemplateMap(strings: ["a": "1"])), "T": GoTime(milliseconds: 1_700_000_000_123).value(isPointer: true),
    "D": GoDuration(nanoseconds: 90_000_000_000).value(),
    "C": .function(TemplateFunction([.string], rest: .any) { values in values[0] }),
  ]))
