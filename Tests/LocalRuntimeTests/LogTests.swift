import Platform
import SystemPackage
import TestSupport
import Testing

@testable import LocalRuntime

@Suite struct LogTests {
  let scratch: ScratchDirectory
  let path: FilePath

  init() throws {
    scratch = try ScratchDirectory()
    path = scratch.path.appending("planner-0.log")
  }

  func append(_ text: String, to log: inout RotatingLog) {
    Array(text.utf8).withUnsafeBytes { log.append($0) }
  }

  func lines(last: Int) async throws -> [String] {
    var lines: [String] = []
    for try await line in LogFollower(path, lastLines: last, follow: false, time: SimulatedTime()) {
      lines.append(line)
    }
    return lines
  }

  @Test func rotatesBetweenLines() {
    var log = RotatingLog(path, limit: 10)
    append("12345\n", to: &log)
    append("67", to: &log)
    append("89\nnext\n", to: &log)
    append("more\n", to: &log)
    append("third\n", to: &log)
    append("fourth-1\nfourth-2\n", to: &log)
    #expect(scratch.read("planner-0.log") == "fourth-1\nfourth-2\n")
    #expect(scratch.read("planner-0.log.1") == "third\n")
    #expect(scratch.read("planner-0.log.2") == "next\nmore\n", "12345, 6789 is the oldest and gone")
    #expect(scratch.read("planner-0.log.3") == nil)
  }

  @Test func keepsEveryByteWithinItsFiles() {
    var log = RotatingLog(path, limit: 1_000, files: 50)
    var all = ""
    for number in 0..<1_500 {
      let piece = "line \(number)" + (number % 3 == 0 ? "" : "\n")
      all += piece
      append(piece, to: &log)
    }
    var read = ""
    for number in stride(from: 49, through: 1, by: -1) { read += scratch.read("planner-0.log.\(number)") ?? "" }
    read += scratch.read("planner-0.log") ?? ""
    #expect(read == all)
    #expect(scratch.read("planner-0.log.1")?.hasSuffix("\n") == true)
  }

  @Test func appendsToWhatIsThere() throws {
    try scratch.write("planner-0.log", "before\n")
    var log = RotatingLog(path, limit: 10)
    append("after\n", to: &log)
    append("then\n", to: &log)
    #expect(scratch.read("planner-0.log.2") == "before\n")
    #expect(scratch.read("planner-0.log.1") == "after\n")
    #expect(scratch.read("planner-0.log") == "then\n")
  }

  @Test func countsWhatCannotBeWritten() {
    var log = RotatingLog(scratch.path.appending("missing").appending("x.log"))
    append("lost", to: &log)
    #expect(log.lostBytes == 4)
  }

  @Test(arguments: [
    ("", 5, []), ("a\nb\nc\n", 2, ["b", "c"]), ("a\nb\nc", 2, ["b", "c"]), ("a\nb\n", 9, ["a", "b"]), ("a\nb\n", 0, []),
    ("\n\n", 9, ["", ""]), ("\u{fffd}\n", 1, ["\u{fffd}"]),
  ])
  func readsTheLastLines(text: String, count: Int, expected: [String]) async throws {
    try scratch.write("planner-0.log", text)
    #expect(try await lines(last: count) == expected)
  }

  @Test func readsBackOverBlocksAndFiles() async throws {
    let all = (0..<30_000).map { "line number \($0)" }
    try scratch.write("planner-0.log.1", all[..<10_000].joined(separator: "\n") + "\n")
    try scratch.write("planner-0.log", all[10_000...].joined(separator: "\n") + "\n")
    for count in [1, 5_000, 19_999, 20_000, 20_001, 29_999, 30_000] {
      #expect(try await lines(last: count) == Array(all.suffix(count)))
    }
    #expect(try await lines(last: 40_000) == all)
  }

  @Test func hasNoLinesWithoutFile() async throws { #expect(try await lines(last: 5) == []) }

  @Test func followsOverRotationAndTruncation() async throws {
    let time = SimulatedTime()
    var log = RotatingLog(path, limit: 12)
    append("old\nfirst\n", to: &log)
    let follower = LogFollower(path, lastLines: 1, time: time)
    let collecting = Task {
      var lines: [String] = []
      for try await line in follower { lines.append(line) }
      return lines
    }
    await time.waitForSleepers()
    // Rotated twice between two looks, with the end of the first file unread.
    append("second\nthird", to: &log)
    append("-whole\nfourth\n", to: &log)
    time.advance(by: .milliseconds(200))
    await time.waitForSleepers()
    // Cut short in place: seen at one look, read at the next.
    try scratch.write("planner-0.log", "x\n")
    for _ in 0..<2 {
      time.advance(by: .milliseconds(200))
      await time.waitForSleepers()
    }
    collecting.cancel()
    #expect(try await collecting.value == ["first", "second", "third-whole", "fourth", "x"])
  }
}
