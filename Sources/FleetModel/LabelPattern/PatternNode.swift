/// A parsed regular expression.
indirect enum PatternNode: Sendable, Hashable {
  case empty
  case scalars(ScalarSet)
  case sequence([PatternNode])
  case either([PatternNode])
  /// `nil`: without upper bound.
  case repeated(PatternNode, Int, Int?)
  case assertion(Assertion)
  /// A group with its number, from 1; only where captures were asked for.
  case group(PatternNode, Int)
  /// A repeat that prefers fewer; only where captures were asked for, since whole matches do not depend on it.
  case reluctant(PatternNode)

  enum Assertion: Sendable, Hashable {
    case textStart, textEnd, lineStart, lineEnd, wordBoundary, notWordBoundary
  }

  /// Whether it can match without taking a scalar.
  var mayBeEmpty: Bool {
    switch self {
    case .empty, .assertion: true
    case .scalars: false
    case .sequence(let nodes): nodes.allSatisfy(\.mayBeEmpty)
    case .either(let nodes): nodes.contains(where: \.mayBeEmpty)
    case .repeated(let inner, let least, _): least == 0 || inner.mayBeEmpty
    case .group(let inner, _), .reluctant(let inner): inner.mayBeEmpty
    }
  }
}
