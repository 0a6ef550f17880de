import FleetModel
import Testing

@testable import SampleStore

@Suite("histograms of one series in the head")
struct HeadHistogramsTests {
  private func histogram(_ buckets: Int) -> NativeHistogram {
    var histogram = NativeHistogram()
    histogram.count = Double(buckets)
    histogram.positiveSpans = [.init(offset: 0, length: UInt32(buckets))]
    histogram.positiveBuckets = [Double](repeating: 1, count: buckets)
    return histogram
  }

  @Test func anOpenChunkIsBoundedInBytes() {
    let encoder = ColumnEncoder()
    var head = HeadHistograms()
    for time in 0..<20 as Range<Int64> {
      head.append(histogram(2000), at: time, goesOn: true, with: encoder)
      #expect(head.open.run.byteCount < HeadHistograms.openBytes)
    }
    #expect(head.size.samples == 20 && head.size.chunks == 7)
    var unreadable = 0
    #expect(head.columns(unreadable: &unreadable).timestamps == Array(0..<20) && unreadable == 0)
  }

  @Test func lateOnesAreKeptWithoutWhatSaysNothing() {
    var head = HeadHistograms()
    var sent = histogram(2)
    sent.positiveSpans = (0..<500).map { _ in .init(offset: 0, length: 0) } + sent.positiveSpans
    head.insertLate(sent, at: 5)
    var stale = histogram(400)
    stale.sum = StaleMarker.value
    head.insertLate(stale, at: 3)
    #expect(head.late.timestamps == [3, 5])
    #expect(head.late.values[0].isStale && head.late.values[0].positiveBuckets.isEmpty)
    #expect(head.late.values[1].compacted.isIdentical(to: histogram(2)))
    #expect(head.late.values[1].positiveSpans.count == 1)
    #expect(head.size.bytes == head.late.values.reduce(0) { $0 + $1.byteCount })
    head.remove(3, 3, with: ColumnEncoder())
    #expect(head.size.bytes == head.late.values[0].byteCount)
    guard let taken = head.takeMovable() else {
      Issue.record("nothing to move")
      return
    }
    #expect(head.size.bytes == 0 && taken.size.samples == 1)
    head.putBack(taken)
    #expect(head.size.bytes == taken.size.bytes && taken.size.bytes > 0)
    head.drop(before: 6)
    #expect(head.isEmpty && head.size.bytes == 0)
  }

  @Test func samplesInARangeAreFoundByTheirTimes() {
    let encoder = ColumnEncoder()
    var head = HeadHistograms()
    for time in [10, 20, 50] as [Int64] { head.append(histogram(3), at: time, goesOn: true, with: encoder) }
    head.close(with: encoder)
    for time in [70, 90] as [Int64] { head.append(histogram(3), at: time, goesOn: true, with: encoder) }
    head.insertLate(histogram(3), at: 60)
    let times: [Int64] = [10, 20, 50, 60, 70, 90]
    for from in 0..<100 as Range<Int64> {
      for through in from..<100 {
        #expect(head.hasSample(from, through) == times.contains { $0 >= from && $0 <= through })
      }
    }
  }
}
