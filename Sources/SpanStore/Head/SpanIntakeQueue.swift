import Dispatch
import FleetModel
import Platform
import Synchronization

/// Takes batches and changes of spans in flight one after another, on a thread of its own: what arrives while one group is
/// being written makes up the next (group commit).
final class SpanIntakeQueue: Sendable {
  /// A step that needs to see all that came before it, and makes spans of that.
  typealias Step = @Sendable () throws(SpanStoreError) -> SpanBatch?

  private struct Item {
    var batch: SpanBatch?
    var step: Step?
    var done: @Sendable (Result<SpanBatch?, SpanStoreError>) -> Void
  }

  private struct Waiting {
    var items: [Item] = []
    var isScheduled = false
  }

  let work: BlockingWork
  private let waiting = Mutex(Waiting())
  /// Writes batches and shows them; all or none.
  private let commit: @Sendable ([SpanBatch]) throws(SpanStoreError) -> Void

  init(label: String, commit: @escaping @Sendable ([SpanBatch]) throws(SpanStoreError) -> Void) {
    work = BlockingWork(label: label)
    self.commit = commit
  }

  func append(_ batch: SpanBatch) async throws(SpanStoreError) { _ = try await submit(batch, nil) }

  /// - Returns: the spans that the step made, taken; `nil` where it made none.
  func take(_ step: @escaping Step) async throws(SpanStoreError) -> SpanBatch? { try await submit(nil, step) }

  private func submit(_ batch: SpanBatch?, _ step: Step?) async throws(SpanStoreError) -> SpanBatch? {
    let result: Result<SpanBatch?, SpanStoreError> = await withCheckedContinuation { continuation in
      let item = Item(batch: batch, step: step) { continuation.resume(returning: $0) }
      let isFirst = waiting.withLock { waiting in
        waiting.items.append(item)
        defer { waiting.isScheduled = true }
        return !waiting.isScheduled
      }
      if isFirst { work.queue.async { self.drain() } }
    }
    return try result.get()
  }

  /// Bytes that are written at once, about, and at least one batch.
  private static let groupSize = 32 << 20

  private func drain() {
    let items = waiting.withLock { waiting in
      defer { waiting.items = [] }
      if waiting.items.isEmpty { waiting.isScheduled = false }
      return waiting.items
    }
    if items.isEmpty { return }
    var group: [Item] = []
    var size = 0
    for item in items {
      if item.step != nil || size >= Self.groupSize {
        finish(&group)
        size = 0
      }
      if let step = item.step {
        perform(step, item)
      } else {
        group.append(item)
        size += (item.batch?.bytes.count ?? 0) + 80 * (item.batch?.count ?? 0)
      }
    }
    finish(&group)
    // Not in a loop: senders that send again as soon as they are answered would keep others from this thread.
    work.queue.async { self.drain() }
  }

  private func perform(_ step: Step, _ item: Item) {
    do throws(SpanStoreError) {
      let batch = try step()
      if let batch, !batch.isEmpty { try commit([batch]) }
      item.done(.success(batch))
    } catch {
      item.done(.failure(error))
    }
  }

  private func finish(_ group: inout [Item]) {
    guard !group.isEmpty else { return }
    defer { group = [] }
    do throws(SpanStoreError) {
      try commit(group.compactMap(\.batch))
      for item in group { item.done(.success(nil)) }
    } catch {
      for item in group { item.done(.failure(error)) }
    }
  }
}
