import FleetModel

@testable import SampleStore

/// The input is read as a segment, and then, cut into payloads, each behind its length in one byte, as a segment whose frames
/// and checksums are right. What was understood of that must read back the same when it is written anew.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzzLog(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
  let input = Array(UnsafeBufferPointer(start: start, count: count))
  _ = replay(input)

  var segment = FrameFile.header(LogSegmentReader.kind)
  append([LogRecord.Kind.segment.rawValue, 7, 0, 0, 0, 0, 0, 0, 0], to: &segment)
  var position = 0
  while position < input.count {
    let end = min(input.count, position + 1 + Int(input[position]))
    if end > position + 1 { append(Array(input[position + 1..<end]), to: &segment) }
    position = end
  }
  let (end, journal) = replay(segment)
  precondition(end.goodBytes <= end.bytes, "BUG: more is good than there is")
  precondition((end.flaw == nil) == (end.goodBytes == end.bytes), "BUG: a flaw that is not told")
  let (again, journalAgain) = replay(Array(segment[..<33]) + journal)
  precondition(again.flaw == nil, "BUG: \(again.flaw ?? "") in what was written anew")
  precondition(again.records == end.records && again.samples == end.samples, "BUG: records were lost")
  precondition(journal == journalAgain, "BUG: the record reads back as another")
  return 0
}

private func append(_ payload: [UInt8], to bytes: inout [UInt8]) {
  payload.withUnsafeBytes { FrameFile.append($0, to: &bytes) }
}

/// How the reading ended, and what was read in the journal's own form.
private func replay(_ bytes: [UInt8]) -> (ReplayEnd, [UInt8]) {
  var writer = Rewriter()
  // Just as long as they are, for the address sanitizer.
  let copy = UnsafeMutableRawBufferPointer.allocate(byteCount: bytes.count, alignment: 1)
  defer { copy.deallocate() }
  copy.copyBytes(from: bytes)
  let end = LogSegmentReader.replay(UnsafeRawBufferPointer(copy), segment: 7, into: &writer)
  var records = JournalBytes()
  writer.journal.exchange(&records)
  return (end, Array(records.bytes))
}

private struct Rewriter: LogConsumer, ~Copyable {
  var journal = Journal(isEnabled: true)

  mutating func series(_ number: UInt32, encodedLabels: UnsafeRawBufferPointer) {
    journal.series(number, encodedLabels: encodedLabels)
  }

  mutating func samples(_ samples: UnsafeBufferPointer<Sample>, at time: Int64) {
    journal.beginSamples(at: time)
    for sample in samples { journal.sample(sample.series.rawValue, sample.value) }
    journal.endSamples()
  }

  mutating func lateSamples(_ samples: UnsafeBufferPointer<Sample>, at time: Int64) {
    journal.beginLateSamples(at: time)
    for sample in samples { journal.sample(sample.series.rawValue, sample.value) }
    journal.endSamples()
  }

  mutating func histograms(_ samples: [HistogramSample], at time: Int64) { append(samples, at: time, areLate: false) }

  mutating func lateHistograms(_ samples: [HistogramSample], at time: Int64) {
    append(samples, at: time, areLate: true)
  }

  private mutating func append(_ samples: [HistogramSample], at time: Int64, areLate: Bool) {
    let encoded = EncodedHistograms(samples, isJournalled: true)
    let records = zip(samples, encoded.bytes).compactMap { sample, bytes in bytes.map { (sample.series.rawValue, $0) } }
    if !records.isEmpty { journal.histograms(records, at: time, areLate: areLate) }
  }

  mutating func deletion(of numbers: [UInt32], from: Int64, through: Int64) {
    journal.deletion(of: numbers, from: from, through: through)
  }
}
