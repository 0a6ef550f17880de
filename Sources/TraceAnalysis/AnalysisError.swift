/// Why a trace cannot be analysed.
public enum AnalysisError: Error, Hashable, Sendable, CustomStringConvertible {
  case traceNotFound
  case noCompletedSpans

  public var description: String {
    switch self {
    case .traceNotFound: "trace not found"
    case .noCompletedSpans: "no completed spans in trace"
    }
  }
}
