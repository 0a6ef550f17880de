public import FleetModel

/// A `prometheus.ReadRequest` of remote read (prometheus/prometheus `prompb/remote.proto`).
public struct ReadRequest: Sendable {
  /// One set of series and a range of time; hints about what is done with the answer are passed over.
  public struct Query: Sendable, Hashable {
    public var from: Timestamp
    public var through: Timestamp
    public var matchers: [LabelMatcher]
  }

  /// The forms of an answer, as the protocol numbers them.
  public enum AnswerKind: UInt64, Sendable, CaseIterable {
    case samples = 0
    case streamedChunks = 1
  }

  /// More in one request are refused, and more matchers in one query.
  public static let maximumQueries = 10
  public static let maximumMatchers = 1000

  public private(set) var queries: [Query] = []
  /// The first that is known of those that the client accepts; samples if it names none, `nil` if none of them is known.
  public private(set) var answerKind: AnswerKind? = .samples

  /// - Throws: ``WireFault``.
  public init(_ message: UnsafeRawBufferPointer) throws(WireFault) {
    var accepted: [UInt64] = []
    var cursor = WireCursor(message, 0..<message.count)
    while !cursor.isAtEnd {
      let start = cursor.position
      let tag = try cursor.varint()
      switch tag {
      case 0x0a:
        guard queries.count < Self.maximumQueries else {
          throw WireFault(offset: start, problem: "has more than \(Self.maximumQueries) queries")
        }
        queries.append(try Self.query(message, try cursor.content()))
      case 0x12:
        var numbers = WireCursor(message, try cursor.content())
        while !numbers.isAtEnd { Self.note(try numbers.varint(), in: &accepted) }
      case 0x10: Self.note(try cursor.varint(), in: &accepted)
      default: try cursor.skip(tag)
      }
    }
    guard !accepted.isEmpty else { return }
    answerKind = accepted.lazy.compactMap { AnswerKind(rawValue: $0) }.first
  }

  /// Of a number that comes again the first counts: a request full of them takes no memory.
  private static func note(_ number: UInt64, in accepted: inout [UInt64]) {
    if accepted.count < 16, !accepted.contains(number) { accepted.append(number) }
  }

  private static func query(
    _ message: UnsafeRawBufferPointer, _ range: Range<Int>
  ) throws(WireFault) -> Query {
    var cursor = WireCursor(message, range)
    var query = Query(from: Timestamp(milliseconds: 0), through: Timestamp(milliseconds: 0), matchers: [])
    while !cursor.isAtEnd {
      let start = cursor.position
      let tag = try cursor.varint()
      switch tag {
      case 0x08: query.from = Timestamp(milliseconds: Int64(bitPattern: try cursor.varint()))
      case 0x10: query.through = Timestamp(milliseconds: Int64(bitPattern: try cursor.varint()))
      case 0x1a:
        guard query.matchers.count < maximumMatchers else {
          throw WireFault(offset: start, problem: "has a query of more than \(maximumMatchers) matchers")
        }
        query.matchers.append(try matcher(message, try cursor.content()))
      default: try cursor.skip(tag)
      }
    }
    return query
  }

  private static func matcher(
    _ message: UnsafeRawBufferPointer, _ range: Range<Int>
  ) throws(WireFault) -> LabelMatcher {
    var cursor = WireCursor(message, range)
    var matcher = LabelMatcher("", .equal, "")
    while !cursor.isAtEnd {
      let start = cursor.position
      let tag = try cursor.varint()
      switch tag {
      case 0x08:
        let number = try cursor.varint()
        let operations: [LabelMatcher.Operation] = [.equal, .notEqual, .matches, .matchesNot]
        guard number < UInt64(operations.count) else {
          throw WireFault(offset: start, problem: "has a matcher of type \(number), which is none")
        }
        matcher.operation = operations[Int(number)]
      case 0x12: matcher.name = try text(message, try cursor.content())
      case 0x1a: matcher.value = try text(message, try cursor.content())
      default: try cursor.skip(tag)
      }
    }
    return matcher
  }

  private static func text(_ message: UnsafeRawBufferPointer, _ range: Range<Int>) throws(WireFault) -> String {
    guard let text = String(validating: message[range], as: UTF8.self) else {
      throw WireFault(offset: range.lowerBound, problem: "has a matcher that is not UTF-8")
    }
    return text
  }
}
