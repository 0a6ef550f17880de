import FleetModel
import WireFormats

/// Which parser to drive is fixed at build time, so that each has a corpus of its own.
#if FUZZ_OPENMETRICS
  private let format = ExpositionFormat.openMetrics
#elseif FUZZ_JSON
  private let format = ExpositionFormat.agentJSON
#else
  private let format = ExpositionFormat.prometheusText
#endif

/// The input is one body, or several with a byte 0x1e between, read one after the other by one parser. Each must get the
/// verdict and the samples of the complete reading, whatever is remembered.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzzParser(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
  let input = Array(UnsafeBufferPointer(start: start, count: count))
  var parser = CollectionParser(seed: 9)
  var collection = ParsedCollection()
  var series: [Int32: LabelSet] = [:]
  let bodies = input.split(separator: 0x1e, maxSplits: 4, omittingEmptySubsequences: false).map { Array($0) }
  for body in bodies + [bodies[0]] {
    let document = ExpositionDocument(body, format: format)
    do {
      try parser.parse(body, format: format, into: &collection)
    } catch {
      precondition(
        document.error == error, "BUG: one parser says \(error), the other \(String(describing: document.error))")
      continue
    }
    precondition(document.error == nil, "BUG: only one parser refuses: \(String(describing: document.error))")
    parser.commit()
    for one in collection.started {
      precondition(series[one.slot] == nil, "BUG: slot \(one.slot) was taken")
      series[one.slot] = one.labels
    }
    check(document, collection.samples, series)
    for slot in collection.ended {
      precondition(series.removeValue(forKey: slot) != nil, "BUG: an unknown series ended")
    }
    precondition(Set(series.values).count == series.count, "BUG: two slots for one series")
  }
  return 0
}

private func check(_ document: ExpositionDocument, _ samples: [ParsedSample], _ series: [Int32: LabelSet]) {
  var index = 0
  for case .series(let expected) in document.entries {
    precondition(index < samples.count, "BUG: samples are missing")
    let sample = samples[index]
    precondition(sample.value.bitPattern == expected.value.bitPattern, "BUG: \(sample.value) is not \(expected.value)")
    precondition(series[sample.slot] == LabelSet(expected.labels), "BUG: \(expected.labels) has another's slot")
    index += 1
  }
  precondition(index == samples.count, "BUG: too many samples")
}
