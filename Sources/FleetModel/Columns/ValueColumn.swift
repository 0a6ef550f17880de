/// The values of one chunk of a block as a column of bytes; the form is chosen by what they are.
public enum ValueColumn {
  /// A column holds at most this many.
  public static let maximumCount = 1024

  /// Appends the encoded column to `bytes`. It says itself how it is encoded, but not how many values it holds.
  ///
  /// - Precondition: 1 ... ``maximumCount`` values.
  public static func encode(_ values: UnsafeBufferPointer<Double>, into bytes: inout [UInt8]) {
    fatalError("to be written")
  }

  /// Reads `count` values back, bit for bit. Bytes of any content are safe.
  ///
  /// - Precondition: `values` has room for `count`, which is at most ``maximumCount``.
  public static func decode(
    _ bytes: UnsafeRawBufferPointer, count: Int, into values: UnsafeMutablePointer<Double>
  ) throws(ChunkError) {
    fatalError("to be written")
  }
}
