import FleetModel

/// A message `Exemplar`.
struct FamilyExemplar {
  private(set) var value = 0.0
  private(set) var time: Timestamp?
  private var labels: [LabelPair] = []

  init(_ body: UnsafeRawBufferPointer, _ range: Range<Int>) throws(WireFault) {
    var cursor = WireCursor(body, range)
    while !cursor.isAtEnd {
      let tag = try cursor.varint()
      switch tag {
      case 0x0a: labels.append(try LabelPair(body, try cursor.content()))
      case 0x11: value = Double(bitPattern: try cursor.fixed64())
      case 0x1a: time = try Self.time(body, try cursor.content())
      default: try cursor.skip(tag)
      }
    }
  }

  /// A `google.protobuf.Timestamp`, whose seconds lie in the years 1 to 9999
  /// (<https://protobuf.dev/reference/protobuf/google.protobuf/#timestamp>).
  private static func time(_ body: UnsafeRawBufferPointer, _ range: Range<Int>) throws(WireFault) -> Timestamp {
    var (seconds, nanoseconds) = (Int64(0), Int64(0))
    var cursor = WireCursor(body, range)
    while !cursor.isAtEnd {
      let tag = try cursor.varint()
      switch tag {
      case 0x08: seconds = Int64(bitPattern: try cursor.varint())
      case 0x10: nanoseconds = Int64(bitPattern: try cursor.varint())
      default: try cursor.skip(tag)
      }
    }
    guard (-62_135_596_800...253_402_300_799).contains(seconds), (0..<1_000_000_000).contains(nanoseconds) else {
      throw WireFault(offset: range.lowerBound, problem: "holds an exemplar whose time is beyond the years 1 to 9999")
    }
    return Timestamp(milliseconds: seconds * 1000 + nanoseconds / 1_000_000)
  }

  func labels(in body: UnsafeRawBufferPointer) -> [Label] {
    labels.map {
      Label(String(decoding: body[$0.name], as: UTF8.self), String(decoding: body[$0.value], as: UTF8.self))
    }
  }

  /// What a store may keep of it; `nil` where its labels are longer than any store keeps.
  func kept(in body: UnsafeRawBufferPointer) -> Exemplar? {
    let length = labels.reduce(0) { $0 + $1.name.count + $1.value.count }
    guard length <= ParsedExemplar.maximumLabelBytes else { return nil }
    return Exemplar(labels: LabelSet(labels(in: body)), value: value, time: time)
  }

  /// Those of a native histogram: each must have a time, and a store takes them in the order of their times.
  static func ofHistogram(
    _ ranges: [Range<Int>], in body: UnsafeRawBufferPointer
  ) throws(WireFault) -> [FamilyExemplar] {
    var timed: [(index: Int, time: Timestamp, exemplar: FamilyExemplar)] = []
    for range in ranges {
      let exemplar = try FamilyExemplar(body, range)
      if let time = exemplar.time { timed.append((timed.count, time, exemplar)) }
    }
    timed.sort { ($0.time, $0.index) < ($1.time, $1.index) }
    return timed.map(\.exemplar)
  }
}
