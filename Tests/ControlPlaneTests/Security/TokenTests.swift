import FleetModel
import Glibc
import Logging
import Synchronization
import Testing

@testable import ControlPlane

@Suite struct TokenTests {
  static let silent = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }

  @Test(arguments: [
    ("", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"),
    ("abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"),
    (
      "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
      "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"
    ),
    (String(repeating: "a", count: 1000), "41edece42d63e8d9bf515a9ba6932e1c20cbc9f5a5d134645adb5db1b9737ea3"),
  ])
  func hashesAsTheStandardSays(_ text: String, _ expected: String) {
    #expect(SHA256Digest(of: text.utf8).hexadecimal == expected)
  }

  @Test func readsBothFormsAndComments() throws {
    let tokens = try TokenList(
      """
      # for the console
      operator:0123456789abcdef0
        reader 0123456789abcdef1\t

      agent/planner: 0123456789abcdef2
      agent:0123456789abcdef:
      """, file: "t")
    #expect(tokens.count == 4)
    #expect(tokens.principal(for: "0123456789abcdef0") == Principal(role: .operator))
    #expect(tokens.principal(for: "0123456789abcdef1") == Principal(role: .reader))
    #expect(try tokens.principal(for: "0123456789abcdef2") == Principal(role: .agent, agentID: AgentID("planner")))
    #expect(tokens.principal(for: "0123456789abcdef:") == Principal(role: .agent))
    #expect(tokens.principal(for: "0123456789abcdef") == nil)
    #expect(tokens.principal(for: "") == nil)
  }

  @Test(arguments: [
    ("operator:short", "t:1: the token has 5 characters; give it at least 16"),
    ("\nboss:0123456789abcdef", "t:2: the line does not begin with a role"),
    ("operator", "t:1: there is no token"), ("operator:", "t:1: there is no token"),
    ("0123456789abcdef0123", "t:1: there is no token"),
    ("reader/x:0123456789abcdef", "t:1: only the role agent takes an agent_id"),
    ("agent/X:0123456789abcdef", "t:1: agent_id \"X\" may hold only"),
    ("agent:0123456789 abcdef", "t:1: the token holds a space"),
    ("agent:0123456789abcdéf", "t:1: the token holds a space or a character outside ASCII"),
    ("agent:0123456789abcdef\nreader:0123456789abcdef", "t:2: the token is given twice"),
    ("# nothing\n", "t holds no token"),
  ])
  func refuses(_ text: String, _ expected: String) {
    let error = #expect(throws: SecurityError.self) { try TokenList(text, file: "t") }
    #expect(error?.description.contains(expected) == true, "\(String(describing: error))")
    #expect(error?.description.contains("0123456789") == false, "a refusal may not print a token")
  }

  @Test func followsItsFileAndKeepsOldTokensWhenItBreaks() async throws {
    try await withTemporaryDirectory { directory in
      let path = directory + "/tokens"
      try writeFile("operator:0123456789abcdef\n", to: path)
      let tokens = try TokenFile(path: path, logger: Self.silent)
      #expect(tokens.refresh() == nil)
      try writeFile("reader:fedcba9876543210\n# changed\n", to: path)
      #expect(tokens.refresh() == nil)
      #expect(tokens.principal(for: "0123456789abcdef") == nil)
      #expect(tokens.principal(for: "fedcba9876543210")?.role == .reader)
      try writeFile("nonsense\n", to: path)
      #expect(tokens.refresh() != nil)
      #expect(tokens.principal(for: "fedcba9876543210")?.role == .reader)
      unlink(path)
      #expect(tokens.refresh() == .unreadable(file: path, reason: "No such file or directory"))
      #expect(tokens.principal(for: "fedcba9876543210")?.role == .reader)
    }
  }

  @Test func warnsOfAFileThatOthersCanRead() async throws {
    try await withTemporaryDirectory { directory in
      let path = directory + "/tokens"
      let log = RecordingLog()
      try writeFile("operator:0123456789abcdef\n", to: path, mode: 0o600)
      _ = try TokenFile(path: path, logger: log.logger)
      #expect(log.lines == [])
      try writeFile("operator:0123456789abcdef\n", to: path, mode: 0o644)
      _ = try TokenFile(path: path, logger: log.logger)
      #expect(log.lines == ["\(path) can be read by others; make it private with chmod 600 \(path)"])
    }
  }
}

/// Keeps what is logged.
final class RecordingLog: Sendable {
  private let kept = Mutex<[String]>([])

  var lines: [String] { kept.withLock { $0 } }

  var logger: Logger {
    var logger = Logger(label: "test") { _ in Handler(record: self) }
    logger.logLevel = .trace
    return logger
  }

  struct Handler: LogHandler {
    let record: RecordingLog
    var metadata: Logger.Metadata = [:]
    var logLevel = Logger.Level.trace

    subscript(metadataKey key: String) -> Logger.Metadata.Value? {
      get { metadata[key] }
      set { metadata[key] = newValue }
    }

    func log(event: LogEvent) {
      let extra = (event.metadata ?? [:]).sorted { $0.key < $1.key }.map { " \($0.key)=\($0.value)" }.joined()
      record.kept.withLock { $0.append("\(event.message)\(extra)") }
    }
  }
}
