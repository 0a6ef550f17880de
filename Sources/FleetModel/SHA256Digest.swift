/// The hash of FIPS 180-4, section 6.2. Tokens are kept and compared as their hashes, so that the time of a comparison says
/// nothing about a token; groups of alerts are named by the hashes of their keys.
public struct SHA256Digest: Sendable, Hashable {
  private(set) var words: [UInt32]

  /// O(bytes); for short input such as tokens.
  public init(of message: some Sequence<UInt8>) {
    var bytes = Array(message)
    let bits = UInt64(bytes.count) &* 8
    bytes.append(0x80)
    while bytes.count % 64 != 56 { bytes.append(0) }
    for shift in stride(from: 56, through: 0, by: -8) { bytes.append(UInt8(truncatingIfNeeded: bits >> UInt64(shift))) }

    words = [
      0x6a09_e667, 0xbb67_ae85, 0x3c6e_f372, 0xa54f_f53a, 0x510e_527f, 0x9b05_688c, 0x1f83_d9ab, 0x5be0_cd19,
    ]
    for start in stride(from: 0, to: bytes.count, by: 64) { absorb(bytes[start..<start + 64]) }
  }

  private mutating func absorb(_ block: ArraySlice<UInt8>) {
    var schedule: [UInt32] = stride(from: block.startIndex, to: block.endIndex, by: 4).map { index in
      block[index..<index + 4].reduce(0) { $0 << 8 | UInt32($1) }
    }
    for index in 16..<64 {
      let small0 =
        Self.rotate(schedule[index - 15], 7) ^ Self.rotate(schedule[index - 15], 18) ^ schedule[index - 15] >> 3
      let small1 =
        Self.rotate(schedule[index - 2], 17) ^ Self.rotate(schedule[index - 2], 19) ^ schedule[index - 2] >> 10
      schedule.append(schedule[index - 16] &+ small0 &+ schedule[index - 7] &+ small1)
    }
    var state = words
    for index in 0..<64 {
      let big1 = Self.rotate(state[4], 6) ^ Self.rotate(state[4], 11) ^ Self.rotate(state[4], 25)
      let choice = (state[4] & state[5]) ^ (~state[4] & state[6])
      let first = state[7] &+ big1 &+ choice &+ Self.constants[index] &+ schedule[index]
      let big0 = Self.rotate(state[0], 2) ^ Self.rotate(state[0], 13) ^ Self.rotate(state[0], 22)
      let majority = (state[0] & state[1]) ^ (state[0] & state[2]) ^ (state[1] & state[2])
      state = [
        first &+ big0 &+ majority, state[0], state[1], state[2], state[3] &+ first, state[4], state[5], state[6],
      ]
    }
    for index in words.indices { words[index] &+= state[index] }
  }

  private static func rotate(_ word: UInt32, _ count: UInt32) -> UInt32 { word >> count | word << (32 - count) }

  /// Compares without stopping at the first difference.
  public func isSame(as other: SHA256Digest) -> Bool {
    zip(words, other.words).reduce(0 as UInt32) { $0 | ($1.0 ^ $1.1) } == 0
  }

  /// 64 lower-case digits.
  public var hexadecimal: String {
    words.map { word in
      let digits = String(word, radix: 16)
      return String(repeating: "0", count: 8 - digits.count) + digits
    }.joined()
  }

  /// The first 32 bits of the fractional parts of the cube roots of the first 64 primes.
  private static let constants: [UInt32] = [
    0x428a_2f98, 0x7137_4491, 0xb5c0_fbcf, 0xe9b5_dba5, 0x3956_c25b, 0x59f1_11f1, 0x923f_82a4, 0xab1c_5ed5, 0xd807_aa98,
    0x1283_5b01, 0x2431_85be, 0x550c_7dc3, 0x72be_5d74, 0x80de_b1fe, 0x9bdc_06a7, 0xc19b_f174, 0xe49b_69c1, 0xefbe_4786,
    0x0fc1_9dc6, 0x240c_a1cc, 0x2de9_2c6f, 0x4a74_84aa, 0x5cb0_a9dc, 0x76f9_88da, 0x983e_5152, 0xa831_c66d, 0xb003_27c8,
    0xbf59_7fc7, 0xc6e0_0bf3, 0xd5a7_9147, 0x06ca_6351, 0x1429_2967, 0x27b7_0a85, 0x2e1b_2138, 0x4d2c_6dfc, 0x5338_0d13,
    0x650a_7354, 0x766a_0abb, 0x81c2_c92e, 0x9272_2c85, 0xa2bf_e8a1, 0xa81a_664b, 0xc24b_8b70, 0xc76c_51a3, 0xd192_e819,
    0xd699_0624, 0xf40e_3585, 0x106a_a070, 0x19a4_c116, 0x1e37_6c08, 0x2748_774c, 0x34b0_bcb5, 0x391c_0cb3, 0x4ed8_aa4a,
    0x5b9c_ca4f, 0x682e_6ff3, 0x748f_82ee, 0x78a5_636f, 0x84c8_7814, 0x8cc7_0208, 0x90be_fffa, 0xa450_6ceb, 0xbef9_a3f7,
    0xc671_78f2,
  ]
}
