import DeployPlan
import FleetModel
import TestSupport
import Testing

/// Text that is meant to hurt: it gives an error, soon, and never a crash.
@Suite struct HostileYAMLTests {
  private func problems(_ text: String) -> String {
    SystemFile.read(text, file: "f").diagnostics.map { "\($0)" }.joined(separator: "\n")
  }

  @Test func emptyFiles() {
    for text in ["", "\n", "# only a comment\n", "---\n", "~", "\u{FEFF}"] {
      #expect(problems(text).contains("the file is empty"), "\(text.debugDescription)")
    }
  }

  @Test func aliasBombs() {
    var text = "a: &a [x, x, x, x, x, x, x, x, x, x]\n"
    for (previous, next) in zip("abcdefgh", "bcdefghi") {
      text += "\(next): &\(next) [" + [String](repeating: "*\(previous)", count: 10).joined(separator: ", ") + "]\n"
    }
    #expect(problems(text).contains("aliases expand to more than"))
    #expect(problems(text + "? *i\n: 1\n").contains("cannot be a key"))
    #expect(problems(text + "*i : 1\n").contains("cannot be a key"))
    #expect(problems(text + "z: {[*i, x]: 1}\n").contains("cannot be a key"))
    #expect(problems(text + "z:\n  ? - *i\n  : 1\n").contains("cannot be a key"))
    #expect(problems(text + "z: {*i:*i}\n").contains("cannot be a key"))
  }

  @Test func textThatLooksLikeAliases() {
    let text = """
      x-a: &a {team: x}
      system: t
      receivers:
        - name: team
          slack_configs:
            - api_url_file: f
              text: |
                *Summary:* why
                *Details: more
      """
    #expect(problems(text) == "")
  }

  @Test func mergeBombs() {
    var text = "a: &a {x: 1, y: 2}\n"
    for (previous, next) in zip("abcdefgh", "bcdefghi") {
      text +=
        "\(next): &\(next) {<<: [" + [String](repeating: "*\(previous)", count: 10).joined(separator: ", ") + "]}\n"
    }
    #expect(!problems(text).isEmpty)
  }

  @Test func deepNesting() {
    for depth in [70, 900, 5000] {
      #expect(problems("a: " + String(repeating: "[", count: depth)).contains("error"))
      let closed = String(repeating: "[", count: depth) + String(repeating: "]", count: depth)
      #expect(problems("a: " + closed).contains("error"))
      #expect(problems(String(repeating: "- ", count: depth) + "x").contains("error"))
    }
    #expect(
      problems("a: " + String(repeating: "[", count: 70) + String(repeating: "]", count: 70)).contains("nested deeper"))
  }

  @Test func hugeFiles() {
    #expect(problems("system: t\n#" + String(repeating: "x", count: 4 << 20)).contains("4 MiB"))
    #expect(SystemFile.read(bytes: [UInt8](repeating: 32, count: 5 << 20), file: "f").diagnostics.count == 1)
  }

  @Test func severalDocuments() {
    #expect(
      problems("system: t\n---\nsystem: u\n")
        == "f:2:1: error: a second document begins here; a file holds one document; remove the \"---\"")
  }

  @Test func tabs() {
    #expect(problems("system: t\nmonitoring:\n\tretention: 1d\n").contains("indent with spaces, not tabs"))
  }

  @Test func notUTF8() {
    let bytes = Array("system: t\nnamespace: é".utf8) + [0xff, 0x0a]
    let reading = SystemFile.read(bytes: bytes, file: "f")
    #expect(
      reading.diagnostics.map { "\($0)" } == ["f:2:13: error: a byte sequence here is no UTF-8; save the file as UTF-8"]
    )
    #expect(
      SystemFile.read(bytes: [0xff, 0xfe, 0x73, 0], file: "f").diagnostics.map(\.message) == ["is UTF-16, not UTF-8"])
    #expect(SystemFile.read(bytes: Array("\u{FEFF}system: t".utf8), file: "f").system != nil)
  }

  @Test func controlCharacters() {
    #expect(problems("system: \u{0}t").contains("error"))
    #expect(problems("system: \"a\\0b\"").contains("error"))
    #expect(problems("system: t\u{7}").contains("error"))
  }

  @Test func manyProblemsAreCounted() {
    let text = "system: t\n" + (0..<700).map { "bad\($0): 1\n" }.joined()
    let diagnostics = SystemFile.read(text, file: "f").diagnostics
    #expect(diagnostics.count == 501)
    #expect(diagnostics.last?.message == "200 further problems are not shown")
  }

  /// Seeded mutations of a file with every key: each is read to an end, and what is accepted is without errors.
  @Test(arguments: 0..<8)
  func mutations(seed: UInt64) throws {
    let original = Array(try CaseFiles.yaml("maximal").utf8)
    let random = SeededRandom(seed: seed)
    let pieces = [
      "\t", "*a ", "&a ", "- ", ": ", "{", "}", "[", "]", "\n", "\"", "'", "|", ">", "? ", "<<: ", "!!int ", "~",
      "\u{E000}", "-1", "9e999", "%", "#", "\r", "99999999999999999999", "é",
    ]
    for _ in 0..<30 {
      var bytes = original
      for _ in 0...Int(random.next() % 6) {
        let position = Int(random.next() % UInt64(bytes.count))
        switch random.next() % 4 {
        case 0: bytes[position] = UInt8(truncatingIfNeeded: random.next())
        case 1: bytes.removeSubrange(position..<min(bytes.count, position + Int(random.next() % 40)))
        case 2: bytes.insert(contentsOf: pieces[Int(random.next() % UInt64(pieces.count))].utf8, at: position)
        default:
          let end = min(bytes.count, position + Int(random.next() % 200))
          bytes.insert(contentsOf: Array(bytes[position..<end]), at: Int(random.next() % UInt64(bytes.count)))
        }
        if bytes.isEmpty { bytes = [10] }
      }
      let reading = SystemFile.read(bytes: bytes, file: "f")
      #expect((reading.system == nil) == reading.diagnostics.contains { $0.level == .error })
    }
  }
}
