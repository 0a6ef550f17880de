import CoreMetrics
import FleetModel
import Metrics
import SampleStore
import Synchronization

/// Skep's own metrics about its store: read from the store whenever somebody asks for them.
final class StoreInstruments: Sendable {
  /// A total that the store counts, as a counter.
  private struct Total: Sendable {
    let counter: FloatingPointCounter
    var last = 0.0

    init(_ name: String, _ dimensions: [(String, String)] = []) {
      counter = FloatingPointCounter(label: "skep_store_" + name, dimensions: dimensions)
    }

    mutating func set(_ total: Double) {
      if total > last { counter.increment(by: total - last) }
      last = max(last, total)
    }
  }

  private struct Totals: Sendable {
    var samples = Total("samples_appended_total")
    var outOfOrder = Total("samples_refused_total", [("reason", "out_of_order")])
    var duplicates = Total("samples_refused_total", [("reason", "duplicate")])
    var syncs = Total("log_syncs_total")
    var syncSeconds = Total("log_sync_seconds_total")
    var checkpoints = Total("checkpoints_total")
    var flushes = Total("flushes_total")
    var merges = Total("merges_total")
    var corruptions = Total("corruptions_total")
    var exemplars = Total("exemplars_appended_total")
    var lateExemplars = Total("exemplars_refused_total", [("reason", "out_of_order")])
    var longExemplars = Total("exemplars_refused_total", [("reason", "limit")])
  }

  private let keeper: SampleKeeper
  private let exemplars: ExemplarStore
  private let totals = Mutex(Totals())
  private let series = Gauge(label: "skep_store_series")
  private let memory = Gauge(label: "skep_store_bytes", dimensions: [("part", "head")])
  private let log = Gauge(label: "skep_store_bytes", dimensions: [("part", "log")])
  private let checkpoint = Gauge(label: "skep_store_bytes", dimensions: [("part", "checkpoint")])
  private let blocks = Gauge(label: "skep_store_bytes", dimensions: [("part", "blocks")])
  private let blockCount = Gauge(label: "skep_store_blocks")
  private let exemplarCount = Gauge(label: "skep_store_exemplars")
  private let exemplarSeries = Gauge(label: "skep_store_exemplar_series")
  private let failing = Gauge(label: "skep_store_failing")

  init(_ keeper: SampleKeeper, exemplars: ExemplarStore) {
    self.keeper = keeper
    self.exemplars = exemplars
  }

  func update() {
    let activity: StoreActivity
    switch keeper {
    case .memory(let store): activity = StoreActivity(head: store.statistics())
    case .disk(let store): activity = store.activity
    }
    series.record(activity.headSeries)
    memory.record(activity.headBytes)
    log.record(activity.logBytes)
    checkpoint.record(activity.checkpointBytes)
    blocks.record(activity.blockBytes)
    blockCount.record(activity.blocks)
    let kept = exemplars.statistics()
    exemplarCount.record(kept.exemplars)
    exemplarSeries.record(kept.series)
    failing.record(keeper.failure == nil ? 0 : 1)
    totals.withLock { totals in
      totals.samples.set(Double(activity.appended))
      totals.outOfOrder.set(Double(activity.outOfOrder))
      totals.duplicates.set(Double(activity.duplicates))
      totals.syncs.set(Double(activity.logSyncs))
      totals.syncSeconds.set(activity.logSyncTime.seconds)
      totals.checkpoints.set(Double(activity.checkpoints))
      totals.flushes.set(Double(activity.flushes))
      totals.merges.set(Double(activity.merges))
      totals.corruptions.set(Double(activity.corruptions))
      totals.exemplars.set(Double(kept.totals.appended))
      totals.lateExemplars.set(Double(kept.totals.outOfOrder))
      totals.longExemplars.set(Double(kept.totals.labelsTooLong))
    }
  }
}
