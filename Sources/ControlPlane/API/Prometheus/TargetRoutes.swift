import FleetModel
import Ingest

/// Whom Skep collects from, as Prometheus' targets: `/api/v1/targets`, `/api/v1/scrape_pools`.
struct TargetRoutes: Sendable {
  var operations: any StatusOperations

  var routes: [APIRoute] { [targets, pools] }

  private var targets: APIRoute {
    PrometheusRoutes.get(
      path: "/api/v1/targets", operationID: "targets", summary: "The instances that are collected from",
      parameters: [
        .init(name: "scrapePool", kind: .text, summary: "The only pool whose targets are asked for"),
        .init(name: "state", kind: .text, summary: "active, dropped or any; Skep drops none"),
      ]
    ) { [operations] request in
      let state = (request.form["state"] ?? "any").lowercased()
      let isWanted = request.form["scrapePool"].map { $0 == WatchedTarget.pool } ?? true
      let showsActive = isWanted && (state == "any" || state == "active")
      let showsDropped = state == "any" || state == "dropped"
      return .prometheus([
        "activeTargets": .array(showsActive ? operations.targets().map(Self.active) : []),
        "droppedTargets": [],
        "droppedTargetCounts": showsDropped ? .object([.init(key: WatchedTarget.pool, value: 0)]) : .null,
      ])
    }
  }

  private var pools: APIRoute {
    PrometheusRoutes.get(
      path: "/api/v1/scrape_pools", operationID: "scrapePools", summary: "The groups of targets: Skep has one"
    ) { _ in
      .prometheus(["scrapePools": [.string(WatchedTarget.pool)]])
    }
  }

  private static func active(_ target: WatchedTarget) -> JSONValue {
    let instance = target.instance
    let url = instance.target.metricsEndpoint ?? ""
    let health =
      switch instance.collectionResult?.isUp {
      case nil: "unknown"
      case true?: "up"
      case false?: "down"
      }
    return [
      "discoveredLabels": .labels(discoveredLabels(of: target)),
      "labels": .labels(target.labels),
      "scrapePool": .string(WatchedTarget.pool),
      "scrapeUrl": .string(url),
      "globalUrl": .string(url),
      "lastError": .string(instance.collectionResult?.failure ?? ""),
      "lastScrape": .time(instance.lastCollection),
      "lastScrapeDuration": .number(instance.collectionResult?.duration.seconds ?? 0),
      "health": .string(health),
      "scrapeInterval": .string(PrometheusDuration.format(target.interval)),
      "scrapeTimeout": .string(PrometheusDuration.format(target.timeout)),
    ]
  }

  /// What Prometheus' own discovery would give for such a target, before any relabelling.
  private static func discoveredLabels(of target: WatchedTarget) -> LabelSet {
    let watched = target.instance.target
    var labels = watched.labels
    labels["__meta_skep_agent_id"] = watched.agentID.name
    labels["__scrape_interval__"] = PrometheusDuration.format(target.interval)
    labels["__scrape_timeout__"] = PrometheusDuration.format(target.timeout)
    labels["__address__"] = watched.instance
    labels["job"] = WatchedTarget.pool
    if let url = watched.metricsEndpoint, let parts = URLParts(url) {
      labels["__address__"] = parts.authority
      labels["__metrics_path__"] = parts.path
      labels["__scheme__"] = parts.scheme
    }
    return LabelSet(labels)
  }

  /// The parts of an endpoint that was checked when it was registered.
  private struct URLParts {
    var scheme: String
    var authority: String
    var path: String

    init?(_ url: String) {
      let scheme = url.prefix { $0 != ":" }
      let rest = url.dropFirst(scheme.count)
      guard rest.hasPrefix("://") else { return nil }
      let authority = rest.dropFirst(3).prefix { !"/?#".contains($0) }
      let path = rest.dropFirst(3 + authority.count).prefix { !"?#".contains($0) }
      self.scheme = scheme.lowercased()
      self.authority = String(authority)
      self.path = path.isEmpty ? "/" : String(path)
    }
  }
}
