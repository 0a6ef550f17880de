/// Memory for small things of various sizes, in words of 32 bits, found by the number of their first word.
///
/// What is freed is used again for things of exactly the same size; series of one fleet have few sizes. Pages stay until
/// the arena goes.
struct WordArena: ~Copyable {
  static let pageWords = 1 << 16
  /// Things may not be larger.
  static let maximumWords = pageWords
  private static let pageShift: UInt32 = 16

  private var pages: [UnsafeMutablePointer<UInt32>] = []
  /// First free thing of each size; its first word links to the next.
  private var freeHeads: [UInt32] = []
  /// Number 0 means "none".
  private var next = 1
  private(set) var usedWords = 0

  deinit { for page in pages { page.deallocate() } }

  var reservedBytes: Int { pages.count * Self.pageWords * 4 }

  /// Room for at least one thing of any size.
  var hasRoom: Bool { next < Int(UInt32.max) - 2 * Self.pageWords }

  @inline(__always)
  func words(_ index: UInt32) -> UnsafeMutablePointer<UInt32> {
    pages[Int(index >> Self.pageShift)] + Int(index & UInt32(Self.pageWords - 1))
  }

  /// Uninitialised room for `count` words.
  mutating func allocate(_ count: Int) -> UInt32 {
    precondition(count > 0 && count <= Self.maximumWords, "BUG: \(count) words in an arena")
    usedWords += count
    if count < freeHeads.count, freeHeads[count] != 0 {
      let index = freeHeads[count]
      freeHeads[count] = words(index)[0]
      return index
    }
    precondition(hasRoom, "BUG: an arena without room is asked for more")
    let inPage = next & (Self.pageWords - 1)
    if inPage + count > Self.pageWords { next += Self.pageWords - inPage }
    while (next + count - 1) >> Int(Self.pageShift) >= pages.count { pages.append(.allocate(capacity: Self.pageWords)) }
    defer { next += count }
    return UInt32(truncatingIfNeeded: next)
  }

  mutating func free(_ index: UInt32, count: Int) {
    usedWords -= count
    while freeHeads.count <= count { freeHeads.append(0) }
    words(index)[0] = freeHeads[count]
    freeHeads[count] = index
  }
}
