// What columns of blocks cost: `codec-benchmark [agents] [values]`, 20 agents of 200 series and 480 values by default.
// Beside them the codecs of the head's chunks, whose times (one bit a sample when regular) are counted too.
// Each column is timed alone, several times, and the least time counts: other work on the machine then matters little.

import FleetModel
import Glibc

func nanoseconds() -> Double {
  var time = timespec()
  clock_gettime(CLOCK_MONOTONIC, &time)
  return Double(time.tv_sec) * 1e9 + Double(time.tv_nsec)
}

struct Cost {
  var bytes = 0.0
  var encode = 0.0
  var decode = 0.0

  static func += (sum: inout Cost, cost: Cost) {
    sum.bytes += cost.bytes
    sum.encode += cost.encode
    sum.decode += cost.decode
  }
}

func least(_ runs: Int, _ body: () -> Void) -> Double {
  var least = Double.infinity
  for _ in 0..<runs {
    let begin = nanoseconds()
    body()
    least = min(least, nanoseconds() - begin)
  }
  return least
}

/// Measures codecs with memory of its own.
struct Meter: ~Copyable {
  private let encoder = ColumnEncoder()
  private let values = UnsafeMutablePointer<Double>.allocate(capacity: ValueColumn.maximumCount)
  private let times = UnsafeMutablePointer<Int64>.allocate(capacity: ValueColumn.maximumCount)

  deinit {
    values.deallocate()
    times.deallocate()
  }

  func column(_ column: [Double]) -> Cost {
    var bytes: [UInt8] = []
    bytes.reserveCapacity(16384)
    var cost = Cost()
    cost.encode = least(5) {
      bytes.removeAll(keepingCapacity: true)
      column.withUnsafeBufferPointer { encoder.encode($0, into: &bytes) }
    }
    cost.bytes = Double(bytes.count)
    cost.decode = least(15) {
      bytes.withUnsafeBytes { bytes in
        do { try ValueColumn.decode(bytes, count: column.count, into: values) } catch { fatalError("\(error)") }
      }
    }
    for index in column.indices {
      precondition(values[index].bitPattern == column[index].bitPattern, "BUG: another value came back")
    }
    return cost
  }

  func chunks(_ column: [Double], codec: (ArraySlice<Double>) -> ChunkCodec) -> Cost {
    var cost = Cost()
    var start = 0
    while start < column.count {
      let part = column[start..<min(start + ChunkCodec.maximumSamples, column.count)]
      let codec = codec(part)
      var chunk = ChunkBuilder(codec: codec).finish()
      var taken = 0
      cost.encode += least(5) {
        var builder = ChunkBuilder(codec: codec)
        taken = 0
        for value in part {
          guard builder.append(value, at: Int64(taken) * 15_000) == .appended else { break }
          taken += 1
        }
        chunk = builder.finish()
      }
      cost.bytes += Double(chunk.bytes.count)
      cost.decode += least(15) {
        chunk.bytes.withUnsafeBytes { bytes in
          do {
            try ChunkDecoder.decode(bytes, codec: codec, count: chunk.count, times: times, values: values)
          } catch { fatalError("\(error)") }
        }
      }
      start += max(1, taken)
    }
    return cost
  }

  func times(_ column: [Int64]) -> Cost {
    var bytes: [UInt8] = []
    var cost = Cost()
    cost.encode = least(5) {
      bytes.removeAll(keepingCapacity: true)
      column.withUnsafeBufferPointer { encoder.encode($0, into: &bytes) }
    }
    cost.bytes = Double(bytes.count)
    cost.decode = least(15) {
      bytes.withUnsafeBytes { bytes in
        do { try TimeColumn.decode(bytes, count: column.count, into: times) } catch { fatalError("\(error)") }
      }
    }
    return cost
  }
}

func padded(_ text: String, _ width: Int) -> String {
  text + String(repeating: " ", count: max(1, width - text.count))
}

func cells(_ cost: Cost, _ values: Int) -> String {
  [(cost.bytes, 1000.0), (cost.encode, 10), (cost.decode, 10)].map { sum, digits in
    padded("\((sum / Double(values) * digits).rounded() / digits)", 8)
  }.joined()
}

let agents = CommandLine.arguments.count > 1 ? Int(CommandLine.arguments[1]) ?? 20 : 20
let count = CommandLine.arguments.count > 2 ? Int(CommandLine.arguments[2]) ?? 480 : 480
precondition(count >= 1 && count <= ValueColumn.maximumCount, "a column holds up to \(ValueColumn.maximumCount) values")
let meter = Meter()
print(padded("bytes, ns to encode, ns to decode a value", 44), "column                  head chunk              xor")
for set in dataSets(agents: agents, count: count) {
  var costs = (Cost(), Cost(), Cost())
  for column in set.columns {
    costs.0 += meter.column(column)
    costs.1 += meter.chunks(column) { Array($0).withUnsafeBufferPointer { ChunkCodec.fitting($0) } }
    costs.2 += meter.chunks(column) { _ in .xor }
  }
  let values = set.columns.count * count
  print(padded(set.name, 44), cells(costs.0, values), cells(costs.1, values), cells(costs.2, values))
}

var random = SystemLikeRandom(state: 7)
let beat: [(String, (Int) -> Int64)] = [
  ("times: every 15 s", { Int64($0) * 15_000 }),
  ("times: every 15 s, 0 to 3 ms late", { Int64($0) * 15_000 + Int64(random.next() % 4) }),
  ("times: every 15 s, some ms to and fro", { Int64($0) * 15_000 + Int64((4 * random.normal()).rounded()) }),
  ("times: every 15 s, three gaps", { Int64($0) * 15_000 + Int64($0 / 150) * 61_000 }),
]
for (name, time) in beat {
  let column = (0..<count).map { 1_700_000_000_000 + time($0) }
  print(padded(name, 44), cells(meter.times(column), count), meter.times(column).bytes, "bytes")
}
