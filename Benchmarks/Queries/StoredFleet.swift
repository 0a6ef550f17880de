import FleetModel
import Glibc
import Platform
import SampleStore
import SystemPackage

/// The same samples in a store on disk.
enum StoredFleet {
  static func fill(_ folder: FilePath, with source: FleetSeries, end: Timestamp) throws -> DurableStore {
    remove(folder)
    var configuration = StoreConfiguration(directory: folder)
    configuration.retention = .seconds(3650 * 86_400)
    let store = try DurableStore(configuration, time: SystemTime())
    let all = source.series.values.joined()
    let references = try all.map { try store.reference(for: $0.labels) }
    guard let times = all.first?.samples.timestamps else { return store }
    for (index, time) in times.enumerated() {
      let batch = zip(references, all).map { Sample(series: $0, value: $1.samples.values[index]) }
      _ = try store.append(batch, at: Timestamp(milliseconds: time))
    }
    return store
  }

  static func remove(_ folder: FilePath) { _ = system("rm -rf \(folder.string)") }
}
