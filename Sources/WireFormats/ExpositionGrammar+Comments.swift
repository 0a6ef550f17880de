import FleetModel

/// Comment lines, among them the ones that carry metadata.
extension ExpositionGrammar {
  private enum Keyword { case help, type, unit }

  /// `nil` where a NUL ends the body, as Prometheus has it.
  mutating func textComment() throws(ExpositionFault) -> Entry? {
    let start = position
    position += 1
    let hash = position
    skipBlanks()
    let spaced = position > hash
    if spaced, let keyword = textKeyword() { return try textMetadata(keyword) }
    // A NUL is passed over only behind "# " and one further character.
    if spaced, at(position) == 0 { return nil }
    while case let character = at(position), character != 10 {
      if character == 0, !spaced { return nil }
      position += 1
    }
    text = start..<position
    position += 1
    return .comment
  }

  private mutating func textKeyword() -> Keyword? {
    let keyword: Keyword
    if word("HELP") {
      keyword = .help
    } else if word("TYPE") {
      keyword = .type
    } else {
      return nil
    }
    guard case let after = at(position + 4), after == 32 || after == 9 else { return nil }
    position += 4
    skipBlanks()
    return keyword
  }

  private func word(_ word: StaticString) -> Bool {
    for index in 0..<word.utf8CodeUnitCount where at(position + index) != Int(word.utf8Start[index]) { return false }
    return true
  }

  private mutating func textMetadata(_ keyword: Keyword) throws(ExpositionFault) -> Entry {
    try metadataName(keyword)
    let separator = position
    skipBlanks()
    if at(position) != 10 {
      if at(separator) == 0 { throw fault("expected the text of \(keywordText(keyword)), got \(described(separator))") }
      // Whatever stands behind the name counts as its separator; further blanks belong to the text.
      position = separator + 1
    }
    let start = position
    while at(position) != 10 { position += 1 }
    text = start..<position
    position += 1
    return try metadata(keyword)
  }

  private mutating func metadataName(_ keyword: Keyword) throws(ExpositionFault) {
    let start = position
    if at(position) == 34, let range = scanQuoted(lines: true, nulls: false) {
      name = range
    } else if isNameStart(at(position)) {
      name = scanName()
    } else {
      throw fault("expected a metric name after \(keywordText(keyword)), got \(described(start))")
    }
    guard isValidUTF8(bytes(name)) else {
      throw ExpositionFault(offset: start, message: "the metric name \(quoted(bytes(name))) is not valid UTF-8")
    }
  }

  private func keywordText(_ keyword: Keyword) -> String {
    switch keyword {
    case .help: "HELP"
    case .type: "TYPE"
    case .unit: "UNIT"
    }
  }

  private mutating func metadata(_ keyword: Keyword) throws(ExpositionFault) -> Entry {
    switch keyword {
    case .help:
      guard isValidUTF8(bytes(text)) else {
        throw ExpositionFault(offset: text.lowerBound, message: "the HELP text is not valid UTF-8")
      }
      return .help
    case .type:
      family = (name, try metricType())
      return .type
    case .unit:
      try checkUnit()
      return .unit
    }
  }

  private func metricType() throws(ExpositionFault) -> MetricType {
    let word = String(decoding: bytes(text), as: UTF8.self)
    let allowed: [MetricType] =
      openMetrics
      ? [.counter, .gauge, .histogram, .gaugehistogram, .summary, .info, .stateset, .unknown]
      : [.counter, .gauge, .histogram, .summary]
    if !openMetrics, word == "untyped" { return .unknown }
    if let type = MetricType(rawValue: word), allowed.contains(type) { return type }
    let names = allowed.map(\.rawValue).joined(separator: ", ") + (openMetrics ? "" : ", untyped")
    throw ExpositionFault(
      offset: text.lowerBound,
      message: "unknown metric type \(quoted(bytes(text))); expected exactly one of \(names)")
  }

  private func checkUnit() throws(ExpositionFault) {
    let unit = bytes(text)
    guard isValidUTF8(unit) else {
      throw ExpositionFault(offset: text.lowerBound, message: "the UNIT text is not valid UTF-8")
    }
    if unit.isEmpty { return }
    let metric = bytes(name)
    let start = metric.count - unit.count
    guard start > 0, metric[start - 1] == 95, metric[start...].elementsEqual(unit) else {
      throw ExpositionFault(
        offset: text.lowerBound,
        message:
          "the unit \(quoted(unit)) is not the end of the metric's name \(quoted(metric)); name it …_\(String(decoding: unit, as: UTF8.self))"
      )
    }
  }

  // MARK: - OpenMetrics

  mutating func openMetricsComment() throws(ExpositionFault) -> Entry {
    let start = position
    guard at(position + 1) == 32 else { throw fault("expected \"# HELP\", \"# TYPE\", \"# UNIT\" or \"# EOF\"") }
    position += 2
    if word("EOF") {
      position += 3
      if at(position) == 10 { position += 1 }
      guard position == count else { throw fault("there is something after \"# EOF\"; it must be the last line") }
      return .end
    }
    let keywords: [(StaticString, Keyword)] = [("HELP ", .help), ("TYPE ", .type), ("UNIT ", .unit)]
    guard let (_, keyword) = keywords.first(where: { word($0.0) }) else {
      throw ExpositionFault(
        offset: start, message: "OpenMetrics has no comments but \"# HELP\", \"# TYPE\", \"# UNIT\" and \"# EOF\"")
    }
    position += 5
    try metadataName(keyword)
    guard at(position) == 32 else {
      throw fault("expected a space and the text of \(keywordText(keyword)), got \(described(position))")
    }
    position += 1
    let textStart = position
    while position < count, base[position] != newline { position += 1 }
    guard position < count else { throw fault("\(keywordText(keyword)) has no end of line; was the body cut off?") }
    text = textStart..<position
    position += 1
    return try metadata(keyword)
  }
}
