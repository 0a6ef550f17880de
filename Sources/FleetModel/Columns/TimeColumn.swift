/// The times of one chunk of a block as a column of bytes. Series that were collected together share one.
public enum TimeColumn {
  /// Appends the encoded column to `bytes`.
  ///
  /// - Precondition: 1 ... ``ValueColumn/maximumCount`` times in milliseconds, strictly rising.
  public static func encode(_ times: UnsafeBufferPointer<Int64>, into bytes: inout [UInt8]) {
    fatalError("to be written")
  }

  /// Reads `count` times back; they are strictly rising. Bytes of any content are safe.
  public static func decode(
    _ bytes: UnsafeRawBufferPointer, count: Int, into times: UnsafeMutablePointer<Int64>
  ) throws(ChunkError) {
    fatalError("to be written")
  }
}
