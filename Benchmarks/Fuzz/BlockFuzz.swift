import FleetModel
import Platform
import SystemPackage

@testable import SampleStore

/// The input changes single bytes of a good block, three bytes a change: offset (u16) and value. Checksums are made to fit,
/// so that what stands behind them is reached. Whatever the bytes say, reading all there is must end in an answer or a
/// ``BlockError``.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzzBlock(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
  let input = UnsafeBufferPointer(start: start, count: count)
  var bytes = goodBlock
  var position = 0
  while position + 3 <= input.count {
    bytes[(Int(input[position]) | Int(input[position + 1]) << 8) % bytes.count] = input[position + 2]
    position += 3
  }
  seal(&bytes)
  // Just as long as they are, for the address sanitizer.
  let copy = UnsafeMutableRawBufferPointer.allocate(byteCount: bytes.count, alignment: 1)
  copy.copyBytes(from: bytes)
  let file = MappedFile(path: "a.block", bytes: UnsafeRawBufferPointer(copy)) { $0.deallocate() }
  do throws(BlockError) { try read(try Block(file)) } catch { return 0 }
  return 0
}

private func read(_ block: Block) throws(BlockError) {
  _ = block.check()
  for matchers in questions { _ = try? block.find(matchers) }
  try? block.forEachLabel { _, _, _ in }
  let places = try block.find([])
  _ = try? block.labelNames(Array(places.dropLast()))
  _ = try? block.labelValues(of: Array("agent".utf8), Array(places.dropLast()))
  var reader = block.reader()
  var joiner = SampleJoiner()
  for place in places {
    _ = try? reader.labels(place)
    try reader.readChunks(place)
    _ = try joiner.join([(block, reader.chunks)], from: 2_000, through: 900_000)
  }
}

private let questions: [[CompiledMatcher]] = {
  let matchers = [
    LabelMatcher("__name__", .matches, "m.*"), LabelMatcher("agent", .notEqual, "agent-3"),
    LabelMatcher("agent", .matchesNot, "agent-[12]"), LabelMatcher("zone", .matches, ".+"),
  ].compactMap { try? CompiledMatcher.compile($0) }
  return matchers.map { [$0] } + [matchers]
}()

/// 400 series: several groups of each table, postings lists of each kind.
private let goodBlock: [UInt8] = {
  let files = MemoryFile()
  do {
    var writer = try BlockWriter(files: files, path: "a.block", sequence: 1)
    let all = (0..<400).map { number in
      LabelSet([
        "__name__": "m\(number % 3)", "agent": "agent-\(number / 9)", "zone": "z\(number % 9)", "id": "\(number)",
      ])
    }
    for (number, labels) in all.sorted(by: LabelSet.precedes).enumerated() {
      try labels.encoded.withUnsafeBytes { try writer.beginSeries(encodedLabels: $0) }
      for part in 0...number % 2 {
        let first = Int64(part * 100_000 + number / 50)
        try (0..<6).map { first + Int64($0) * 1000 }.withUnsafeBufferPointer { times in
          try (0..<6).map { Double(number * $0) / 10 }.withUnsafeBufferPointer { values in
            try writer.append(times: times, values: values)
          }
        }
      }
    }
    _ = try writer.finish()
  } catch {
    preconditionFailure("BUG: \(error)")
  }
  return files.bytes
}()

private func seal(_ bytes: inout [UInt8]) {
  let footer = bytes.count - BlockFooter.bytes
  store(checksum(bytes, 0..<12), 12, &bytes)
  let dataEnd = number(bytes, footer + 40)
  var start = dataEnd
  for section in BlockFormat.Section.allCases.indices {
    let length = number(bytes, footer + 64 + section * 12)
    guard length <= footer - start else { break }
    if section == 0, length >= 4, dataEnd <= BlockFormat.pageBytes {
      store(checksum(bytes, 0..<dataEnd), start, &bytes)
    }
    store(checksum(bytes, start..<start + length), footer + 64 + section * 12 + 8, &bytes)
    start += length
  }
  store(checksum(bytes, footer..<footer + 148), footer + 148, &bytes)
}

private func number(_ bytes: [UInt8], _ offset: Int) -> Int {
  (0..<6).reduce(0) { $0 | Int(bytes[offset + $1]) << (8 * $1) }
}

private func store(_ checksum: UInt32, _ offset: Int, _ bytes: inout [UInt8]) {
  for index in 0..<4 { bytes[offset + index] = UInt8(truncatingIfNeeded: checksum >> (8 * index)) }
}

private func checksum(_ bytes: [UInt8], _ range: Range<Int>) -> UInt32 {
  bytes.withUnsafeBytes { CRC32C.checksum(UnsafeRawBufferPointer(rebasing: $0[range])) }
}

/// One file in memory, used by one thread.
private final class MemoryFile: FileSystem, OutputFile, @unchecked Sendable {
  let path: FilePath = "a.block"
  var bytes: [UInt8] = []

  func write(_ more: UnsafeRawBufferPointer, at offset: UInt64) throws(FileError) { bytes += more }
  func create(_ path: FilePath) throws(FileError) -> any OutputFile { self }
  func sync() throws(FileError) {}
  func truncate(to size: UInt64) throws(FileError) {}
  func close() throws(FileError) {}
  func createDirectory(_ path: FilePath) throws(FileError) {}
  func names(in directory: FilePath) throws(FileError) -> [String] { [] }
  func read(_ path: FilePath) throws(FileError) -> [UInt8] { bytes }
  func map(_ path: FilePath) throws(FileError) -> MappedFile {
    throw FileError(path: path, operation: "map", errno: .notSupported)
  }
  func size(of path: FilePath) throws(FileError) -> UInt64 { UInt64(bytes.count) }
  func rename(_ old: FilePath, to new: FilePath) throws(FileError) {}
  func link(_ old: FilePath, to new: FilePath) throws(FileError) {}
  func remove(_ path: FilePath) throws(FileError) {}
  func syncDirectory(_ path: FilePath) throws(FileError) {}
}
