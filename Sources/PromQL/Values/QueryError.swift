/// Why a query has no answer. The words are Prometheus'.
public enum QueryError: Error, Hashable, Sendable, CustomStringConvertible {
  case parse(ParseError)
  /// The query cannot be evaluated on this data, such as many-to-many matching.
  case execution(String)
  case timeout
  case canceled
  case tooManySamples
  case storage(String)

  public var description: String {
    switch self {
    case .parse(let error): error.description
    case .execution(let problem): problem
    case .timeout: "query timed out in expression evaluation"
    case .canceled: "query was canceled in expression evaluation"
    case .tooManySamples: "query processing would load too many samples into memory in query execution"
    case .storage(let problem): problem
    }
  }
}
