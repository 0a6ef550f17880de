import FleetModel

/// The input is two bytes of a count, then what it holds: once as the bytes of a column, which must be refused or read
/// without harm, and once as doubles, which must come back bit for bit.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzzColumn(_ start: UnsafePointer<UInt8>?, _ size: Int) -> CInt {
  guard let start, size > 2 else { return 0 }
  let count = 1 + (Int(start[0]) | Int(start[1]) << 8) % ValueColumn.maximumCount
  let input = UnsafeRawBufferPointer(start: start + 2, count: size - 2)
  let values = UnsafeMutablePointer<Double>.allocate(capacity: count)
  let times = UnsafeMutablePointer<Int64>.allocate(capacity: count)
  defer {
    values.deallocate()
    times.deallocate()
  }
  try? ValueColumn.decode(input, count: count, into: values)
  var histograms: [NativeHistogram] = []
  try? HistogramColumn.decode(input, count: count, into: &histograms)
  if (try? TimeColumn.decode(input, count: count, into: times)) != nil {
    for index in 1..<max(1, count) { precondition(times[index] > times[index - 1], "BUG: times that do not rise") }
  }
  let doubles = (0..<min(size / 8, ValueColumn.maximumCount)).map { index in
    UnsafeRawBufferPointer(start: start, count: size).loadUnaligned(fromByteOffset: index * 8, as: Double.self)
  }
  if !doubles.isEmpty { checkRoundTrip(doubles) }
  return 0
}

private func checkRoundTrip(_ doubles: [Double]) {
  var bytes: [UInt8] = []
  doubles.withUnsafeBufferPointer { ValueColumn.encode($0, into: &bytes) }
  let decoded = UnsafeMutablePointer<Double>.allocate(capacity: doubles.count)
  defer { decoded.deallocate() }
  bytes.withUnsafeBytes { bytes in
    do {
      try ValueColumn.decode(bytes, count: doubles.count, into: decoded)
    } catch { preconditionFailure("BUG: what was encoded is refused: \(error)") }
  }
  for index in doubles.indices {
    precondition(decoded[index].bitPattern == doubles[index].bitPattern, "BUG: another value came back")
  }
}
