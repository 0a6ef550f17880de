import FleetModel
import Synchronization

extension HeadStore {
  /// Takes over the records of what was appended since the last call; see ``Journal/exchange(_:)``. Quick.
  func exchangeJournal(_ buffer: inout JournalBytes) { state.withLock { $0.journal.exchange(&buffer) } }

  /// Encoded bytes that wait to be taken over.
  var journalBytes: Int { state.withLock { $0.journal.isEnabled ? $0.journal.byteCount : 0 } }
}
