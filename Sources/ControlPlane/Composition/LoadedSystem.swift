import DeployPlan
import FleetModel
import Synchronization

/// What the API tells of the system file: the one that is in force, when it came, and whether the file has changed since to
/// something that cannot be taken.
final class LoadedSystem: Sendable {
  private struct State: Sendable {
    var configuration: LoadedConfiguration
    var system: FleetSystem
  }

  private let state: Mutex<State>

  init(_ yaml: String, _ system: FleetSystem, at time: Timestamp) {
    state = Mutex(State(configuration: LoadedConfiguration(yaml: yaml, loadedAt: time), system: system))
  }

  var configuration: LoadedConfiguration { state.withLock { $0.configuration } }

  /// What the file in force says.
  var system: FleetSystem { state.withLock { $0.system } }

  /// - Parameter yaml: without secrets.
  func replace(with yaml: String, _ system: FleetSystem, at time: Timestamp) {
    state.withLock {
      $0 = State(configuration: LoadedConfiguration(yaml: yaml, loadedAt: time), system: system)
    }
  }

  /// Notes that the file as it stands now was not taken.
  func refuse(at time: Timestamp) { state.withLock { $0.configuration.refusedAt = time } }
}
