import Glibc
import Platform
import SystemPackage
import TestSupport
import Testing

@Suite struct StateFileTests {
  let scratch: ScratchDirectory
  let file: StateFile

  init() throws {
    scratch = try ScratchDirectory()
    file = StateFile(scratch.path.appending("state.json"))
  }

  @Test func isNothingUntilWritten() throws { #expect(try file.read() == nil) }

  @Test(arguments: [0, 1, 65_536, 200_001]) func givesBackWhatWasWritten(size: Int) throws {
    let bytes = (0..<size).map { UInt8(truncatingIfNeeded: $0 &* 31) }
    try file.write(Array("something longer that stood there before".utf8))
    try file.write(bytes)
    #expect(try file.read() == bytes)
    #expect(scratch.read("state.json.new") == nil)
  }

  @Test func isForItsOwnerAlone() throws {
    try file.write([1])
    var status = stat()
    #expect(file.path.withPlatformString { stat($0, &status) } == 0)
    #expect(status.st_mode & 0o777 == 0o600)
  }

  @Test func keepsTheOldContentWhenWritingFails() throws {
    try file.write([1, 2, 3])
    // A directory in the place of the file beside.
    try scratch.write("state.json.new/x", "")
    let error = #expect(throws: FileError.self) { try file.write([4]) }
    #expect(error?.errno == .isDirectory)
    #expect(error?.description.hasPrefix("cannot write \(file.path): is a directory; ") == true)
    #expect(try file.read() == [1, 2, 3])
  }

  @Test func namesTheMissingDirectory() {
    let lost = StateFile(scratch.path.appending("missing").appending("state"))
    let error = #expect(throws: FileError.self) { try lost.write([1]) }
    #expect(
      error?.description == "cannot write \(lost.path): no such file or directory; create its directory first")
  }

  @Test func setsCorruptFilesAsideOneByOne() throws {
    for number in 1...3 {
      try file.write([UInt8(number)])
      #expect(try file.setAside() == scratch.path.appending("state.json.corrupt-\(number)"))
      #expect(try file.read() == nil)
    }
    #expect(try StateFile(scratch.path.appending("state.json.corrupt-2")).read() == [2])
    #expect(throws: FileError.self) { try file.setAside() }
  }

  @Test func worksOffThePool() async throws {
    try await file.writeOffPool([9])
    #expect(try await file.readOffPool() == [9])
  }
}

@Suite struct DirectoryLockTests {
  let scratch: ScratchDirectory

  init() throws { scratch = try ScratchDirectory() }

  @Test func keepsTheSecondOutUntilTheFirstIsGone() throws {
    let directory = scratch.path.appending("a").appending("b")
    var first: DirectoryLock? = try DirectoryLock(directory: directory)
    let error = #expect(throws: DirectoryLockError.self) { try DirectoryLock(directory: directory) }
    #expect(error == .inUse(directory: directory, processID: getpid()))
    #expect(
      error?.description
        == "data directory \(directory) is in use by process \(getpid()); stop it or use another --data-dir")
    #expect(first?.directory == directory)
    first = nil
    _ = try DirectoryLock(directory: directory)
    var status = stat()
    #expect(directory.withPlatformString { stat($0, &status) } == 0)
    #expect(status.st_mode & 0o777 == 0o700)
  }

  @Test func saysThatAFileStandsThere() throws {
    let path = try scratch.write("file", "")
    let error = #expect(throws: DirectoryLockError.self) { try DirectoryLock(directory: path) }
    #expect(error == .notDirectory(path))
    #expect(throws: DirectoryLockError.self) { try DirectoryLock(directory: path.appending("below")) }
  }

  @Test(.enabled(if: getuid() != 0, "the superuser may write anywhere")) func saysThatItMayNotWrite() throws {
    let path = scratch.path.appending("sealed")
    _ = path.withPlatformString { mkdir($0, 0o500) }
    let error = #expect(throws: DirectoryLockError.self) { try DirectoryLock(directory: path) }
    #expect(error?.description.contains("permission denied") == true)
  }

  @Test func saysWhatCannotBeCreated() throws {
    let error = #expect(throws: DirectoryLockError.self) { try DirectoryLock(directory: "/proc/skep") }
    #expect(error?.description.hasPrefix("cannot create directory /proc/skep: ") == true)
  }
}
