import FleetModel
import Platform
import SampleStore
public import SystemPackage

/// The store of a data directory, or a snapshot, that no Skep has open.
public enum OfflineStore {
  /// Verifies manifest, checkpoint, log and blocks; changes nothing. Blocks.
  ///
  /// - Throws: ``OfflineStoreError``, `DirectoryLockError` or `StoreError`.
  public static func check(_ directory: FilePath) throws -> FleetAPI.StoreCheck {
    let place = try Place(directory)
    defer { withExtendedLifetime(place) {} }
    return FleetAPI.StoreCheck(try DurableStore.check(place.store))
  }

  /// What it holds. Opens it as a start would: the log is replayed, nothing is dropped.
  ///
  /// - Parameters:
  ///   - labels: how many names and values to name.
  ///   - onEvent: is told in words what opening it brought up.
  /// - Throws: as ``check(_:)``.
  public static func statistics(
    _ directory: FilePath, labels: Int, onEvent: @escaping @Sendable (String) -> Void
  ) async throws -> FleetAPI.StoreStatistics {
    let place = try Place(directory)
    defer { withExtendedLifetime(place) {} }
    var configuration = StoreConfiguration(directory: place.store)
    configuration.retention = .seconds(100 * 365 * 86_400)
    let store = try DurableStore(configuration, time: SystemTime()) { event in
      if event.level == .warning || event.level == .error { onEvent(event.message) }
    }
    let statistics = try await store.statistics(labels: labels)
    // A cancelled run syncs and closes.
    await withTaskGroup(of: Void.self) { group in
      group.cancelAll()
      group.addTask { await store.run() }
    }
    return FleetAPI.StoreStatistics(statistics)
  }

  /// A store's directory, and the lock that keeps others out of it.
  private struct Place {
    let store: FilePath
    let lock: DirectoryLock?

    init(_ directory: FilePath) throws {
      let files = SystemFileSystem()
      let inside = directory.appending(DataDirectory.store)
      if (try? files.names(in: inside)) != nil {
        do throws(DirectoryLockError) { lock = try DirectoryLock(directory: directory) } catch {
          if case .inUse(_, let processID) = error { throw OfflineStoreError.inUse(directory, processID: processID) }
          throw error
        }
        store = inside
      } else if let names = try? files.names(in: directory), names.contains(where: { $0.hasPrefix("manifest") }) {
        // A snapshot, or a store named itself: then its data directory's lock counts.
        let parent = directory.lexicallyNormalized().removingLastComponent()
        let isInData = (try? files.names(in: parent))?.contains("skep.lock") == true
        lock =
          isInData && directory.lexicallyNormalized().lastComponent?.string == DataDirectory.store
          ? try DirectoryLock(directory: parent) : nil
        store = directory
      } else {
        throw OfflineStoreError.noStore(directory)
      }
    }
  }
}

public enum OfflineStoreError: Error, Sendable, Hashable, CustomStringConvertible {
  case inUse(FilePath, processID: Int32?)
  case noStore(FilePath)

  public var description: String {
    switch self {
    case .inUse(let directory, let processID):
      "data directory \(directory) is in use by \(processID.map { "process \($0)" } ?? "another process"); leave out"
        + " --data-dir to ask that Skep, or stop it"
    case .noStore(let directory): "\(directory) holds no sample store; name a data directory or a snapshot"
    }
  }
}
