/// The memory that encoding takes, to be used again for the next column.
struct ColumnScratch: ~Copyable {
  /// Numbers of the column.
  let numbers: UnsafeMutablePointer<Int64>
  /// What is coded of them: numbers or steps.
  let sources: UnsafeMutablePointer<Int64>
  /// Codes of the sources: one set that is the best so far, one that is tried.
  let codes: UnsafeMutablePointer<UInt64>
  let triedCodes: UnsafeMutablePointer<UInt64>
  /// Positions of what is patched, likewise.
  let patched: UnsafeMutablePointer<UInt16>
  let triedPatched: UnsafeMutablePointer<UInt16>
  /// See ``CodeHistogram``.
  let parts: UnsafeMutablePointer<UInt16>
  let octaves: UnsafeMutablePointer<UInt16>
  /// `n * log2(n)`.
  let logarithms: UnsafeMutablePointer<Float>
  /// The symbol of each code, and the bits by which its state goes on.
  let symbols: UnsafeMutablePointer<UInt8>
  let stateBits: UnsafeMutablePointer<UInt32>
  /// Which symbol each state has, and how many states of each are placed.
  let symbolOf: UnsafeMutablePointer<UInt8>
  let next: UnsafeMutablePointer<UInt16>
  let output: UnsafeMutableRawPointer

  init() {
    let count = ValueColumn.maximumCount
    numbers = .allocate(capacity: count)
    sources = .allocate(capacity: count)
    codes = .allocate(capacity: count)
    triedCodes = .allocate(capacity: count)
    patched = .allocate(capacity: count)
    triedPatched = .allocate(capacity: count)
    parts = .allocate(capacity: 64)
    octaves = .allocate(capacity: 256)
    logarithms = .allocate(capacity: count + 1)
    for number in 0...count { (logarithms + number).initialize(to: weightedLogarithm(number)) }
    symbols = .allocate(capacity: count)
    stateBits = .allocate(capacity: count)
    symbolOf = .allocate(capacity: 1 << SymbolCode.maximumBits)
    next = .allocate(capacity: SymbolCode.maximumSymbols)
    // A code takes at most 8 bits of state and 64 raw ones.
    output = .allocate(byteCount: count * 9 + 32, alignment: 8)
  }

  deinit {
    numbers.deallocate()
    sources.deallocate()
    codes.deallocate()
    triedCodes.deallocate()
    patched.deallocate()
    triedPatched.deallocate()
    parts.deallocate()
    octaves.deallocate()
    logarithms.deallocate()
    symbols.deallocate()
    stateBits.deallocate()
    symbolOf.deallocate()
    next.deallocate()
    output.deallocate()
  }
}
