import FleetModel
import SampleStore

/// What Skep says of itself in Prometheus' words: `/api/v1/status/…`, `/api/v1/features`, `/api/v1/notifications`.
struct StatusRoutes: Sendable {
  var operations: any StatusOperations
  var store: any StoreOperations

  /// The version of Prometheus whose API this is.
  ///
  /// Clients choose what they ask by it: Grafana lists labels by selector from 2.24 on alone, and takes a server without
  /// one for something else than Prometheus. Skep's own version stands in `revision`.
  static let apiVersion = "3.14.0"

  var routes: [APIRoute] {
    [buildInfo, runtimeInfo, configuration, flags, tsdb, blocks, replay, features, notifications]
  }

  private func route(
    _ path: String, _ operationID: String, _ summary: String, parameters: [APIRoute.Parameter] = [],
    handle: @escaping @Sendable (APIRequest) async throws -> APIResponse
  ) -> APIRoute {
    PrometheusRoutes.get(
      path: "/api/v1/" + path, operationID: operationID, summary: summary, parameters: parameters, handle: handle)
  }

  // MARK: The process

  private var buildInfo: APIRoute {
    route("status/buildinfo", "buildInfo", "Which Prometheus this API is that of, and which Skep it is") {
      [operations] _ in
      // Without "features": Grafana takes a server that has that key, be it empty, for Mimir and asks for Mimir's ruler.
      .prometheus([
        "version": .string(Self.apiVersion),
        "revision": .string("skep-" + operations.runtime().version),
        "branch": "skep",
        "buildUser": "",
        "buildDate": "",
        "goVersion": "",
      ])
    }
  }

  private var runtimeInfo: APIRoute {
    route("status/runtimeinfo", "runtimeInfo", "How the process stands") { [operations, store] _ in
      let facts = operations.runtime()
      let loaded = operations.configuration()
      let setAside = try await Self.asking { try await store.statistics(labels: 0).setAside.count }
      let retention =
        PrometheusDuration.format(facts.retention) + (facts.retentionSize.map { " or \($0)B" } ?? "")
      return .prometheus([
        "startTime": .time(facts.startedAt),
        "CWD": .string(facts.workingDirectory),
        "hostname": .string(facts.hostName),
        "serverTime": .time(operations.now()),
        "reloadConfigSuccess": .bool(loaded.refusedAt == nil),
        "lastConfigTime": .time(loaded.loadedAt),
        "corruptionCount": .number(Double(setAside)),
        // There are no goroutines; threads are what comes nearest. What only Go's runtime has stays empty.
        "goroutineCount": .number(Double(facts.threads)),
        "GOMAXPROCS": .number(Double(facts.processors)),
        "GOMEMLIMIT": 0,
        "GOGC": "",
        "GODEBUG": "",
        "storageRetention": .string(retention),
      ])
    }
  }

  private var configuration: APIRoute {
    route("status/config", "loadedConfiguration", "The system file that is in force, without its secrets") {
      [operations] _ in .prometheus(["yaml": .string(operations.configuration().yaml)])
    }
  }

  private var flags: APIRoute {
    route("status/flags", "commandLineFlags", "What Skep was started with") { [operations] _ in
      .prometheus(.labels(operations.flags()))
    }
  }

  // MARK: The store

  private var tsdb: APIRoute {
    route(
      "status/tsdb", "tsdbStatus", "How many series and samples the store holds, and what makes them many",
      parameters: [.init(name: "limit", kind: .text, summary: "How many names and values to name; 10 by default")]
    ) { [store] request in
      let limit = request.form["limit"].map { Int($0) ?? 0 } ?? 10
      guard limit >= 1 else { throw PrometheusError(.badData, "limit must be a positive number") }
      guard limit <= Self.mostNames else {
        throw PrometheusError(.badData, "limit must not exceed \(Self.mostNames)")
      }
      return .prometheus(Self.status(try await Self.asking { try await store.statistics(labels: limit) }))
    }
  }

  /// Names of one list in `status/tsdb`, as in Prometheus.
  private static let mostNames = 10_000

  private static func status(_ statistics: StoreStatistics) -> JSONValue {
    func list(_ counts: [StoreStatistics.Cardinality]) -> JSONValue {
      .array(counts.map { ["name": .string($0.name), "value": .number(Double($0.count))] })
    }
    let head = statistics.head
    return [
      "headStats": [
        "numSeries": .number(Double(head.series)),
        "numLabelPairs": .number(Double(statistics.labelPairs)),
        "chunkCount": .number(Double(head.chunks)),
        "minTime": .milliseconds(head.oldest),
        "maxTime": .milliseconds(head.newest),
      ],
      "seriesCountByMetricName": list(statistics.metrics),
      "labelValueCountByLabelName": list(statistics.labels),
      "memoryInBytesByLabelName": list(statistics.labelBytes),
      // Ours are written as matchers; Prometheus writes `job=prometheus`.
      "seriesCountByLabelValuePair": list(
        statistics.pairs.map { pair in
          StoreStatistics.Cardinality(name: withoutQuotes(pair.name), count: pair.count)
        }),
    ]
  }

  private static func withoutQuotes(_ pair: String) -> String {
    let name = pair.prefix { $0 != "=" }
    return "\(name)=\(pair.dropFirst(name.count + 2).dropLast())"
  }

  private var blocks: APIRoute {
    route("status/tsdb/blocks", "tsdbBlocks", "The blocks of the store") { [store] _ in
      let blocks = try await Self.asking { try await store.statistics(labels: 0).blocks }
      return .prometheus([
        "blocks": .array(
          blocks.map { block in
            [
              "ulid": .string(block.name),
              "minTime": .milliseconds(block.minTime),
              "maxTime": .milliseconds(block.maxTime),
              "stats": [
                "numSamples": .number(Double(block.samples)), "numSeries": .number(Double(block.series)),
                "numChunks": .number(Double(block.chunks)),
              ],
              // A block does not remember what it was merged from.
              "compaction": ["level": 1, "sources": [.string(block.name)]],
              "version": 1,
            ]
          })
      ])
    }
  }

  private var replay: APIRoute {
    route("status/walreplay", "walReplay", "How far the log is read: all of it before the first request is answered") {
      _ in .prometheus(["min": 0, "max": 0, "current": 0])
    }
  }

  private static func asking<Value>(_ body: () async throws -> Value) async throws -> Value {
    do { return try await body() } catch let error as CancellationError { throw error } catch {
      throw APIError(store: error)
    }
  }

  // MARK: The rest

  private var features: APIRoute {
    route("features", "features", "What this server can do, by area") { [operations] _ in
      .prometheus(PrometheusFeatures.all(keepsExemplars: operations.runtime().keepsExemplars))
    }
  }

  private var notifications: APIRoute {
    route("notifications", "notifications", "What the server has to tell its users: configurations that did not load") {
      [operations] _ in
      guard let time = operations.configuration().refusedAt else { return .prometheus([]) }
      return .prometheus([["text": "Configuration reload has failed.", "date": .time(time), "active": true]])
    }
  }
}
