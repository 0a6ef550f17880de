import Glibc
import Platform
import SystemPackage
import TestSupport
import Testing

/// A file system with an empty directory of its own.
struct FileSystemCase: Sendable, CustomTestStringConvertible {
  enum Kind: Sendable, CaseIterable { case real, simulated }

  let kind: Kind
  let files: any FileSystem
  let directory: FilePath
  private let scratch: ScratchDirectory?

  init(_ kind: Kind) throws {
    self.kind = kind
    switch kind {
    case .real:
      let scratch = try ScratchDirectory()
      self.scratch = scratch
      (files, directory) = (SystemFileSystem(), scratch.path)
    case .simulated:
      scratch = nil
      (files, directory) = (SimulatedFileSystem(seed: 1), "/data")
    }
  }

  var testDescription: String { "\(kind)" }

  func path(_ name: String) -> FilePath { directory.appending(FilePath(name).components) }

  func create(_ name: String, _ text: String) throws {
    let file = try files.create(path(name))
    try file.write(text, at: 0)
    try file.sync()
    try file.close()
  }

  func text(_ name: String) throws -> String { String(decoding: try files.read(path(name)), as: UTF8.self) }

  /// The error number that `body` fails with; `nil` if it succeeds.
  func errno(_ body: () throws -> Void) -> Errno? {
    do {
      try body()
      return nil
    } catch {
      return (error as? FileError)?.errno
    }
  }
}

extension OutputFile {
  func write(_ bytes: [UInt8], at offset: UInt64) throws(FileError) {
    let result = bytes.withUnsafeBytes { bytes in Result { () throws(FileError) in try write(bytes, at: offset) } }
    try result.get()
  }

  func write(_ text: String, at offset: UInt64) throws(FileError) { try write(Array(text.utf8), at: offset) }
}

/// One battery for the real files and the simulated ones: what is proved on the latter holds on the former.
@Suite("file systems", .serialized)
struct FileSystemTests {
  @Test(arguments: FileSystemCase.Kind.allCases)
  func whatIsWrittenIsRead(kind: FileSystemCase.Kind) throws {
    let test = try FileSystemCase(kind)
    let file = try test.files.create(test.path("a"))
    #expect(file.path == test.path("a"))
    #expect(try test.files.read(test.path("a")) == [])
    try file.write("hello", at: 0)
    try file.write([], at: 100)
    try file.write("J", at: 0)
    try file.write("there", at: 7)
    try file.sync()
    #expect(try test.text("a") == "Jello\0\0there")
    #expect(try test.files.size(of: test.path("a")) == 12)
    try file.truncate(to: 4)
    #expect(try test.text("a") == "Jell")
    try file.truncate(to: 6)
    #expect(try test.text("a") == "Jell\0\0")
    try file.close()
    #expect(test.errno { try file.write("x", at: 0) } == .badFileDescriptor)
    #expect(test.errno { try file.sync() } == .badFileDescriptor)
    #expect(try test.text("a") == "Jell\0\0")
  }

  @Test(arguments: FileSystemCase.Kind.allCases)
  func largeWritesArriveWhole(kind: FileSystemCase.Kind) throws {
    let test = try FileSystemCase(kind)
    let bytes = (0..<1_000_003).map { UInt8(truncatingIfNeeded: $0 &* 2_654_435_761 >> 13) }
    let file = try test.files.create(test.path("large"))
    try file.write(bytes, at: 511)
    try file.close()
    #expect(try test.files.read(test.path("large")) == [UInt8](repeating: 0, count: 511) + bytes)
    let mapped = try test.files.map(test.path("large"))
    #expect(mapped.bytes.dropFirst(511).elementsEqual(bytes))
  }

  @Test(arguments: FileSystemCase.Kind.allCases)
  func mappedBytesOutliveTheFile(kind: FileSystemCase.Kind) throws {
    let test = try FileSystemCase(kind)
    try test.create("a", "content")
    try test.create("empty", "")
    let mapped = try test.files.map(test.path("a"))
    try test.create("b", "other")
    try test.files.rename(test.path("b"), to: test.path("a"))
    try test.files.remove(test.path("a"))
    #expect(String(decoding: mapped.bytes, as: UTF8.self) == "content")
    #expect(try test.files.map(test.path("empty")).bytes.isEmpty)
    #expect(try test.files.names(in: test.directory) == ["empty"])
  }

  @Test(arguments: FileSystemCase.Kind.allCases)
  func namesComeAndGo(kind: FileSystemCase.Kind) throws {
    let test = try FileSystemCase(kind)
    try test.files.createDirectory(test.path("deep/er"))
    try test.files.createDirectory(test.path("deep/er"))
    for name in ["b", "a", "é", "Z", "zz", "z"] { try test.create("deep/\(name)", name) }
    #expect(try test.files.names(in: test.path("deep")) == ["Z", "a", "b", "er", "z", "zz", "é"])
    try test.files.link(test.path("deep/a"), to: test.path("a2"))
    try test.files.remove(test.path("deep/a"))
    #expect(try test.text("a2") == "a")
    try test.files.rename(test.path("deep/b"), to: test.path("a2"))
    #expect(try test.text("a2") == "b")
    try test.files.rename(test.path("deep"), to: test.path("moved"))
    #expect(try test.text("moved/zz") == "zz")
    #expect(try test.files.names(in: test.directory) == ["a2", "moved"])
    try test.files.syncDirectory(test.directory)
  }

  @Test(arguments: FileSystemCase.Kind.allCases)
  func mistakesAreNamed(kind: FileSystemCase.Kind) throws {
    let test = try FileSystemCase(kind)
    let files = test.files
    try test.create("a", "a")
    try files.createDirectory(test.path("folder/full"))
    let cases: [(Errno, () throws -> Void)] = [
      (.fileExists, { _ = try files.create(test.path("a")) }),
      (.fileExists, { _ = try files.create(test.path("folder")) }),
      (.noSuchFileOrDirectory, { _ = try files.create(test.path("none/b")) }),
      (.notDirectory, { _ = try files.create(test.path("a/b")) }),
      (.noSuchFileOrDirectory, { _ = try files.read(test.path("b")) }),
      (.isDirectory, { _ = try files.read(test.path("folder")) }),
      (.noSuchFileOrDirectory, { _ = try files.map(test.path("b")) }),
      (.isDirectory, { _ = try files.map(test.path("folder")) }),
      (.noSuchFileOrDirectory, { _ = try files.size(of: test.path("b")) }),
      (.noSuchFileOrDirectory, { try files.remove(test.path("b")) }),
      (.isDirectory, { try files.remove(test.path("folder")) }),
      (.noSuchFileOrDirectory, { try files.rename(test.path("b"), to: test.path("c")) }),
      (.isDirectory, { try files.rename(test.path("a"), to: test.path("folder")) }),
      (.notDirectory, { try files.rename(test.path("folder"), to: test.path("a")) }),
      (.fileExists, { try files.link(test.path("a"), to: test.path("folder")) }),
      (.noSuchFileOrDirectory, { try files.link(test.path("b"), to: test.path("c")) }),
      (.noSuchFileOrDirectory, { _ = try files.names(in: test.path("b")) }),
      (.notDirectory, { _ = try files.names(in: test.path("a")) }),
      (.notDirectory, { try files.createDirectory(test.path("a")) }),
      (.noSuchFileOrDirectory, { try files.syncDirectory(test.path("b")) }),
    ]
    for (index, (expected, body)) in cases.enumerated() {
      #expect(test.errno(body) == expected, "case \(index)")
    }
    #expect(try files.names(in: test.directory) == ["a", "folder"])
    do {
      _ = try files.create(test.path("a"))
    } catch {
      #expect(error.description.contains(test.path("a").string) && error.description.hasSuffix("move it away"))
    }
  }

  /// The same random operations on both: the same answers and the same files in the end.
  @Test(arguments: UInt64(1)...12)
  func bothDoTheSame(seed: UInt64) throws {
    let random = SeededRandom(seed: seed)
    let tests = try FileSystemCase.Kind.allCases.map { try FileSystemCase($0) }
    var open: [[String: any OutputFile]] = [[:], [:]]
    for _ in 0..<120 {
      let (kind, number) = (random.next() % 8, random.next())
      let (name, other) = ("f\(random.next() % 4)", "f\(random.next() % 4)")
      var bytes = [UInt8](repeating: 0, count: Int(random.next() % 1500))
      for index in bytes.indices { bytes[index] = UInt8(truncatingIfNeeded: random.next()) }
      let results = tests.indices.map { index -> Errno? in
        let (test, files) = (tests[index], tests[index].files)
        return test.errno {
          switch kind {
          case 0: open[index][name] = try files.create(test.path(name))
          case 1, 2: try open[index][name]?.write(bytes, at: number % 2000)
          case 3: try open[index][name]?.truncate(to: number % 2000)
          case 4: if number % 8 == 0 { try open[index][name]?.sync() }
          case 5: try files.rename(test.path(name), to: test.path(other))
          case 6: try files.remove(test.path(name))
          default: try files.link(test.path(name), to: test.path(other))
          }
        }
      }
      #expect(results[0] == results[1], "operation \(kind) on \(name) and \(other)")
      let contents = try tests.map { test in
        try test.files.names(in: test.directory).map { try test.files.read(test.path($0)) }
      }
      #expect(contents[0] == contents[1])
    }
  }

  @Test func realFilesAreTheirOwnersAlone() throws {
    let test = try FileSystemCase(.real)
    try test.files.createDirectory(test.path("folder"))
    try test.create("folder/file", "x")
    for (name, mode) in [("folder", 0o700), ("folder/file", 0o600)] {
      var status = stat()
      #expect(test.path(name).withPlatformString { stat($0, &status) } == 0)
      #expect(Int(status.st_mode) & 0o777 == mode, "\(name)")
    }
  }
}
