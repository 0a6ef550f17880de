/// The hash of FIPS 180-4, section 6.2. Tokens are kept and compared as their hashes, so that the time of a comparison says
/// nothing about a token.
struct SHA256Digest: Sendable, Hashable {
  private(set) var words: [UInt32]

  /// O(bytes); for short input such as tokens.
  init(of message: some Sequence<UInt8>) {
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
      let small0 = Self.rotate(schedule[index - 15], 7) ^ Self.rotate(schedule[index - 15], 18) ^ schedule[index - 15] >> 3
      let small1 = Self.rotate(schedule[index - 2], 17) ^ Self.rotate(schedule[index - 2], 19) ^ schedule[index - 2] >> 10
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
  func isSame(as other: SHA256Digest) -> Bool {
    zip(words, other.words).reduce(0 as UInt32) { $0 | ($1.0 ^ $1.1) } == 0
  }

  var hexadecimal: String {
    words.map { word in
      let digits = String(word, radix: 16)
      return String(repeating: "0", count: 8 - digits.count) + digits
    }.joined()
  }

  /// The first 32 bits of the fractional parts of the cube roots of the first 64 primes.
  private static let constants: [UInt32] = [
    0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5, 0xd807aa98,
    0x12835b01, 0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174, 0xe49b69c1, 0xefbe4786,
    0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da, 0x983e5152, 0xa831c66d, 0xb00327c8,
    0xbf597fc7, 0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967, 0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13,
    0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85, 0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3, 0xd192e819,
    0xd6990624, 0xf40e3585, 0x106aa070, 0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a,
    0x5b9cca4f, 0x682e6ff3, 0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7,
    0xc67178f2,
  ]
}
