import FleetModel

/// Texts compared by their bytes, as an API server does: to Swift two spellings of one accented letter are equal.
enum ExactText {
  static func isSame(_ left: String, _ right: String) -> Bool {
    left == right && left.utf8.elementsEqual(right.utf8)
  }
}

/// JSON values compared as an API server does: all bytes of texts, members in any order.
enum ExactValue {
  /// Whole numbers beyond this may have lost digits while they were read.
  private static let exactWhole = 9_007_199_254_740_992.0

  /// Whether both are certainly the same: never true for numbers too large to be known to their last digit. O(size) where
  /// members stand in the same order.
  static func isSame(_ left: JSONValue, _ right: JSONValue) -> Bool {
    switch (left, right) {
    case (.null, .null): return true
    case (.bool(let left), .bool(let right)): return left == right
    case (.number(let left), .number(let right)): return left == right && left.magnitude < exactWhole
    case (.string(let left), .string(let right)): return ExactText.isSame(left, right)
    case (.array(let left), .array(let right)):
      return left.count == right.count && zip(left, right).allSatisfy { isSame($0, $1) }
    case (.object(let left), .object(let right)):
      guard left.count == right.count else { return false }
      for (index, member) in left.enumerated() {
        // Mostly at the same place.
        let twin =
          ExactText.isSame(right[index].key, member.key) ? right[index].value : value(of: member.key, in: right)
        guard let twin, isSame(member.value, twin) else { return false }
      }
      return true
    default: return false
    }
  }

  static func value(of key: String, in members: [JSONValue.Member]) -> JSONValue? {
    members.first { ExactText.isSame($0.key, key) }?.value
  }
}
