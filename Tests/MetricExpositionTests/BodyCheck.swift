import MetricExposition

/// Reads a body back by the rules of its format, strictly: a second opinion on what the renderer writes.
enum BodyCheck {
  struct Failure: Error, CustomStringConvertible {
    let description: String
  }

  /// - Returns: series, as written, → value.
  @discardableResult
  static func check(_ body: String, format: ExpositionFormat) throws -> [String: Double] {
    var lines = body.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
    guard lines.popLast() == "" else { throw Failure(description: "the body does not end with a line feed") }
    if format == .openMetrics, lines.popLast() != "# EOF" { throw Failure(description: "no # EOF") }
    var values: [String: Double] = [:]
    var seenFamilies: Set<String> = []
    var family = ""
    var type = ""
    for line in lines {
      let words = line.split(separator: " ", maxSplits: 3).map(String.init)
      if words.first == "#" {
        guard words.count == 4 else { throw Failure(description: "comment: \(line)") }
        if words[1] == "TYPE" {
          guard seenFamilies.insert(words[2]).inserted else { throw Failure(description: "family twice: \(line)") }
          (family, type) = (words[2], words[3])
        }
        continue
      }
      guard let blank = line.lastIndex(of: " ") else { throw Failure(description: "no value: \(line)") }
      let series = String(line[..<blank])
      let number = String(line[line.index(after: blank)...])
      guard let value = number == "+Inf" ? .infinity : Double(number) else {
        throw Failure(description: "number: \(line)")
      }
      guard values.updateValue(value, forKey: series) == nil else { throw Failure(description: "twice: \(line)") }
      let name = String(series.prefix { $0 != "{" })
      guard suffixes(type, format).contains(where: { family + $0 == name }) else {
        throw Failure(description: "\(name) does not belong to \(family), a \(type)")
      }
      try checkLabels(series.dropFirst(name.count), line)
    }
    return values
  }

  private static func suffixes(_ type: String, _ format: ExpositionFormat) -> [String] {
    switch type {
    case "counter": format == .openMetrics ? ["_total"] : [""]
    case "histogram": ["_bucket", "_sum", "_count"]
    default: [""]
    }
  }

  private static func checkLabels(_ text: Substring, _ line: String) throws {
    if text.isEmpty { return }
    guard text.first == "{", text.last == "}" else { throw Failure(description: "braces: \(line)") }
    var rest = text.dropFirst().dropLast().unicodeScalars
    var names: Set<String> = []
    while !rest.isEmpty {
      let name = String(rest.prefix { $0 != "=" })
      rest = rest.dropFirst(name.unicodeScalars.count)
      guard rest.popFirst() == "=", rest.popFirst() == "\"", names.insert(name).inserted else {
        throw Failure(description: "label \(name): \(line)")
      }
      var closed = false
      while let scalar = rest.popFirst() {
        if scalar == "\"" {
          closed = true
          break
        }
        if scalar == "\\", let escaped = rest.popFirst(), !["\\", "\"", "n"].contains(escaped) {
          throw Failure(description: "escape: \(line)")
        }
      }
      guard closed else { throw Failure(description: "quote: \(line)") }
      if let comma = rest.popFirst(), comma != "," || rest.isEmpty { throw Failure(description: "comma: \(line)") }
    }
  }
}
