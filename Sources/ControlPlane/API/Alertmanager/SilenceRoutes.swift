import AlertLogic
import FleetModel
import HTTPTypes
import NIOCore

/// `/api/v2/silences` and `/api/v2/silence/{id}`.
struct SilenceRoutes: Sendable {
  var operations: any AlertmanagerOperations

  static let maximumBytes = 1 << 20

  var routes: [APIRoute] { [list, set, show, expire] }

  private var list: APIRoute {
    APIRoute(
      method: .get, path: "/api/v2/silences", operationID: "getSilences",
      summary: "The silences: active ones first, then those yet to begin, then those that ended", access: .read,
      style: .alertmanager,
      parameters: [
        .init(
          name: "filter", kind: .text,
          summary: "A matcher that the silence has, such as severity=\"critical\"; may be repeated, it must have all")
      ],
      answers: [.init(status: 200, summary: "The silences", content: .json(schema: "AlertmanagerSilences"))]
    ) { [operations] request in
      let wanted = try AlertQuery.matchers(request.form)
      for matcher in wanted {
        do throws(InvalidMatcher) { _ = try MatcherTest(matcher) } catch {
          throw AlertmanagerError.badRequest("\(error)")
        }
      }
      let now = operations.now()
      let silences = operations.silences().filter { silence in wanted.allSatisfy(silence.matchers.contains) }
      return AlertmanagerJSON.silences(silences.sorted { Self.precedes($0, $1, at: now) }, at: now)
    }
  }

  /// Of those that are active the one that ends first; of the others the one that is nearest to now.
  private static func precedes(_ left: Silence, _ right: Silence, at now: Timestamp) -> Bool {
    let (state, other) = (left.state(at: now), right.state(at: now))
    if state != other { return order(state) < order(other) }
    switch state {
    case .active where left.endsAt != right.endsAt: return left.endsAt < right.endsAt
    case .pending where left.startsAt != right.startsAt: return left.startsAt < right.startsAt
    case .expired where left.endsAt != right.endsAt: return left.endsAt > right.endsAt
    default: return left.id < right.id
    }
  }

  private static func order(_ state: Silence.State) -> Int {
    switch state {
    case .active: 0
    case .pending: 1
    case .expired: 2
    }
  }

  private var show: APIRoute {
    APIRoute(
      method: .get, path: "/api/v2/silence/{silenceID}", operationID: "getSilence", summary: "One silence",
      access: .read, style: .alertmanager,
      answers: [.init(status: 200, summary: "The silence", content: .json(schema: "AlertmanagerSilence"))]
    ) { [operations] request in
      guard let silence = operations.silence(id: try Self.id(in: request)) else { throw Self.unknown }
      return AlertmanagerJSON.silence(silence, at: operations.now())
    }
  }

  private var expire: APIRoute {
    APIRoute(
      method: .delete, path: "/api/v2/silence/{silenceID}", operationID: "deleteSilence",
      summary: "End a silence now; one that has ended stays as it is", access: .operate, style: .alertmanager,
      answers: [.init(status: 200, summary: "It has ended", content: .none)]
    ) { [operations] request in
      do {
        try await operations.expire(id: try Self.id(in: request))
      } catch SilenceError.alreadyExpired {
        // It is as the client wants it.
      } catch SilenceError.notFound {
        throw Self.unknown
      }
      return APIResponse(status: .ok, contentType: "", content: .bytes(ByteBuffer()))
    }
  }

  /// Alertmanager says 500 to who would end such a one, before its version 0.26.
  private static let unknown = AlertmanagerError(status: .notFound, shape: .empty, message: "")

  private static func id(in request: APIRequest) throws(AlertmanagerError) -> String {
    let id = request.segment("silenceID")
    let parts = id.split(separator: "-", omittingEmptySubsequences: false)
    guard parts.map(\.utf8.count) == [8, 4, 4, 4, 12], parts.allSatisfy({ $0.allSatisfy(\.isHexDigit) }) else {
      throw .form(.invalidType, "silenceID in path must be of type uuid: \"\(id)\"")
    }
    return id.lowercased()
  }

  // MARK: Setting

  static let example: JSONValue = [
    "matchers": [["name": "alertname", "value": "HighCpu", "isRegex": false, "isEqual": true]],
    "startsAt": "2026-11-23T01:02:03.004Z", "endsAt": "2026-11-23T03:02:03.004Z", "createdBy": "ana",
    "comment": "known, being mended",
  ]

  private var set: APIRoute {
    APIRoute(
      method: .post, path: "/api/v2/silences", operationID: "postSilences",
      summary:
        "Set a silence, or change the one whose id is given; where that cannot be, it is ended and another is made",
      access: .operate, style: .alertmanager,
      rawBody: APIRoute.RawBody(
        contentType: APIResponse.json, maximumBytes: Self.maximumBytes, schema: "AlertmanagerPostableSilence"),
      answers: [.init(status: 200, summary: "The silence's id", content: .json(schema: "AlertmanagerSilenceID"))]
    ) { [operations] request in
      let bytes = try request.jsonBytes("silence")
      let document: JSONValue
      do throws(JSONParser.Failure) { document = try JSONParser.parse(Array(bytes.readableBytesView)) } catch {
        throw AlertmanagerError.unreadable("silence", "\(error)")
      }
      let now = operations.now()
      let silence = try PostedSilence.read(document, at: now)
      if silence.endsAt <= silence.startsAt {
        throw AlertmanagerError.badRequest("Failed to create silence: start time must be before end time")
      }
      if silence.endsAt < now {
        throw AlertmanagerError.badRequest("Failed to create silence: end time can't be in the past")
      }
      for (index, matcher) in silence.matchers.enumerated()
      where !Array(matcher.name.utf8).withUnsafeBufferPointer(PostedAlertReader.isName) {
        throw AlertmanagerError.badRequest(
          "silence invalid: invalid label matcher \(index): invalid label name \(JSONValue.string(matcher.name))")
      }
      do {
        let answer: JSONValue = ["silenceID": .string(try await operations.set(silence))]
        return .text(answer.description + "\n", contentType: APIResponse.json)
      } catch let error as SilenceError {
        throw Self.refusal(error, of: silence)
      }
    }
  }

  private static func refusal(_ error: SilenceError, of silence: Silence) -> AlertmanagerError {
    switch error {
    case .notFound: return .notFound("silence not found")
    case .noMatchers: return .badRequest("silence invalid: at least one matcher required")
    case .matchesEverything:
      return .badRequest("silence invalid: at least one matcher must not match the empty string")
    case .invalidMatcher(let matcher, let problem):
      let index = silence.matchers.firstIndex(of: matcher) ?? 0
      return .badRequest("silence invalid: invalid label matcher \(index): \(problem)")
    case .endsBeforeItStarts: return .badRequest("silence invalid: end time must not be before start time")
    case .endsInThePast: return .badRequest("silence invalid: end time can't be in the past")
    case .alreadyExpired: return .badRequest("\(error)")
    }
  }
}

/// Reads what is posted to `/api/v2/silences`.
enum PostedSilence {
  /// - Throws: what Alertmanager says first of what is missing or of another kind.
  static func read(_ document: JSONValue, at now: Timestamp) throws(AlertmanagerError) -> Silence {
    guard case .object = document else {
      throw .unreadable("silence", "it is \(document.kind); send an object in braces")
    }
    let id = try text("id", in: document) ?? ""
    let comment = try text("comment", in: document)
    let createdBy = try text("createdBy", in: document)
    let endsAt = try time("endsAt", in: document)
    let matchers = try matchers(in: document)
    let startsAt = try time("startsAt", in: document)
    // In this order Alertmanager asks for them.
    guard let comment else { throw missing("comment") }
    guard let createdBy else { throw missing("createdBy") }
    guard let endsAt else { throw missing("endsAt") }
    let read = try matchers.checked()
    guard let startsAt else { throw missing("startsAt") }
    return Silence(
      id: id, matchers: read, startsAt: startsAt, endsAt: endsAt, updatedAt: now, createdBy: createdBy, comment: comment
    )
  }

  private static func missing(_ key: String) -> AlertmanagerError { .form(.required, "\(key) in body is required") }

  private static func text(_ key: String, in document: JSONValue) throws(AlertmanagerError) -> String? {
    switch document[key] {
    case nil, .null?: return nil
    case .string(let text)?: return text
    case let other?: throw .unreadable("silence", "\(key) is \(other.kind); it must be a string")
    }
  }

  private static func time(_ key: String, in document: JSONValue) throws(AlertmanagerError) -> Timestamp? {
    guard let text = try text(key, in: document) else { return nil }
    guard let time = AlertmanagerTime.parse(text) else {
      throw .unreadable(
        "silence", "\(key) \"\(text.prefix(100))\" is not a time; write it as 2026-11-23T01:02:03Z (RFC 3339)")
    }
    return time.value
  }

  /// Matchers as they stand, to be looked at when it is their turn.
  private struct Matchers {
    struct Fields {
      var name: String?
      var value: String?
      var isRegex: Bool?
      var isEqual: Bool?
    }

    /// `nil` where there is none.
    var fields: [Fields]?

    func checked() throws(AlertmanagerError) -> [LabelMatcher] {
      guard let fields else { throw missing("matchers") }
      if fields.isEmpty { throw .form(.tooFewItems, "matchers in body should have at least 1 items") }
      var matchers: [LabelMatcher] = []
      for (index, field) in fields.enumerated() {
        guard let isRegex = field.isRegex else { throw missing("matchers.\(index).isRegex") }
        guard let name = field.name else { throw missing("matchers.\(index).name") }
        guard let value = field.value else { throw missing("matchers.\(index).value") }
        let isEqual = field.isEqual ?? true
        let operation: LabelMatcher.Operation =
          isRegex ? (isEqual ? .matches : .matchesNot) : (isEqual ? .equal : .notEqual)
        matchers.append(LabelMatcher(name, operation, value))
      }
      return matchers
    }
  }

  private static func matchers(in document: JSONValue) throws(AlertmanagerError) -> Matchers {
    let elements: [JSONValue]
    switch document["matchers"] {
    case nil, .null?: return Matchers()
    case .array(let array)?: elements = array
    case let other?: throw .unreadable("silence", "matchers is \(other.kind); it must be an array")
    }
    var fields: [Matchers.Fields] = []
    for (index, element) in elements.enumerated() {
      guard case .object = element else {
        throw .unreadable("silence", "matchers[\(index)] is \(element.kind); it must be an object")
      }
      fields.append(
        Matchers.Fields(
          name: try text("name", in: element), value: try text("value", in: element),
          isRegex: try flag("isRegex", in: element), isEqual: try flag("isEqual", in: element)))
    }
    return Matchers(fields: fields)
  }

  private static func flag(_ key: String, in document: JSONValue) throws(AlertmanagerError) -> Bool? {
    switch document[key] {
    case nil, .null?: return nil
    case .bool(let value)?: return value
    case let other?: throw .unreadable("silence", "\(key) is \(other.kind); it must be true or false")
    }
  }
}
