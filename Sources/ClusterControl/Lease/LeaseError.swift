import FleetModel

/// Why a lease is not ours.
public enum LeaseError: Error, Sendable, Hashable, CustomStringConvertible {
  /// Somebody else holds it and lives.
  case held(lease: String, by: LeaseHolder)
  /// It was ours and is not any more: nothing may be written.
  case lost(lease: String, reason: String)
  /// The API server does not let us have it.
  case failed(ClusterError)

  public var description: String {
    switch self {
    case .held(let lease, let holder):
      "\(lease) is held by \(holder.identity)"
        + (holder.since.map { " since \(RFC3339.format($0))" } ?? "") + "; wait until it has ended"
    case .lost(let lease, let reason): "\(lease) was lost: \(reason)"
    case .failed(let error): "\(error)"
    }
  }
}
