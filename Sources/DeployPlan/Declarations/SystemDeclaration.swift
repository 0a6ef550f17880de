import FleetModel

/// The keys of the document itself.
enum SystemDeclaration {
  static var shape: Shape<FleetSystem> {
    .object(FleetSystem(name: ""), fields, ignoring: "x-")
  }

  static var fields: [Field<FleetSystem>] {
    typealias F = Field<FleetSystem>
    return [
      F("system", \.name, Shapes.dnsLabel(), required: true, "name of the system, a DNS-1123 label"),
      F("namespace", \.namespace, Shapes.dnsLabel(), "Kubernetes namespace"),
      F("monitoring", \.monitoring, monitoring, "how instances are collected and how long samples are kept"),
      F("mesh", \.meshOptions, mesh, "the service mesh"),
      F(
        "agents", \.agents, Shapes.list(Shapes.reference("agent") { AgentDeclaration.shape }),
        "the kinds of worker in the fleet"),
      F(
        "alert_rules", \.alertRules, Shapes.list(Shapes.reference("alert_rule") { RuleDeclaration.alert }),
        "conditions to watch"),
      F("recording_rules", \.recordingRules, Shapes.list(RuleDeclaration.recording), "series computed from others"),
      F(
        "rule_files", \.ruleFiles, Shapes.list(Shapes.text()),
        "Prometheus rule files or globs to follow; relative ones beside this file"),
    ] + notifications + [
      F("storage", \.storage, StorageDeclaration.shape, "where samples are kept"),
      F("tracing", \.tracing, StorageDeclaration.tracing, "where spans are kept and sent on to"),
      F("limits", \.limits, limits, "what is refused as too much"),
      F("prices", \.prices, prices, "what tokens cost"),
      F(
        "control_plane", optional: \.controlPlane, ControlPlaneDeclaration.shape,
        "Skep itself in the cluster, beside the agents; nothing is rendered of it without"),
      F(
        "external", \.external, DeploymentDeclaration.external,
        "what is there without this file, so that it may be named"),
      F(
        "waivers", \.waivers, Shapes.list(DeploymentDeclaration.waiver),
        "rules of skep deploy check that are not to count, and why"),
      F("environments", \.environments, environments, "overlays by environment; each holds keys of this file"),
    ]
  }

  private static var notifications: [Field<FleetSystem>] {
    typealias F = Field<FleetSystem>
    let route = Shapes.reference("route") { RouteDeclaration.shape }
    let interval = Shapes.reference("time_interval") { CalendarDeclaration.interval }
    return [
      F(
        "alertmanager_config", optional: \.alertmanagerConfig, Shapes.text(),
        "an alertmanager.yml to follow, in place of the keys from global to templates; beside this file if relative"),
      F(
        "global", \.globals, Shapes.reference("global") { GlobalDeclaration.shape },
        "what counts for all receivers that do not say otherwise"),
      F(
        "receivers", \.receivers, Shapes.list(Shapes.reference("receiver") { ReceiverDeclaration.shape }),
        "where notifications go"),
      F("route", optional: \.route, route, "the root of the routing tree, as in an alertmanager.yml"),
      F(
        "routes", \.routes, Shapes.list(route),
        "in place of route: which alerts go to which receiver, tried in order; the first that fits takes the alert "
          + "unless it continues, and the first receiver gets the rest"),
      F("inhibit_rules", \.inhibitRules, Shapes.list(RouteDeclaration.inhibit), "which alerts keep others quiet"),
      F(
        "time_intervals", \.timeIntervals, Shapes.list(interval),
        "named sets of times, for routes"),
      F(
        "mute_time_intervals", \.muteTimeIntervals, Shapes.list(interval),
        "the older place of time_intervals"),
      F(
        "templates", \.templates, Shapes.list(Shapes.text()),
        "files of Go templates or globs; relative ones beside this file"),
    ]
  }

  private static var monitoring: Shape<FleetSystem.Monitoring> {
    typealias F = Field<FleetSystem.Monitoring>
    return .object(
      FleetSystem.Monitoring(),
      [
        F(
          "collection_interval", \.collectionInterval, Shapes.positiveDuration,
          "between two collections of one instance"),
        F(
          "collection_timeout", \.collectionTimeout, Shapes.positiveDuration,
          "when a collection is given up; never above the interval, which bounds the default too"
        ),
        F("retention", \.retention, Shapes.positiveDuration, "how long samples are kept"),
        F("retention_size", optional: \.retentionSize, Shapes.byteSize, "bytes of samples that are kept at most"),
        F(
          "failure_threshold", \.failureThreshold, Shapes.integer(1...1000),
          "failed collections or health checks in a row that make an instance unhealthy"),
        F(
          "discovery_files", \.discoveryFiles, Shapes.list(Shapes.text()), "Prometheus file_sd files or globs to follow"
        ),
        F("kubernetes", \.kubernetes, DeploymentDeclaration.monitoring, "how Kubernetes is told of the monitoring"),
        F(
          "native_histograms", \.nativeHistograms, Shapes.boolean,
          "whether agents are asked for native histograms; one that serves a histogram both ways is stored as a native one alone"
        ),
      ])
  }

  private static var mesh: Shape<MeshOptions> {
    typealias F = Field<MeshOptions>
    return .object(
      MeshOptions(),
      [
        F("type", \.type, Shapes.choice(), "which mesh carries the traffic"),
        F(
          "revision", optional: \.revision, Shapes.dnsLabel(),
          "the mesh's control plane that injects the namespace's pods, by its revision; the default one without"),
      ],
      check: { mesh, reader, path in
        let revision = Path.key("revision", in: path)
        if mesh.type == .none, mesh.revision != nil, reader.isSound(revision, Path.key("type", in: path)) {
          reader.error(revision, "means nothing with mesh.type none", mend: "remove it, or use a mesh")
        }
      })
  }

  private static var limits: Shape<CollectionLimits> {
    typealias F = Field<CollectionLimits>
    return .object(
      CollectionLimits(),
      [
        F("body_size", \.bodySize, Shapes.byteSize, "bytes of one collection's body, after decompression"),
        F("samples_per_collection", \.samplesPerCollection, Shapes.count, "samples of one collection"),
        F("labels_per_series", \.labelsPerSeries, Shapes.count, "labels of one series"),
        F("label_name_length", \.labelNameLength, Shapes.byteSize, "bytes of a label's name"),
        F("label_value_length", \.labelValueLength, Shapes.byteSize, "bytes of a label's value"),
        F("series_per_agent", \.seriesPerAgent, Shapes.count, "series of one agent"),
        F("series_total", \.seriesTotal, Shapes.count, "series in all"),
      ],
      check: { limits, reader, path in
        let agent = Path.key("series_per_agent", in: path)
        if reader.isSound(agent), reader.isGiven(agent), limits.seriesPerAgent > limits.seriesTotal {
          reader.error(agent, "\(limits.seriesPerAgent) is above series_total \(limits.seriesTotal)", mend: "lower it")
        }
      })
  }

  private static var prices: Shape<PriceTable> {
    typealias F = Field<PriceTable>
    typealias P = Field<PriceTable.Price>
    let amount = Shapes.number(0...1_000_000)
    let price = Shape<PriceTable.Price>.object(
      PriceTable.Price(),
      [
        P("model", \.model, Shapes.text(), required: true, "a glob over model names"),
        P("provider", optional: \.provider, Shapes.text(), "the provider's name; any where it is not given"),
        P("input", \.input, amount, required: true, "price of a million input tokens"),
        P("output", \.output, amount, required: true, "price of a million output tokens"),
        P(
          "cached_input", optional: \.cachedInput, amount,
          "price of a million input tokens read from a cache; that of other input where it is not given"),
      ])
    let currency = Shapes.text(pattern: "^[A-Z]{3}$") { text in
      text.utf8.count == 3 && text.utf8.allSatisfy { (65...90).contains($0) }
        ? nil : Flaw("is no currency", mend: "give its ISO 4217 code, such as USD")
    }
    return .object(
      PriceTable(),
      [
        F("currency", \.currency, currency, "ISO 4217 code"),
        F("models", \.models, Shapes.list(price), "prices by model; the first that fits counts"),
      ])
  }

  /// What an overlay may change.
  static let overlayKeys =
    ["namespace", "monitoring", "mesh", "agents", "alert_rules", "recording_rules", "rule_files"]
    + ["alertmanager_config"] + AlertingChecks.alertmanagerKeys
    + ["storage", "tracing", "limits", "prices", "control_plane", "external", "waivers"]

  private static var environments: Shape<[String: YAMLTree]> {
    Shapes.dictionary(
      Shapes.raw(known: overlayKeys), keyPattern: NameRules.dnsLabelPattern, key: { NameRules.dnsLabel($0) })
  }
}

/// `mesh` as it stands in the file.
struct MeshOptions {
  var type = FleetSystem.Mesh.istio
  var revision: String?
}

extension FleetSystem {
  var meshOptions: MeshOptions {
    get { MeshOptions(type: mesh, revision: meshRevision) }
    set {
      mesh = newValue.type
      meshRevision = newValue.revision
    }
  }
}
