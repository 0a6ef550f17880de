/// Reads entropy coded symbols with the raw bits that follow each.
enum SymbolDecoder {
  static func decode(
    _ reader: inout ColumnReader, header: IntegerColumn.Header, count: Int, into codes: UnsafeMutablePointer<UInt64>
  ) throws(ChunkError) {
    let weights = header.isFlat ? nil : try reader.bytes((header.symbols + 1) / 2)
    let bits = reader.rest
    var isGood = false
    // All fit the stack: 1 KiB is the most that this does not take from the heap.
    withUnsafeTemporaryAllocation(of: SymbolState.self, capacity: 1 << SymbolCode.maximumBits) { states in
      withUnsafeTemporaryAllocation(of: SymbolBase.self, capacity: SymbolCode.maximumSymbols) { bases in
        withUnsafeTemporaryAllocation(byteCount: BitWindow.tailSize, alignment: 8) { tail in
          guard let states = states.baseAddress, let bases = bases.baseAddress, let tail = tail.baseAddress,
            let widest = fill(states, bases, header: header, weights: weights)
          else { return }
          var run = Run(window: BitWindow(bits, tail: tail), states: states, bases: bases)
          guard run.start(bits: header.tableBits) else { return }
          // A look at the bytes gives 56 bits; a state takes up to 8, and the raw bits come on top.
          isGood =
            switch widest {
            case ...6: run.decode(count, into: codes, together: 4)
            case ...20: run.decode(count, into: codes, together: 2)
            default: run.decodeWide(count, into: codes)
            }
        }
      }
    }
    guard isGood else { throw .truncated(atSample: 0) }
  }

  /// - Returns: the most raw bits that a symbol has; `nil` if the weights are none.
  private static func fill(
    _ states: UnsafeMutablePointer<SymbolState>, _ bases: UnsafeMutablePointer<SymbolBase>,
    header: IntegerColumn.Header, weights: UnsafeRawBufferPointer?
  ) -> Int? {
    let symbols = header.symbols
    return withUnsafeTemporaryAllocation(of: UInt16.self, capacity: SymbolCode.maximumSymbols) { shares -> Int? in
      withUnsafeTemporaryAllocation(of: UInt8.self, capacity: 1 << SymbolCode.maximumBits) { symbolOf -> Int? in
        guard let shares = shares.baseAddress, let symbolOf = symbolOf.baseAddress else { return nil }
        for symbol in 0..<symbols {
          symbolOf[symbol] = weights.map { $0[symbol >> 1] >> UInt8((symbol & 1) * 4) & 15 } ?? 1
        }
        guard SymbolCode.share(symbolOf, symbols: symbols, bits: header.tableBits, into: shares) else { return nil }
        var widest = 0
        for symbol in 0..<symbols where shares[symbol] > 0 {
          bases[symbol] = header.base(symbol)
          widest = max(widest, bases[symbol].rawBits)
        }
        SymbolCode.spread(shares, symbols: symbols, bits: header.tableBits, into: symbolOf)
        for state in 0..<(1 << header.tableBits) {
          let symbol = Int(symbolOf[state])
          let rank = shares[symbol]
          shares[symbol] = rank &+ 1
          states[state] = SymbolState(
            symbol: symbol, rank: Int(rank), rawBits: bases[symbol].rawBits, tableBits: header.tableBits)
        }
        return widest
      }
    }
  }

  /// Two states take turns, so that the look-up of one does not wait for that of the other.
  private struct Run {
    var window: BitWindow
    let states: UnsafePointer<SymbolState>
    let bases: UnsafePointer<SymbolBase>
    var even = 0
    var odd = 0

    init(window: BitWindow, states: UnsafePointer<SymbolState>, bases: UnsafePointer<SymbolBase>) {
      self.window = window
      self.states = states
      self.bases = bases
    }

    mutating func start(bits: Int) -> Bool {
      guard let first = window.take(bits), let second = window.take(bits) else { return false }
      even = Int(first)
      odd = Int(second)
      return true
    }

    @inline(__always)
    consuming func decode(_ count: Int, into codes: UnsafeMutablePointer<UInt64>, together: Int) -> Bool {
      var index = 0
      while index &+ together <= count {
        guard window.refill() else { return false }
        for _ in 0..<(together / 2) {
          codes[index] = step()
          codes[index &+ 1] = step()
          index &+= 2
        }
      }
      while index < count {
        guard window.refill() else { return false }
        codes[index] = step()
        index &+= 1
      }
      return !window.isOverrun
    }

    @inline(__always)
    private mutating func step() -> UInt64 {
      let entry = states[even]
      even = odd
      odd = entry.next &+ Int(truncatingIfNeeded: window.bits & BitWindow.mask(entry.stateBits))
      let raw = (window.bits &>> entry.stateBits) & BitWindow.mask(entry.rawBits)
      window.drop(entry.stateBits &+ entry.rawBits)
      return bases[entry.symbol].number &+ raw
    }

    consuming func decodeWide(_ count: Int, into codes: UnsafeMutablePointer<UInt64>) -> Bool {
      for index in 0..<count {
        guard window.refill() else { return false }
        let entry = states[even]
        even = entry.next &+ Int(truncatingIfNeeded: window.bits & BitWindow.mask(entry.stateBits))
        window.drop(entry.stateBits)
        if entry.rawBits <= 56 {
          guard window.refill() else { return false }
          codes[index] = bases[entry.symbol].number &+ (window.bits & BitWindow.mask(entry.rawBits))
          window.drop(entry.rawBits)
        } else {
          guard let raw = window.take(Int(entry.rawBits)) else { return false }
          codes[index] = bases[entry.symbol].number &+ raw
        }
        (even, odd) = (odd, even)
      }
      return !window.isOverrun
    }
  }
}
