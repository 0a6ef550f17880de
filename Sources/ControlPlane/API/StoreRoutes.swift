import FleetModel
import HTTPTypes
import SampleStore

/// The sample store: what it holds, and what an operator does with it.
struct StoreRoutes: Sendable {
  var operations: any StoreOperations

  static let deletionExample: JSONValue = [
    "matchers": ["__name__=\"up\"", "agent_id=~\"old-.*\""], "start": "2026-11-01T00:00:00Z",
    "end": "2026-11-23T00:00:00Z",
  ]

  var routes: [APIRoute] { [statistics, check, compact, snapshot, delete, count] }

  private var statistics: APIRoute {
    APIRoute(
      method: .get, path: "/fleet/v1/store", operationID: "storeStatistics",
      summary: "What the sample store holds, in memory and on disk", access: .read,
      parameters: [
        .init(name: "labels", kind: .integer(0...1_000, default: 10), summary: "How many names and values to name")
      ],
      answers: [.init(status: 200, summary: "What there is", content: .json(schema: "StoreStatistics"))]
    ) { [operations] request in
      try await Self.answer {
        FleetAPI.StoreStatistics(try await operations.statistics(labels: request.integer("labels") ?? 10))
      }
    }
  }

  private var check: APIRoute {
    APIRoute(
      method: .post, path: "/fleet/v1/store/check", operationID: "checkStore",
      summary: "Verify every checksum and index of the blocks", access: .operate, takesLong: true,
      answers: [.init(status: 200, summary: "What was found", content: .json(schema: "StoreCheck"))]
    ) { [operations] _ in
      try await Self.answer { FleetAPI.StoreCheck(try await operations.check()) }
    }
  }

  private var compact: APIRoute {
    APIRoute(
      method: .post, path: "/fleet/v1/store/compact", operationID: "compactStore",
      summary: "Write all samples and spans in memory to their files and merge what belongs together", access: .operate,
      takesLong: true,
      answers: [.init(status: 200, summary: "What there is then", content: .json(schema: "StoreStatistics"))]
    ) { [operations] _ in
      try await Self.answer { FleetAPI.StoreStatistics(try await operations.compact()) }
    }
  }

  private var snapshot: APIRoute {
    APIRoute(
      method: .post, path: "/fleet/v1/store/snapshot", operationID: "snapshotStore",
      summary: "Make a copy of the store, as of now, under snapshots in the server's data directory", access: .operate,
      takesLong: true,
      body: APIRoute.Body(schema: "SnapshotRequest", example: ["name": "before-upgrade"], isRequired: false),
      answers: [.init(status: 201, summary: "Where it is", content: .json(schema: "StoreSnapshot"))]
    ) { [operations] request in
      var name: String?
      if let body = request.body {
        var fields = try FieldReader(body)
        name = fields.string("name")
        if let name, !Self.isFileName(name) {
          fields.add(problem: "name \"\(name)\" may hold letters, digits, - and _ alone, and dots within")
        }
        fields.refuseOthers(than: ["name"])
        try fields.finish("snapshot")
      }
      return try await Self.answer(status: .created) { [name] in
        let summary = try await operations.snapshot(named: name)
        return FleetAPI.StoreSnapshot(
          name: summary.directory.split(separator: "/").last.map(String.init) ?? summary.directory,
          directory: summary.directory, blocks: summary.blocks, series: summary.series, samples: summary.samples,
          bytes: summary.bytes)
      }
    }
  }

  /// A snapshot's name becomes part of a path: nothing in it may lead elsewhere.
  static func isFileName(_ name: String) -> Bool {
    name.utf8.count <= 100 && name.first != "." && name.first != "-"
      && name.utf8.allSatisfy { byte in
        byte == UInt8(ascii: "-") || byte == UInt8(ascii: "_") || byte == UInt8(ascii: ".")
          || (0x30...0x39).contains(byte) || (0x61...0x7A).contains(byte | 0x20)
      }
  }

  private var delete: APIRoute {
    APIRoute(
      method: .post, path: "/fleet/v1/store/delete", operationID: "deleteSamples",
      summary: "Remove the samples of all series that match every matcher, for good", access: .operate,
      takesLong: true, body: APIRoute.Body(schema: "DeletionRequest", example: Self.deletionExample),
      answers: [.init(status: 200, summary: "How much is gone", content: .json(schema: "StoreDeletion"))]
    ) { [operations] request in
      guard let body = request.body else {
        throw APIError(.invalidRequest, "the body is empty; send one such as \(Self.deletionExample)")
      }
      let deletion = try Deletion(document: body)
      return try await Self.answer {
        let summary = try await operations.delete(deletion.matchers, from: deletion.from, through: deletion.through)
        return FleetAPI.StoreDeletion(series: summary.series, samples: summary.samples)
      }
    }
  }

  private var count: APIRoute {
    APIRoute(
      method: .get, path: "/fleet/v1/samples/count", operationID: "countSamples",
      summary: "How many samples of a metric are stored", access: .read, takesLong: true,
      parameters: [
        .init(name: "metric_name", kind: .text, summary: "The metric; required"),
        .init(name: "start", kind: .text, summary: "RFC 3339; an hour before end where it is not given"),
        .init(name: "end", kind: .text, summary: "RFC 3339; now where it is not given"),
      ],
      answers: [.init(status: 200, summary: "The counts", content: .json(schema: "SampleCount"))]
    ) { [operations] request in
      guard let metric = request.text("metric_name") else {
        throw APIError(.invalidRequest, "query parameter metric_name is missing; name a metric such as up")
      }
      let end = try request.time("end") ?? operations.now()
      let start = try request.time("start") ?? end - .seconds(3600)
      guard start <= end else { throw APIError(.invalidRequest, "start is after end; exchange them") }
      return try await Self.answer {
        let counts = try await operations.count(metric, from: start, through: end)
        return FleetAPI.SampleCount(
          metricName: metric, start: FleetAPI.Time(start), end: FleetAPI.Time(end), series: counts.series,
          samples: counts.samples)
      }
    }
  }

  private static func answer(
    status: HTTPResponse.Status = .ok, _ body: () async throws -> some Encodable
  ) async throws -> APIResponse {
    do { return try .json(try await body(), status: status) } catch is CancellationError {
      throw APIError(.unavailable, "Skep is stopping", headers: [.retryAfter: "5"])
    } catch {
      throw APIError(store: error)
    }
  }
}

extension APIRequest {
  /// A moment in the query.
  fileprivate func time(_ name: String) throws(APIError) -> Timestamp? {
    guard let text = text(name) else { return nil }
    guard let time = RFC3339.parse(text) else {
      throw APIError(
        .invalidRequest,
        "query parameter \(name) is \"\(text.prefix(100))\"; expected a time such as 2026-11-23T01:02:03Z")
    }
    return time
  }
}

/// Which samples are to go.
struct Deletion: Sendable, Hashable {
  var matchers: [LabelMatcher]
  var from: Timestamp
  var through: Timestamp

  /// Before and after all times that samples bear; far enough from the ends for sums and differences.
  static let beginning = Timestamp(milliseconds: -(1 << 53))
  static let end = Timestamp(milliseconds: 1 << 53)

  /// - Throws: ``APIError`` with everything that is wrong.
  init(document: JSONValue) throws(APIError) {
    var fields = try FieldReader(document)
    fields.require("matchers")
    matchers = []
    if case .array(let elements)? = fields.raw("matchers") {
      for (index, element) in elements.enumerated() {
        guard case .string(let text) = element, let matcher = LabelMatcher(matcher: text) else {
          fields.add(problem: "matchers[\(index)] is not a matcher; write one such as \"agent_id=\\\"planner\\\"\"")
          continue
        }
        matchers.append(matcher)
      }
      if !elements.isEmpty, matchers.count == elements.count, matchers.allSatisfy(\.takesAbsent) {
        fields.add(problem: "these matchers fit every series; add one that asks for a value")
      }
      if elements.isEmpty { fields.add(problem: "matchers is empty; say which series are meant") }
    } else if let other = fields.raw("matchers") {
      fields.add(problem: "matchers is \(other.kind); expected an array of matchers")
    }
    func time(_ key: String) -> Timestamp? {
      guard let text = fields.string(key) else { return nil }
      if let time = RFC3339.parse(text) { return time }
      fields.add(problem: "\(key) \"\(text)\" is not a time; write one such as \"2026-11-23T01:02:03Z\"")
      return nil
    }
    from = time("start") ?? Self.beginning
    through = time("end") ?? Self.end
    if from > through { fields.add(problem: "start is after end; exchange them") }
    fields.refuseOthers(than: ["matchers", "start", "end"])
    try fields.finish("deletion")
  }
}

extension LabelMatcher {
  /// Whether a series without the label matches.
  fileprivate var takesAbsent: Bool {
    switch operation {
    case .equal: value.isEmpty
    case .notEqual: !value.isEmpty
    // One that does not parse is refused by the store, with its reason.
    case .matches: (try? LabelPattern(value))?.matches("") ?? false
    case .matchesNot: (try? LabelPattern(value)).map { !$0.matches("") } ?? false
    }
  }
}
