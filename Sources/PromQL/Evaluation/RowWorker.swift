import FleetModel

/// What making rows takes beside the data: where samples are decoded, one series after the other, and the watch over time.
/// One for each thread.
// Unchecked: it is in one thread's hands at a time.
final class RowWorker: @unchecked Sendable {
  private var buffer = SampleBuffer()
  private var watch: QueryWatch
  private var failure: QueryError?
  /// Of the rows made so far.
  var annotations = Annotations()
  /// Decoded so far.
  private(set) var samplesRead = 0

  init(_ watch: QueryWatch) { self.watch = watch }

  /// - Parameter work: points that are about to be looked at.
  func checkpoint(_ work: Int) throws(QueryError) { try watch.checkpoint(work) }

  /// The same where nothing can be thrown: false once the work should stop, which ``throwIfStopped()`` then tells.
  @inline(__always)
  func goesOn(after work: Int) -> Bool {
    do throws(QueryError) { try watch.checkpoint(work) } catch { failure = error }
    return failure == nil
  }

  @inline(__always)
  func throwIfStopped() throws(QueryError) { if let failure { throw failure } }

  /// Calls `body` with the samples of a series, decoded now if they were not.
  @inline(__always)
  func withSamples(
    of selection: OpenedSelection, _ row: Int,
    _ body: (_ times: UnsafeBufferPointer<Int64>, _ values: UnsafeBufferPointer<Double>) -> Void
  ) throws(QueryError) {
    switch selection {
    case .decoded(let series):
      series[row].samples.timestamps.withUnsafeBufferPointer { times in
        series[row].samples.values.withUnsafeBufferPointer { values in body(times, values) }
      }
    case .encoded(let series):
      try decode(series, row)
      body(
        UnsafeBufferPointer(start: buffer.times, count: buffer.count),
        UnsafeBufferPointer(start: buffer.values, count: buffer.count))
    }
  }

  private func decode(_ series: EncodedSelection, _ row: Int) throws(QueryError) {
    buffer.removeAll()
    do {
      try series.decode(row, &buffer)
    } catch {
      throw .storage("expanding series: \(error)")
    }
    samplesRead += buffer.count
    try watch.checkpoint(buffer.count)
  }
}
