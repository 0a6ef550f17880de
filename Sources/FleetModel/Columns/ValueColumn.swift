/// The values of one chunk of a block as a column of bytes; the form is chosen by what they are.
public enum ValueColumn {
  /// A column holds at most this many.
  public static let maximumCount = 1024

  /// Appends the encoded column to `bytes`. It says itself how it is encoded, but not how many values it holds.
  ///
  /// - Precondition: 1 ... ``maximumCount`` values.
  public static func encode(_ values: UnsafeBufferPointer<Double>, into bytes: inout [UInt8]) {
    let encoder = ColumnEncoder()
    encoder.encode(values, into: &bytes)
  }

  /// Reads `count` values back, bit for bit. Bytes of any content are safe.
  ///
  /// - Precondition: `values` has room for `count`, which is at most ``maximumCount``.
  public static func decode(
    _ bytes: UnsafeRawBufferPointer, count: Int, into values: UnsafeMutablePointer<Double>
  ) throws(ChunkError) {
    precondition(count >= 0 && count <= maximumCount, "BUG: a column of \(count) values")
    guard count > 0 else { return }
    var reader = ColumnReader(bytes)
    let form = try reader.byte()
    guard let domain = ValueDomain(rawValue: form & 0x0f), let kind = IntegerColumn.Kind(rawValue: form >> 5 & 3) else {
      throw .unknownCodec(form)
    }
    let exceptions = form & 0x10 != 0 ? try ValueExceptions(&reader) : nil
    let numbers = UnsafeMutableRawPointer(values).assumingMemoryBound(to: Int64.self)
    try IntegerColumn.decode(&reader, kind: kind, hasFactor: form & 0x80 != 0, count: count, into: numbers)
    domain.restore(numbers, count: count, into: values)
    if let exceptions { try exceptions.apply(to: values, count: count) }
  }
}

/// Encodes columns one after the other without allocating for each.
public struct ColumnEncoder: ~Copyable {
  let scratch = ColumnScratch()

  public init() {}

  /// See ``ValueColumn/encode(_:into:)``.
  public func encode(_ values: UnsafeBufferPointer<Double>, into bytes: inout [UInt8]) {
    precondition(!values.isEmpty && values.count <= ValueColumn.maximumCount, "BUG: a column of \(values.count) values")
    var exceptions: [UInt8] = []
    let domain = ValueDomain.fill(scratch.numbers, from: values, exceptions: &exceptions)
    IntegerColumnEncoder.encode(
      count: values.count, mark: domain.rawValue | (exceptions.isEmpty ? 0 : 0x10), preface: exceptions, scratch,
      into: &bytes)
  }
}
