/// The only source of randomness. Tests hand in a seeded one.
public protocol RandomSource: Sendable {
  /// 64 random bits.
  func next() -> UInt64
}

/// The operating system's generator.
public struct SystemRandom: RandomSource {
  public init() {}

  public func next() -> UInt64 {
    var generator = SystemRandomNumberGenerator()
    return generator.next()
  }
}
