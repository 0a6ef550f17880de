import FleetModel
import Synchronization

/// What the API tells of the system file: the one that is in force, when it came, and whether the file has changed since to
/// something that cannot be taken.
final class LoadedSystem: Sendable {
  private let state: Mutex<LoadedConfiguration>

  init(_ yaml: String, at time: Timestamp) {
    state = Mutex(LoadedConfiguration(yaml: yaml, loadedAt: time))
  }

  var configuration: LoadedConfiguration { state.withLock { $0 } }

  /// - Parameter yaml: without secrets.
  func replace(with yaml: String, at time: Timestamp) {
    state.withLock { $0 = LoadedConfiguration(yaml: yaml, loadedAt: time) }
  }

  /// Notes that the file as it stands now was not taken.
  func refuse(at time: Timestamp) { state.withLock { $0.refusedAt = time } }
}
