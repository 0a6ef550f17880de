import CPlatform

/// CRC-32C (Castagnoli; RFC 3720, appendix B.4), by the processor's instruction where it has one. More than 5 GB/s there.
public enum CRC32C {
  /// The checksum of `bytes`, going on from that of what stands before them.
  public static func checksum(_ bytes: UnsafeRawBufferPointer, continuing previous: UInt32 = 0) -> UInt32 {
    guard let start = bytes.baseAddress, bytes.count > 0 else { return previous }
    let first = start.assumingMemoryBound(to: UInt8.self)
    let register = ~previous
    return ~(hasInstruction ? byInstruction(register, first, bytes.count) : byTables(register, bytes))
  }

  /// As ``checksum(_:continuing:)``, without the instruction: what other processors do.
  static func checksumByTables(_ bytes: UnsafeRawBufferPointer, continuing previous: UInt32 = 0) -> UInt32 {
    ~byTables(~previous, bytes)
  }

  private static let hasInstruction = skep_has_crc32c() != 0

  // MARK: By the instruction

  /// Bytes in each of three stretches that are taken at once.
  private static let stride = 4096

  private static func byInstruction(_ register: UInt32, _ start: UnsafePointer<UInt8>, _ count: Int) -> UInt32 {
    var (register, start, count) = (register, start, count)
    if count >= 3 * stride {
      let byStride = shiftByStride
      while count >= 3 * stride {
        var parts: (UInt32, UInt32, UInt32) = (register, 0, 0)
        withUnsafeMutableBytes(of: &parts) {
          skep_crc32c_three($0.baseAddress?.assumingMemoryBound(to: UInt32.self), start, stride)
        }
        register = multiply(multiply(parts.0, byStride) ^ parts.1, byStride) ^ parts.2
        start += 3 * stride
        count -= 3 * stride
      }
    }
    return skep_crc32c(register, start, count)
  }

  /// x to the power of the bits in a stride: what a register is multiplied by as so many zero bits pass.
  private static let shiftByStride: UInt32 = {
    // x to the 8, then to the 16, …: the stride is a power of two.
    var power: UInt32 = 1 << (31 - 8)
    for _ in 0..<stride.trailingZeroBitCount { power = multiply(power, power) }
    return power
  }()

  /// The product of two polynomials modulo that of the CRC; the highest bit is the coefficient of 1.
  private static func multiply(_ left: UInt32, _ right: UInt32) -> UInt32 {
    var (left, right, product) = (left, right, UInt32(0))
    while left != 0 {
      product ^= right & (0 &- (left >> 31))
      left <<= 1
      right = right >> 1 ^ polynomial & (0 &- (right & 1))
    }
    return product
  }

  // MARK: By tables

  /// 0x1EDC6F41 with its bits reversed.
  private static let polynomial: UInt32 = 0x82F6_3B78

  /// Eight tables of 256: table n gives what a byte does to the register n bytes later.
  private static let tables: [UInt32] = {
    var tables = [UInt32](repeating: 0, count: 8 * 256)
    for byte in 0..<256 {
      var register = UInt32(byte)
      for _ in 0..<8 { register = register >> 1 ^ polynomial & (0 &- (register & 1)) }
      tables[byte] = register
    }
    for index in 256..<8 * 256 {
      let before = tables[index - 256]
      tables[index] = before >> 8 ^ tables[Int(before & 0xFF)]
    }
    return tables
  }()

  /// Eight bytes at a time (M. Kounavis, F. Berry, "A systematic approach to building high performance software-based CRC
  /// generators", 2005).
  private static func byTables(_ register: UInt32, _ bytes: UnsafeRawBufferPointer) -> UInt32 {
    tables.withUnsafeBufferPointer { tables in
      var register = register
      var position = 0
      while position + 8 <= bytes.count {
        let loaded = UInt64(littleEndian: bytes.loadUnaligned(fromByteOffset: position, as: UInt64.self))
        let word = loaded ^ UInt64(register)
        var next: UInt32 = 0
        for byte in 0..<8 {
          next ^= tables[(7 - byte) * 256 + Int(truncatingIfNeeded: word >> UInt64(8 * byte) & 0xFF)]
        }
        register = next
        position += 8
      }
      while position < bytes.count {
        register = register >> 8 ^ tables[Int((register ^ UInt32(bytes[position])) & 0xFF)]
        position += 1
      }
      return register
    }
  }
}
