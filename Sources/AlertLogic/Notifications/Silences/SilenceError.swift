public import FleetModel

/// Why a silence cannot be set or expired.
public enum SilenceError: Error, Sendable, Hashable, CustomStringConvertible {
  case notFound(id: String)
  case noMatchers
  /// Every matcher takes the empty value, so it would silence alerts that nobody thought of.
  case matchesEverything
  case invalidMatcher(LabelMatcher, problem: String)
  case endsBeforeItStarts
  case endsInThePast
  case alreadyExpired(id: String)

  public var description: String {
    switch self {
    case .notFound(let id): "silence \(id) not found"
    case .noMatchers: "a silence needs at least one matcher"
    case .matchesEverything: "at least one matcher of a silence must not match the empty value"
    case .invalidMatcher(let matcher, let problem): "matcher \(matcher): \(problem)"
    case .endsBeforeItStarts: "a silence must end after it starts"
    case .endsInThePast: "a silence must not end in the past"
    case .alreadyExpired(let id): "silence \(id) already expired"
    }
  }
}
