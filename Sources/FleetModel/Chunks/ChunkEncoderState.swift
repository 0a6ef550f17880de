/// An encoder's state as bytes, so that a chunk which was saved while it was open can be continued.
///
/// ```
/// │ last time i64 │ previous u64 │ last delta u32 │ adaptive u32 │ samples u8 │ codec u8 │ mode u8 │   little-endian
/// ```
extension ChunkEncoder {
  public static var stateBytes: Int { 27 }

  /// Writes ``stateBytes`` bytes.
  public func storeState(to target: UnsafeMutableRawPointer) {
    target.storeBytes(of: lastTime.littleEndian, toByteOffset: 0, as: Int64.self)
    target.storeBytes(of: previous.littleEndian, toByteOffset: 8, as: UInt64.self)
    target.storeBytes(of: lastDelta.littleEndian, toByteOffset: 16, as: UInt32.self)
    target.storeBytes(of: adaptive.littleEndian, toByteOffset: 20, as: UInt32.self)
    target.storeBytes(of: samples, toByteOffset: 24, as: UInt8.self)
    target.storeBytes(of: codecByte, toByteOffset: 25, as: UInt8.self)
    target.storeBytes(of: mode, toByteOffset: 26, as: UInt8.self)
  }

  /// Reads ``stateBytes`` bytes of any content; `nil` if no encoder can be in such a state, so that appending to what
  /// comes back is always safe.
  public init?(state: UnsafeRawPointer) {
    let samples = state.loadUnaligned(fromByteOffset: 24, as: UInt8.self)
    guard samples <= UInt8(ChunkCodec.maximumSamples),
      let codec = ChunkCodec(rawValue: state.loadUnaligned(fromByteOffset: 25, as: UInt8.self))
    else { return nil }
    self.init(codec: codec)
    self.samples = samples
    lastTime = Int64(littleEndian: state.loadUnaligned(fromByteOffset: 0, as: Int64.self))
    previous = UInt64(littleEndian: state.loadUnaligned(fromByteOffset: 8, as: UInt64.self))
    lastDelta = UInt32(littleEndian: state.loadUnaligned(fromByteOffset: 16, as: UInt32.self))
    adaptive = UInt32(littleEndian: state.loadUnaligned(fromByteOffset: 20, as: UInt32.self))
    mode = state.loadUnaligned(fromByteOffset: 26, as: UInt8.self)
    guard lastDelta <= UInt32(Int32.max), mode & 0x30 == 0, mode & 0x0f <= Self.maximumOddNumbers else { return nil }
    if codec == .xor {
      guard adaptive == Self.noWindow || (adaptive >> 8 < 32 && adaptive >> 8 + adaptive & 0xff < 64) else {
        return nil
      }
    } else {
      let number = Int64(bitPattern: previous)
      guard adaptive <= 0x3fff_ffff, abs(Double(number)) <= ScaledInteger.limit else { return nil }
    }
  }
}
