import FleetModel
import Platform
import SystemPackage

/// What a block says of itself.
struct BlockSummary: Sendable, Hashable {
  /// Rising in the order in which data came: where two blocks hold the same time of a series, the lower number's sample
  /// counts. A merge takes the lowest number of its sources.
  var sequence: UInt64 = 0
  /// Milliseconds; both are times of samples.
  var minTime: Int64 = 0
  var maxTime: Int64 = 0
  var series = 0
  var chunks = 0
  var samples: UInt64 = 0
  var bytes: UInt64 = 0
}

/// Writes one block: series in rising order of labels, each with its chunks in rising order of their first times.
/// Nothing of the whole block is held in memory but what the index needs.
struct BlockWriter: ~Copyable {
  init(files: any FileSystem, path: FilePath, sequence: UInt64) throws(FileError) { fatalError("to be written") }

  /// - Precondition: the labels come after those of the series before (``LabelSet/precedes(_:_:)``).
  mutating func beginSeries(encodedLabels: UnsafeRawBufferPointer) throws(FileError) { fatalError("to be written") }

  /// Samples of the series begun last: strictly rising times, any number; cut into chunks as the format wants it. Chunks
  /// of two calls may overlap in time: of equal times the first written counts.
  mutating func append(times: UnsafeBufferPointer<Int64>, values: UnsafeBufferPointer<Double>) throws(FileError) {
    fatalError("to be written")
  }

  /// Takes a chunk over as it is, without decoding it.
  mutating func append(_ chunk: Block.Chunk, of block: borrowing Block) throws(FileError) { fatalError("to be written") }

  /// Writes the index, syncs and closes. A block without samples is an error of the caller.
  consuming func finish() throws(FileError) -> BlockSummary { fatalError("to be written") }

  /// Closes and removes what there is.
  consuming func abandon() { fatalError("to be written") }
}

/// An immutable block, mapped. Opening verifies the header and the index; chunk data is verified, page by page, when it is
/// first read.
final class Block: Sendable {
  let path: FilePath
  let summary: BlockSummary

  init(files: any FileSystem, path: FilePath) throws(BlockError) { fatalError("to be written") }

  /// A series by its place in the block, 0 ..< `summary.series`, in rising order of labels.
  typealias Place = UInt32

  struct Chunk: Sendable {
    var minTime: Int64
    var maxTime: Int64
    var count: Int
    // where its columns lie: to be written
  }

  /// The places of the series that match, rising.
  func find(_ matchers: [CompiledMatcher]) throws(BlockError) -> [Place] { fatalError("to be written") }

  func encodedLabels(_ place: Place) throws(BlockError) -> [UInt8] { fatalError("to be written") }

  /// The chunks of a series, in rising order of their first times.
  func chunks(_ place: Place) throws(BlockError) -> [Chunk] { fatalError("to be written") }

  /// Decodes a chunk into columns with room for `chunk.count`.
  func decode(
    _ chunk: Chunk, times: UnsafeMutablePointer<Int64>, values: UnsafeMutablePointer<Double>
  ) throws(BlockError) {
    fatalError("to be written")
  }

  /// Names of the labels of these series; values of `name` among them.
  func labelNames(_ places: [Place]) throws(BlockError) -> Set<[UInt8]> { fatalError("to be written") }
  func labelValues(of name: [UInt8], _ places: [Place]) throws(BlockError) -> Set<[UInt8]> { fatalError("to be written") }

  /// Reads everything: every checksum, every chunk, the order of series and times, and whether the index says of each
  /// series just what its labels say.
  ///
  /// - Returns: what is wrong, in words that name the place; empty if nothing is.
  func check() -> [String] { fatalError("to be written") }
}

/// A block that cannot be used: it is to be set aside.
struct BlockError: Error, Sendable, Hashable, CustomStringConvertible {
  var path: FilePath
  var reason: String

  var description: String { "\(path): \(reason)" }
}
