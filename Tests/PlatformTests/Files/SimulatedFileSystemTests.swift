import Platform
import SystemPackage
import TestSupport
import Testing

@Suite("the simulated file system")
struct SimulatedFileSystemTests {
  static let folder: FilePath = "/data"
  static let file: FilePath = "/data/a"

  /// 4 KiB of ones, durable, and 4 KiB of twos over the second half and behind it, written but not synced.
  static func halfSynced(_ files: SimulatedFileSystem) throws -> any OutputFile {
    let output = try files.create(file)
    try output.write([UInt8](repeating: 1, count: 4096), at: 0)
    try output.sync()
    try files.syncDirectory(folder)
    try output.write([UInt8](repeating: 2, count: 4096), at: 2048)
    return output
  }

  @Test func powerLossTakesSectorsThatWereNotSynced() throws {
    var outcomes: Set<[UInt8]> = []
    for seed in UInt64(0)..<150 {
      let files = SimulatedFileSystem(seed: seed)
      let output = try Self.halfSynced(files)
      files.crash()
      let content = try files.read(Self.file)
      #expect(content.count >= 4096 && content.count <= 6144)
      #expect(content.prefix(2048).allSatisfy { $0 == 1 }, "seed \(seed): what was synced is gone")
      var sectors: [UInt8] = []
      for start in stride(from: 2048, to: content.count, by: 512) {
        let sector = content[start..<min(start + 512, content.count)]
        #expect(Set(sector).count == 1, "seed \(seed): a sector is torn")
        sectors.append(sector.first ?? 0)
      }
      #expect(sectors.prefix(4).allSatisfy { $0 == 1 || $0 == 2 } && sectors.dropFirst(4).allSatisfy { $0 != 1 })
      outcomes.insert(sectors)
      #expect(throws: FileError.self) { try output.write([3], at: 0) }
      #expect(throws: FileError.self) { try output.sync() }
    }
    #expect(outcomes.contains([1, 1, 1, 1]), "all is lost at times")
    #expect(outcomes.contains([2, 2, 2, 2, 2, 2, 2, 2]), "nothing is lost at times")
    #expect(outcomes.contains { $0.lastIndex(of: 1) ?? 0 > $0.firstIndex(of: 2) ?? 9 }, "the earlier is lost at times")
    #expect(outcomes.count > 30)
  }

  @Test func theEndOfTheProcessLosesNothing() throws {
    for seed in UInt64(0)..<20 {
      let files = SimulatedFileSystem(seed: seed)
      let output = try Self.halfSynced(files)
      files.kill()
      #expect(try files.size(of: Self.file) == 6144)
      #expect(try files.read(Self.file).suffix(4096).allSatisfy { $0 == 2 })
      #expect(throws: FileError.self) { try output.write([3], at: 0) }
    }
  }

  @Test func whatWasSyncedStays() throws {
    for seed in UInt64(0)..<100 {
      let files = SimulatedFileSystem(seed: seed)
      let output = try Self.halfSynced(files)
      try output.truncate(to: 100)
      try output.write([7, 8, 9], at: 3000)
      try output.sync()
      let content = try files.read(Self.file)
      for _ in 0..<3 { files.crash() }
      #expect(try files.read(Self.file) == content)
    }
  }

  @Test func namesThatWereNotSyncedMayBeLostAndRenamesAreWhole() throws {
    var outcomes: [[String: String]] = []
    for seed in UInt64(0)..<300 {
      let files = SimulatedFileSystem(seed: seed)
      for (name, text) in [("old", "old"), ("gone", "gone")] {
        let output = try files.create(Self.folder.appending(name))
        try output.write(text, at: 0)
        try output.sync()
      }
      try files.syncDirectory(Self.folder)
      let output = try files.create(Self.folder.appending("new"))
      try output.write("new", at: 0)
      try output.sync()
      try files.rename(Self.folder.appending("new"), to: Self.folder.appending("old"))
      try files.remove(Self.folder.appending("gone"))
      files.crash()
      var found: [String: String] = [:]
      for name in try files.names(in: Self.folder) {
        found[name] = String(decoding: try files.read(Self.folder.appending(name)), as: UTF8.self)
      }
      #expect(found["old"] == "old" || found["old"] == "new", "seed \(seed): a rename in parts")
      outcomes.append(found)
    }
    for expected in [
      ["old": "old", "gone": "gone"], ["old": "new"], ["old": "old"], ["old": "new", "gone": "gone"],
      ["old": "old", "new": "new"],
    ] {
      #expect(outcomes.contains { Set($0.keys) == Set(expected.keys) && $0["old"] == expected["old"] }, "\(expected)")
    }
  }

  /// A program of a few operations, ended in each of them: then all throws, and the next life goes on.
  @Test(arguments: SimulatedFileSystem.Interruption.allCases)
  func theEndComesWithinAnyOperation(kind: SimulatedFileSystem.Interruption) throws {
    func program(_ files: SimulatedFileSystem) throws {
      let output = try Self.halfSynced(files)
      try output.truncate(to: 5000)
      try output.close()
      try files.rename(Self.file, to: "/data/b")
    }
    let whole = SimulatedFileSystem(seed: 0)
    try program(whole)
    #expect(whole.operationCount == 7)
    for count in 1...7 {
      let files = SimulatedFileSystem(seed: UInt64(count))
      files.interrupt(kind, after: count)
      #expect(throws: FileError.self) { try program(files) }
      #expect(files.isInterrupted && files.operationCount == count)
      #expect(throws: FileError.self) { try files.names(in: Self.folder) }
      #expect(throws: FileError.self) { try files.read(Self.file) }
      files.restart()
      #expect(!files.isInterrupted)
      let names = try files.names(in: Self.folder)
      #expect(names.isEmpty || names == ["a"] || names == ["b"])
      if kind == .processDeath && count > 2 { #expect(!names.isEmpty) }
    }
  }

  @Test func aSeedRepeats() throws {
    func run(_ seed: UInt64) throws -> [[UInt8]?] {
      let files = SimulatedFileSystem(seed: seed)
      files.faults.write = 0.2
      files.faults.sync = 0.2
      files.faults.names = 0.2
      var outputs: [any OutputFile] = []
      for index in 0..<60 {
        if let output = try? files.create(Self.folder.appending("\(index)")) { outputs.append(output) }
        for output in outputs.suffix(3) {
          try? output.write([UInt8](repeating: UInt8(index), count: 700), at: UInt64(index * 100))
          if index % 3 == 0 { try? output.sync() }
        }
        if index % 4 == 0 { try? files.syncDirectory(Self.folder) }
      }
      files.crash()
      return (0..<60).map { files.content(of: Self.folder.appending("\($0)")) }
    }
    #expect(try run(5) == run(5))
    #expect(try run(5) != run(6))
  }

  @Test func aFullDiskTakesWhatFits() throws {
    let files = SimulatedFileSystem(seed: 1)
    files.capacity = 1000
    let output = try files.create(Self.file)
    try output.write([UInt8](repeating: 1, count: 900), at: 0)
    let error = #expect(throws: FileError.self) { try output.write([UInt8](repeating: 2, count: 200), at: 900) }
    #expect(error?.errno == .noSpace)
    #expect(try files.size(of: Self.file) == 1000 && files.usedBytes == 1000)
    try output.write([3, 3], at: 10)
    files.capacity = 1100
    try output.write([UInt8](repeating: 2, count: 200), at: 900)
    let other = try files.create("/data/b")
    #expect(throws: FileError.self) { try other.write([1], at: 0) }
    try files.remove(Self.file)
    #expect(throws: FileError.self, "an open file keeps its bytes") { try other.write([1], at: 0) }
    try output.close()
    try other.write([1], at: 0)
  }

  @Test func aSyncAfterOneThatFailedProvesNothing() throws {
    var lost = 0
    for seed in UInt64(0)..<100 {
      let files = SimulatedFileSystem(seed: seed)
      files.faults.droppedBySync = 1
      let output = try Self.halfSynced(files)
      files.fail(.sync)
      #expect(throws: FileError.self) { try output.sync() }
      try output.sync()
      files.crash()
      if try !files.read(Self.file).dropFirst(2048).allSatisfy({ $0 == 2 }) { lost += 1 }
    }
    #expect(lost > 50)
  }

  @Test func faultsComeAsPlanned() throws {
    let files = SimulatedFileSystem(seed: 1)
    files.fail(.write, suffix: ".log", skipping: 1, times: 2, with: .noSpace)
    let (log, block) = (try files.create("/data/1.log"), try files.create("/data/1.block"))
    func succeeds(_ output: any OutputFile) -> Bool { (try? output.write([1], at: 0)) != nil }
    #expect([log, block, log, log, log].map(succeeds) == [true, true, false, false, true])
    files.faults.read = 1
    #expect(throws: FileError.self) { try files.read("/data/1.log") }
    #expect(throws: FileError.self) { try files.map("/data/1.log") }
    files.healFaults()
    #expect(try files.read("/data/1.log") == [1])
    try files.put("/data/1.log", [0, 0, 0])
    try files.flipBit(9, ofByte: 1, in: "/data/1.log")
    #expect(files.content(of: "/data/1.log") == [0, 2, 0])
    #expect(try files.flipBits(1, in: "/data/1.log").count == 1)
    #expect(files.content(of: "/data/1.log") != [0, 2, 0])
  }

  @Test func severalThreadsMayUseIt() async throws {
    let files = SimulatedFileSystem(seed: 1)
    try await withThrowingTaskGroup(of: Void.self) { group in
      for number in 0..<4 {
        group.addTask {
          let output = try files.create(Self.folder.appending("\(number)"))
          for index in 0..<200 {
            try output.write([UInt8(number)], at: UInt64(index))
            try output.sync()
          }
        }
      }
      try await group.waitForAll()
    }
    #expect(try files.names(in: Self.folder).allSatisfy { try files.size(of: Self.folder.appending($0)) == 200 })
  }
}
