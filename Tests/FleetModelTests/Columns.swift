import FleetModel
import Testing

/// Columns for tests.
enum Columns {
  static func encoded(_ values: [Double]) -> [UInt8] {
    var bytes: [UInt8] = []
    values.withUnsafeBufferPointer { ValueColumn.encode($0, into: &bytes) }
    return bytes
  }

  static func decoded(_ bytes: [UInt8], count: Int) throws -> [Double] {
    var values = [Double](repeating: 0, count: count)
    try bytes.withUnsafeBytes { bytes in
      try values.withUnsafeMutableBufferPointer { values in
        guard let base = values.baseAddress else { return }
        try ValueColumn.decode(bytes, count: count, into: base)
      }
    }
    return values
  }

  static func roundTrip(_ values: [Double]) throws {
    let decoded = try decoded(encoded(values), count: values.count)
    for index in values.indices where decoded[index].bitPattern != values[index].bitPattern {
      Issue.record("value \(index): \(decoded[index]) for \(values[index])")
      return
    }
  }

  /// Values of some kind, of that kind's sizes, with special ones among them now and then.
  static func any(_ random: inout SplitMix) -> [Double] {
    let kind = Int.random(in: 0..<8, using: &random)
    let size = Int.random(in: 0...52, using: &random)
    let power: Double = [1, 10, 100, 1e3, 1e6, 1e9][Int.random(in: 0..<6, using: &random)]
    let special = Int.random(in: 0..<3, using: &random) == 0
    let few: [Double] = [0, 1, .nan, StaleMarker.value, -0.0, 0.5, .infinity]
    var number = Double(Int64.random(in: 0...(1 << Int64(size)), using: &random))
    let odd: [Double] = [.nan, StaleMarker.value, -0.0, 0.1 + 0.2, .infinity, -.infinity, 1e-300]
    var values: [Double] = []
    for _ in 0..<Int.random(in: 1...ValueColumn.maximumCount, using: &random) {
      let isRare = Int.random(in: 0..<50, using: &random) == 0
      switch kind {
      case 0: number += Double(Int64.random(in: 0...(1 << Int64(size / 2)), using: &random))
      case 1: number = Double(Int64.random(in: -(1 << Int64(size))...(1 << Int64(size)), using: &random))
      case 2: number = Double(bitPattern: random.next())
      case 3: number += Double.random(in: -1...1, using: &random)
      case 4: number = few[Int.random(in: few.indices, using: &random)]
      case 5: number = isRare ? Double(Int.random(in: 0...9, using: &random)) : number
      case 6: number = isRare ? 0 : number + Double.random(in: 0...1, using: &random)
      default: number += isRare ? 1e12 : Double(Int.random(in: 0...1, using: &random))
      }
      values.append(special && isRare ? odd[Int.random(in: odd.indices, using: &random)] : number / power)
    }
    return values
  }
}
