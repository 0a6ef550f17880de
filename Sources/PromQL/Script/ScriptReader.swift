import FleetModel

/// Cuts a script into commands.
struct ScriptReader {
  private let lines: [String]
  private var index = 0

  init(_ text: String) {
    lines = text.split(separator: "\n", omittingEmptySubsequences: false).map(Self.trimmed)
  }

  static func trimmed(_ text: some StringProtocol) -> String {
    func isBlank(_ byte: UInt8) -> Bool { byte == 0x20 || byte == 0x09 || byte == 0x0d }
    let utf8 = Array(text.utf8)
    guard let first = utf8.firstIndex(where: { !isBlank($0) }), let last = utf8.lastIndex(where: { !isBlank($0) })
    else {
      return ""
    }
    return String(decoding: utf8[first...last], as: UTF8.self)
  }

  /// Whether the line ends a command.
  private func isBlank(_ line: String) -> Bool { line.isEmpty || line.hasPrefix("#") }

  mutating func read() -> [PromQLScript.Command] {
    var commands: [PromQLScript.Command] = []
    while index < lines.count {
      let line = lines[index]
      let number = index + 1
      index += 1
      if isBlank(line) { continue }
      do throws(ScriptProblem) {
        commands.append(try command(line, number))
      } catch {
        commands.append(.unreadable(line: number, error))
      }
    }
    return commands
  }

  /// The lines that belong to a command, up to the next blank one.
  private mutating func block() -> [(text: String, number: Int)] {
    var block: [(String, Int)] = []
    while index < lines.count, !isBlank(lines[index]) {
      block.append((lines[index], index + 1))
      index += 1
    }
    return block
  }

  private mutating func command(_ line: String, _ number: Int) throws(ScriptProblem) -> PromQLScript.Command {
    let word = line.split(whereSeparator: { $0 == " " || $0 == "\t" }).first.map { $0.lowercased() } ?? ""
    if word == "clear" { return .clear }
    if word.hasPrefix("load") { return try load(line, word) }
    if word.hasPrefix("eval") {
      let block = block()
      return .evaluate(try ScriptEvaluation(line, number, block))
    }
    throw ScriptProblem("unknown command \(word)")
  }

  private mutating func load(_ line: String, _ word: String) throws(ScriptProblem) -> PromQLScript.Command {
    let block = block()
    guard word == "load" || word == "load_with_nhcb" else { throw ScriptProblem("\(word) is not supported") }
    let parts = line.split(whereSeparator: { $0 == " " || $0 == "\t" })
    guard parts.count == 2, let gap = NumberText.duration(String(parts[1])) else {
      throw ScriptProblem("load needs a duration")
    }
    var order: [LabelSet] = []
    var series: [LabelSet: ScriptSeries] = [:]
    for (text, number) in block {
      do {
        let line = try SeriesLine(text)
        // Within one load the later of two lines counts.
        if series[line.labels] == nil { order.append(line.labels) }
        series[line.labels] = ScriptSeries(
          labels: line.labels, samples: try line.samples(gap: gap), histograms: try line.histogramSamples(gap: gap))
      } catch {
        throw ScriptProblem("line \(number): \(error)")
      }
    }
    var loaded = order.compactMap { series[$0] }
    if word == "load_with_nhcb" { loaded += CustomBucketConversion.histograms(of: loaded) }
    return .load(loaded)
  }
}
