import FleetModel
import Platform
import Synchronization

/// What a ``DurableStore`` asks of its head beside appends and queries.
extension HeadStore {
  // MARK: Journal

  /// Takes over the records of what was appended since the last call; see ``Journal/exchange(_:)``. Quick.
  func exchangeJournal(_ buffer: inout JournalBytes) { fatalError("to be written") }

  // MARK: Image: the whole head in a form that is quick to read back

  /// Hands the head over in payloads, each made under a short hold of the lock; appends go on meanwhile. Samples that come
  /// meanwhile may or may not be in it: replaying the log from a segment that was begun before this call, over the image,
  /// gives the head as it was (samples that the image has already are recognised by their time). No series is forgotten
  /// while an image is made.
  func writeImage(_ take: (UnsafeRawBufferPointer) throws(FileError) -> Void) throws(FileError) { fatalError("to be written") }

  /// Takes the next payload of an image in. Only on a head that has taken nothing else. Series keep their numbers.
  ///
  /// - Throws: ``ImageError``; the head is then good for nothing.
  func readImage(_ payload: UnsafeRawBufferPointer) throws(ImageError) { fatalError("to be written") }

  /// To be called after the last payload: `true` if the image was whole.
  func finishImage() -> Bool { fatalError("to be written") }

  /// So many series numbers were given that the head should be written anew with numbers from 0 on.
  var needsRenumbering: Bool { fatalError("to be written") }

  // MARK: Flush: samples that move to a block

  /// Chooses what to move: chunks that are full; with `everything`, or where the newest sample of the series is older than
  /// `idleBefore`, the open chunk too; and all late samples. `nil` if there is nothing. Until ``finishFlush(_:)`` or
  /// ``cancelFlush(_:)`` the samples stay readable, no other flush begins and no series is forgotten.
  func beginFlush(everything: Bool, idleBefore: Int64) -> HeadFlush? { fatalError("to be written") }

  /// The block holds them now: drops them.
  func finishFlush(_ flush: consuming HeadFlush) { fatalError("to be written") }
  func cancelFlush(_ flush: consuming HeadFlush) { fatalError("to be written") }

  // MARK: Deletion

  /// Drops the samples in `from ... through` of the series that match, and journals it.
  ///
  /// - Returns: series and samples that were hit.
  func delete(
    _ matchers: [LabelMatcher], from: Int64, through: Int64
  ) throws(InvalidMatcher) -> DeletionSummary { fatalError("to be written") }

  /// A consumer that brings a log's records into this head without journalling them again.
  func replay() -> HeadReplay { fatalError("to be written") }
}

struct ImageError: Error, Sendable, CustomStringConvertible {
  var description: String
}

/// Samples on their way from the head to a block.
struct HeadFlush: ~Copyable {
  /// Series with samples to move.
  var seriesCount: Int { fatalError("to be written") }
  /// Bytes of the chunks, about.
  var byteCount: Int { fatalError("to be written") }

  /// Calls `body` for each series in rising order of labels with its samples in rising order of time, late ones merged in:
  /// decoded outside the head's lock. `times` and `values` have the same count and are valid during the call only.
  func forEachSeries(
    _ body: (
      _ encodedLabels: UnsafeRawBufferPointer, _ times: UnsafeBufferPointer<Int64>, _ values: UnsafeBufferPointer<Double>
    ) throws(FileError) -> Void
  ) throws(FileError) { fatalError("to be written") }
}

/// Brings log records into a head.
struct HeadReplay: LogConsumer, ~Copyable {
  mutating func series(_ number: UInt32, encodedLabels: UnsafeRawBufferPointer) { fatalError("to be written") }
  mutating func samples(_ samples: UnsafeBufferPointer<Sample>, at time: Int64) { fatalError("to be written") }
  mutating func lateSamples(_ samples: UnsafeBufferPointer<Sample>, at time: Int64) { fatalError("to be written") }
  mutating func deletion(of numbers: [UInt32], from: Int64, through: Int64) { fatalError("to be written") }
}
