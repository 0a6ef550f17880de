import FleetModel
import Platform
import Synchronization
import SystemPackage

/// What is stored beside the live head: sealed heads and segments, changed as a whole so that no query sees a span twice or not
/// at all while it moves.
final class SegmentCatalog: Sendable {
  private struct State {
    /// By sequence, as are the heads; all heads come after all segments.
    var segments: [Segment]
    var sealed: [SealedHead]
  }

  private let state: Mutex<State>
  /// Of segments that are on disk but could not be read when the store was opened.
  private let unread: [ClosedRange<UInt64>]

  init(segments: [Segment], sealed: [SealedHead], unread: [ClosedRange<UInt64>] = []) {
    state = Mutex(State(segments: segments, sealed: sealed))
    self.unread = unread
  }

  var segments: [Segment] { state.withLock { $0.segments } }
  var sealed: [SealedHead] { state.withLock { $0.sealed } }

  /// The segments, parted where one lies between that could not be read: a segment whose sequences enclose those of another
  /// counts as made of it, so that the other would be taken for a leftover once it can be read again.
  var mergeable: [[Segment]] {
    let segments = segments
    guard !unread.isEmpty else { return [segments] }
    let groups = Dictionary(grouping: segments) { segment in
      unread.count { $0.lowerBound < segment.footer.sequences.lowerBound }
    }
    return groups.sorted { $0.key < $1.key }.map(\.value)
  }

  /// In the order of arrival.
  var sources: [any SpanSource] { state.withLock { state in state.segments + state.sealed.map(\.head) } }

  func add(_ head: SealedHead) { state.withLock { $0.sealed.append(head) } }

  /// - Parameter segment: `nil` where the head held nothing.
  func replace(_ head: SealedHead, with segment: Segment?) {
    state.withLock { state in
      state.sealed.removeAll { $0.sequence == head.sequence }
      if let segment { state.segments.append(segment) }
      state.segments.sort { $0.footer.sequences.lowerBound < $1.footer.sequences.lowerBound }
    }
  }

  func replace(_ sources: [Segment], with merged: Segment?) {
    let gone = Set(sources.map { ObjectIdentifier($0) })
    state.withLock { state in
      state.segments.removeAll { gone.contains(ObjectIdentifier($0)) }
      if let merged { state.segments.append(merged) }
      state.segments.sort { $0.footer.sequences.lowerBound < $1.footer.sequences.lowerBound }
    }
  }
}
