/// Label lists and quoted strings.
extension ExpositionGrammar {
  /// Reads up to and with the closing brace. `named` says that the metric's name is already known, so that a quoted string
  /// alone is one too many.
  mutating func labelList(exemplar: Bool, named: Bool) throws(ExpositionFault) {
    var named = named
    skipLabelBlanks()
    while at(position) != 125 {
      let start = position
      let (range, isQuoted) = try labelName(exemplar: exemplar)
      skipLabelBlanks()
      if isQuoted, !exemplar, case let after = at(position), after == 44 || after == 125 {
        guard !named else {
          throw ExpositionFault(
            offset: start,
            message: "a second metric name \(quoted(bytes(range))); a series has one, a label needs =\"…\"")
        }
        name = range
        named = true
        if after == 125 { break }
        position += 1
        skipLabelBlanks()
        continue
      }
      guard at(position) == 61 else { throw fault("expected \"=\" after the label name, got \(described(position))") }
      position += 1
      skipLabelBlanks()
      let value = try labelValue(of: range, exemplar: exemplar)
      let span = LabelSpan(
        name: Int32(range.lowerBound)..<Int32(range.upperBound),
        value: Int32(value.lowerBound)..<Int32(value.upperBound))
      if exemplar { exemplarLabels.append(span) } else { labels.append(span) }
      skipLabelBlanks()
      if at(position) == 44 {
        position += 1
        skipLabelBlanks()
      } else if openMetrics, at(position) != 125 {
        throw fault("expected \",\" or \"}\" after the label value, got \(described(position))")
      }
    }
    position += 1
  }

  /// OpenMetrics has no blanks between labels.
  private mutating func skipLabelBlanks() {
    if !openMetrics { skipBlanks() }
  }

  private mutating func labelName(exemplar: Bool) throws(ExpositionFault) -> (Range<Int>, isQuoted: Bool) {
    let character = at(position)
    if character == 34 {
      let start = position
      guard let range = scanQuoted(lines: !exemplar, nulls: false) else {
        throw ExpositionFault(offset: start, message: "expected a label name: this quoted string has no end")
      }
      try require(range)
      return (range, true)
    }
    guard isNameStart(character), character != 58 else {
      let hint = openMetrics && character == 32 ? "; OpenMetrics has no spaces between labels" : ""
      throw fault("expected a label name or \"}\", got \(described(position))\(hint)")
    }
    return (scanName(colon: false), false)
  }

  private mutating func labelValue(of name: Range<Int>, exemplar: Bool) throws(ExpositionFault) -> Range<Int> {
    let start = position
    // In an exemplar Prometheus takes no NUL, elsewhere in a value it does.
    guard at(position) == 34, let range = scanQuoted(lines: !openMetrics, nulls: !exemplar) else {
      throw ExpositionFault(
        offset: start, message: "expected a value in double quotes for the label \(quoted(bytes(name)))")
    }
    guard isValidUTF8(bytes(range)) else {
      throw ExpositionFault(offset: start, message: "the value of the label \(quoted(bytes(name))) is not valid UTF-8")
    }
    return range
  }

  /// Prometheus refuses such names one step later, when it stores the sample.
  private func require(_ range: Range<Int>) throws(ExpositionFault) {
    if range.isEmpty { throw ExpositionFault(offset: range.lowerBound, message: "the name in quotes is empty") }
    guard isValidUTF8(bytes(range)) else {
      throw ExpositionFault(offset: range.lowerBound, message: "the name \(quoted(bytes(range))) is not valid UTF-8")
    }
  }

  /// The inside of the quoted string that starts at `position`, which moves past it; `nil` where it has no end.
  mutating func scanQuoted(lines: Bool, nulls: Bool) -> Range<Int>? {
    let start = position + 1
    var index = start
    while index < count {
      let byte = base[index]
      if byte == 34 {
        position = index + 1
        return start..<index
      }
      if byte == 0, !nulls { return nil }
      if byte == newline, !lines { return nil }
      index += 1
      if byte == 92 {
        while nulls, index < count, base[index] == 0 { index += 1 }
        guard index < count, base[index] != newline, base[index] != 0 else { return nil }
        index += 1
      }
    }
    return nil
  }
}

/// ASCII by words of eight bytes, the rest by the standard library.
func isValidUTF8(_ bytes: UnsafeBufferPointer<UInt8>) -> Bool {
  guard let base = UnsafeRawPointer(bytes.baseAddress) else { return true }
  var index = 0
  while index + 8 <= bytes.count {
    if base.loadUnaligned(fromByteOffset: index, as: UInt64.self) & 0x8080_8080_8080_8080 != 0 { break }
    index += 8
  }
  while index < bytes.count, bytes[index] < 0x80 { index += 1 }
  if index == bytes.count { return true }
  return String(validating: UnsafeBufferPointer(rebasing: bytes[index...]), as: UTF8.self) != nil
}
