/// Reads entropy coded symbols with the raw bits that follow each.
enum SymbolDecoder {
  static func decode(
    _ reader: inout ColumnReader, header: IntegerColumn.Header, count: Int, into codes: UnsafeMutablePointer<UInt64>
  ) throws(ChunkError) {
    let weights = header.isFlat ? nil : try reader.bytes((header.symbols + 1) / 2)
    let bits = reader.rest
    var isGood = false
    // Both fit the stack: 1 KiB is the most that this does not take from the heap.
    withUnsafeTemporaryAllocation(of: SymbolState.self, capacity: 1 << SymbolCode.maximumBits) { states in
      withUnsafeTemporaryAllocation(of: UInt64.self, capacity: SymbolCode.maximumSymbols) { bases in
        guard let states = states.baseAddress, let bases = bases.baseAddress,
          let widest = fill(states, bases, header: header, weights: weights)
        else { return }
        isGood =
          widest <= 48
          ? run(bits, bits: header.tableBits, states, bases, count: count, into: codes)
          : runWide(bits, bits: header.tableBits, states, bases, count: count, into: codes)
      }
    }
    guard isGood else { throw .truncated(atSample: 0) }
  }

  /// - Returns: the most raw bits that a symbol has; `nil` if the weights are none.
  private static func fill(
    _ states: UnsafeMutablePointer<SymbolState>, _ bases: UnsafeMutablePointer<UInt64>,
    header: IntegerColumn.Header, weights: UnsafeRawBufferPointer?
  ) -> Int? {
    let symbols = header.symbols
    let bits = header.tableBits
    return withUnsafeTemporaryAllocation(of: UInt16.self, capacity: SymbolCode.maximumSymbols) { shares -> Int? in
      withUnsafeTemporaryAllocation(of: UInt8.self, capacity: 1 << SymbolCode.maximumBits) { symbolOf -> Int? in
        guard let shares = shares.baseAddress, let symbolOf = symbolOf.baseAddress else { return nil }
        for symbol in 0..<symbols {
          symbolOf[symbol] = weights.map { $0[symbol >> 1] >> UInt8(symbol & 1 * 4) & 15 } ?? 1
        }
        guard SymbolCode.share(symbolOf, symbols: symbols, bits: bits, into: shares) else { return nil }
        var widest = 0
        for symbol in 0..<symbols {
          let (base, rawBits) = header.base(symbol)
          bases[symbol] = base
          widest = max(widest, rawBits)
        }
        SymbolCode.spread(shares, symbols: symbols, bits: bits) { symbolOf[$0] = UInt8(truncatingIfNeeded: $1) }
        for state in 0..<(1 << bits) {
          let symbol = Int(symbolOf[state])
          let rank = shares[symbol]
          shares[symbol] = rank &+ 1
          let stateBits = bits &- (15 &- rank.leadingZeroBitCount)
          states[state] = SymbolState(
            symbol: symbol, stateBits: stateBits, rawBits: header.base(symbol).rawBits,
            next: Int(rank) &<< stateBits &- 1 &<< bits)
        }
        return widest
      }
    }
  }

  private static func run(
    _ bytes: UnsafeRawBufferPointer, bits: Int, _ states: UnsafePointer<SymbolState>, _ bases: UnsafePointer<UInt64>,
    count: Int, into codes: UnsafeMutablePointer<UInt64>
  ) -> Bool {
    var stream = BitStream(bytes, end: UnsafeRawPointer(codes))
    // Two states take turns, so that the look-up of one does not wait for that of the other.
    var even = Int(stream.take(bits))
    var odd = Int(stream.take(bits))
    var index = 0
    // A pair takes at most 2 * 56 bits.
    let limit = stream.insideLimit &- 56
    while index &+ 1 < count, stream.position <= limit {
      codes[index] = step(&stream, &even, stream.peekInside(), states, bases)
      codes[index &+ 1] = step(&stream, &odd, stream.peekInside(), states, bases)
      index &+= 2
    }
    while index < count {
      codes[index] = step(&stream, &even, stream.peek(), states, bases)
      swap(&even, &odd)
      index &+= 1
    }
    return !stream.isOverrun
  }

  /// The word must hold the bits of the state and the raw bits: at most 8 and 48.
  @inline(__always)
  private static func step(
    _ stream: inout BitStream, _ state: inout Int, _ word: UInt64, _ states: UnsafePointer<SymbolState>,
    _ bases: UnsafePointer<UInt64>
  ) -> UInt64 {
    let entry = states[state]
    state = entry.next &+ Int(truncatingIfNeeded: word & BitStream.mask(entry.stateBits))
    let raw = word &>> entry.stateBits & BitStream.mask(entry.rawBits)
    stream.position &+= Int(truncatingIfNeeded: entry.stateBits &+ entry.rawBits)
    return bases[entry.symbol] &+ raw
  }

  @inline(never)
  private static func runWide(
    _ bytes: UnsafeRawBufferPointer, bits: Int, _ states: UnsafePointer<SymbolState>, _ bases: UnsafePointer<UInt64>,
    count: Int, into codes: UnsafeMutablePointer<UInt64>
  ) -> Bool {
    var stream = BitStream(bytes, end: UnsafeRawPointer(codes))
    var even = Int(stream.take(bits))
    var odd = Int(stream.take(bits))
    for index in 0..<count {
      let entry = states[even]
      even = entry.next &+ Int(truncatingIfNeeded: stream.take(Int(entry.stateBits)))
      codes[index] = bases[entry.symbol] &+ stream.take(Int(entry.rawBits))
      swap(&even, &odd)
    }
    return !stream.isOverrun
  }
}
