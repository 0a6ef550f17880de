/// Writes entropy coded symbols with their raw bits; from the last to the first, so that they are read from the first.
enum SymbolEncoder {
  private struct Transition {
    /// Added to a state, bits 16 and up say how many of its bits go out.
    let stateBits: Int32
    /// Added to what remains of the state: an index of the next one.
    let offset: Int32

    /// - Parameter before: how many states the symbols before have.
    init(share: Int, before: Int, bits: Int) {
      let most = share > 1 ? bits - (63 - (share - 1).leadingZeroBitCount) : bits
      stateBits = Int32(truncatingIfNeeded: most << 16 - share << most)
      offset = Int32(truncatingIfNeeded: before - share)
    }
  }

  /// Appends the weights to `bytes`, the rest to `writer`.
  static func encode(
    _ codes: UnsafePointer<UInt64>, count: Int, header: IntegerColumn.Header, _ scratch: borrowing ColumnScratch,
    _ writer: inout BitWriter, into bytes: inout [UInt8]
  ) {
    let symbols = scratch.symbols
    let capacity = SymbolCode.maximumSymbols
    withUnsafeTemporaryAllocation(of: UInt16.self, capacity: capacity) { shares in
      withUnsafeTemporaryAllocation(of: UInt8.self, capacity: capacity) { nibbles in
        guard let shares = shares.baseAddress, let nibbles = nibbles.baseAddress else { return }
        shares.initialize(repeating: 0, count: capacity)
        nibbles.initialize(repeating: 1, count: capacity)
        let zero = header.hasZero ? header.zero : 0
        for index in 0..<count {
          var symbol = header.scale.symbol(codes[index]).symbol
          if header.hasZero { symbol = codes[index] == zero ? 0 : symbol + 1 }
          symbols[index] = UInt8(truncatingIfNeeded: symbol)
          shares[symbol] += 1
        }
        if !header.isFlat { weigh(shares, count: count, header: header, into: nibbles, &bytes) }
        let isGood = SymbolCode.share(nibbles, symbols: header.symbols, bits: header.tableBits, into: shares)
        precondition(isGood, "BUG: weights that make no code")
        putStates(count: count, header: header, shares, scratch, &writer)
      }
    }
    for index in 0..<count {
      let state = scratch.stateBits[index]
      writer.putShort(UInt64(state & 0xffff), Int(state >> 16))
      let rawBits = header.base(Int(symbols[index])).rawBits
      if rawBits > 0 { writer.put(codes[index] & (~0 >> UInt64(64 - rawBits)), rawBits) }
    }
  }

  /// Chooses the weights that come nearest to the counts.
  private static func weigh(
    _ counts: UnsafePointer<UInt16>, count: Int, header: IntegerColumn.Header,
    into nibbles: UnsafeMutablePointer<UInt8>, _ bytes: inout [UInt8]
  ) {
    let states = Float(Int(1) << header.tableBits) / Float(count)
    var most: Float = 0
    for symbol in 0..<header.symbols { most = max(most, Float(counts[symbol]) * states - 1) }
    let scale = most > 0 ? Float(SymbolCode.weight(15)) / most : 0
    for symbol in 0..<header.symbols {
      let wanted = (Float(counts[symbol]) * states - 1) * scale
      var nibble: UInt8 = counts[symbol] > 0 ? 1 : 0
      if nibble > 0 {
        while nibble < 15, Float(SymbolCode.weight(nibble) + SymbolCode.weight(nibble + 1)) < 2 * wanted { nibble += 1 }
      }
      nibbles[symbol] = nibble
    }
    for symbol in stride(from: 0, to: header.symbols, by: 2) {
      bytes.append(nibbles[symbol] | (symbol + 1 < header.symbols ? nibbles[symbol + 1] << 4 : 0))
    }
  }

  private static func putStates(
    count: Int, header: IntegerColumn.Header, _ shares: UnsafePointer<UInt16>, _ scratch: borrowing ColumnScratch,
    _ writer: inout BitWriter
  ) {
    let bits = header.tableBits
    let size = 1 << bits
    withUnsafeTemporaryAllocation(of: UInt16.self, capacity: 1 << SymbolCode.maximumBits) { states in
      withUnsafeTemporaryAllocation(of: Transition.self, capacity: SymbolCode.maximumSymbols) { transitions in
        guard let states = states.baseAddress, let transitions = transitions.baseAddress else { return }
        let symbolOf = scratch.symbolOf
        let next = scratch.next
        SymbolCode.spread(shares, symbols: header.symbols, bits: bits, into: symbolOf)
        var total = 0
        for symbol in 0..<header.symbols {
          let share = Int(shares[symbol])
          transitions[symbol] = Transition(share: share, before: total, bits: bits)
          next[symbol] = UInt16(truncatingIfNeeded: total)
          total += share
        }
        for state in 0..<size {
          let symbol = Int(symbolOf[state])
          states[Int(next[symbol])] = UInt16(truncatingIfNeeded: size + state)
          next[symbol] &+= 1
        }
        var state = size
        var other = size
        for index in stride(from: count - 1, through: 0, by: -1) {
          let transition = transitions[Int(scratch.symbols[index])]
          let out = (Int(transition.stateBits) &+ state) &>> 16
          scratch.stateBits[index] = UInt32(truncatingIfNeeded: out &<< 16 | state & (1 &<< out &- 1))
          state = Int(states[state &>> out &+ Int(transition.offset)])
          swap(&state, &other)
        }
        // The first value is coded last: its state is the other one now.
        writer.putShort(UInt64(other - size), bits)
        writer.putShort(UInt64(state - size), bits)
      }
    }
  }
}
