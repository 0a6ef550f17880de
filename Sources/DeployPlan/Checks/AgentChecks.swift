import FleetModel

/// What must hold between the values of one agent.
enum AgentChecks {
  static func check(_ agent: inout AgentSpec, _ reader: Reader, _ path: String) {
    checkImage(agent, reader, path)
    checkPorts(agent, reader, path)
    checkLabels(agent, reader, path)
    checkDependencies(agent, reader, path)
    checkExposedMetrics(agent, reader, path)
    if agent.stickyHeader != nil, reader.isGiven(Path.key("load_balancer", in: path)) {
      reader.warn(
        Path.key("load_balancer", in: path), "has no effect beside sticky_sessions", mend: "remove one of the two")
    }
    RoutingChecks.check(&agent, reader, path)
  }

  private static func checkImage(_ agent: AgentSpec, _ reader: Reader, _ path: String) {
    let imagePath = Path.key("image", in: path)
    let tagPath = Path.key("tag", in: path)
    guard reader.isSound(imagePath, tagPath) else { return }
    let tagGiven = reader.isGiven(tagPath)
    guard let image = agent.image, let reference = ImageReference(image) else { return }
    if let tag = reference.tag, tagGiven {
      reader.error(
        tagPath, "the image has the tag \"\(tag)\" already", mend: "remove the tag here, or \":\(tag)\" from the image")
      return
    }
    if reference.digest != nil {
      if tagGiven { reader.warn(tagPath, "has no effect beside the image's digest", mend: "remove it") }
      return
    }
    if (reference.tag ?? agent.tag) == "latest" {
      reader.warn(
        tagGiven ? tagPath : imagePath, "the tag \"latest\" names another image tomorrow",
        mend: "give a version as tag, or a digest")
    }
  }

  private static func checkPorts(_ agent: AgentSpec, _ reader: Reader, _ path: String) {
    let portsPath = Path.key("ports", in: path)
    guard reader.isSound(portsPath) else { return }
    var sound = true
    var seen: Set<Int> = []
    for (index, port) in agent.ports.enumerated() {
      sound = sound && reader.isSound(Path.index(index, in: portsPath))
      if !seen.insert(port).inserted {
        reader.error(Path.index(index, in: portsPath), "port \(port) is given twice", mend: "remove one of the two")
      }
    }
    guard sound else { return }
    let ports = agent.ports.map(String.init).joined(separator: ", ")
    let metricsPath = Path.key("port", in: Path.key("metrics", in: path))
    if case .port(let port?, _) = agent.metrics, !agent.ports.contains(port), reader.isSound(metricsPath) {
      reader.error(metricsPath, "port \(port) is not among the agent's ports \(ports)", mend: "add it to ports")
    }
    let healthPath = Path.key("port", in: Path.key("health_check", in: path))
    if !agent.ports.contains(agent.healthCheck.port), reader.isSound(healthPath) {
      let origin = reader.isGiven(healthPath) ? "" : " (the default)"
      reader.warn(
        reader.isGiven(healthPath) ? healthPath : portsPath,
        "the health check's port \(agent.healthCheck.port)\(origin) is not among the agent's ports \(ports)",
        mend: "give health_check.port")
    }
    let endpoint = Path.key("metrics_endpoint", in: path)
    guard reader.isGiven(endpoint) else { return }
    for key in ["port", "path"] {
      let other = Path.key(key, in: Path.key("metrics", in: path))
      if reader.isGiven(other) {
        reader.error(other, "cannot stand beside metrics_endpoint", mend: "remove one of the two")
      }
    }
  }

  private static func checkExposedMetrics(_ agent: AgentSpec, _ reader: Reader, _ path: String) {
    let listPath = Path.key("exposes", in: Path.key("metrics", in: path))
    guard let metrics = agent.exposes, reader.isSound(listPath) else { return }
    var seen: Set<String> = []
    for (index, metric) in metrics.enumerated() {
      let itemPath = Path.index(index, in: listPath)
      if reader.isSound(itemPath), !seen.insert(metric.name).inserted {
        reader.error(itemPath, "\"\(metric.name)\" is given twice", mend: "remove one of the two")
      }
    }
    let progressPath = Path.key("metric", in: Path.key("progress", in: path))
    guard let progress = agent.progress, reader.isSound(progressPath), !metrics.isEmpty else { return }
    let series = metrics.flatMap(FleetExposition.samples)
    if let found = series.first(where: { $0.name == progress.metric }) {
      if found.type == .gauge {
        reader.warn(
          progressPath, "\"\(progress.metric)\" is a gauge, and progress is what grows",
          mend: "name a counter of what is done")
      }
    } else {
      let names = series.map(\.name).sorted()
      reader.error(
        progressPath, "\"\(progress.metric)\" is not among metrics.exposes, so the agent would always be stuck",
        mend: KeyDistance.nearest(to: progress.metric, among: names).map { "did you mean \"\($0)\"?" }
          ?? "add it there, or name a counter that is")
    }
  }

  /// Two labels that become one in series, where `.`, `-` and `/` are written `_`.
  private static func checkLabels(_ agent: AgentSpec, _ reader: Reader, _ path: String) {
    var seen: [String: String] = [:]
    for name in agent.labels.keys.sorted() {
      let series = String(name.map { $0 == "." || $0 == "-" || $0 == "/" ? "_" : $0 })
      if let other = seen[series] {
        reader.error(
          Path.key(name, in: Path.key("labels", in: path)), "is the same label as \"\(other)\" in series (\(series))",
          mend: "rename one of the two")
      }
      seen[series] = name
    }
  }

  private static func checkDependencies(_ agent: AgentSpec, _ reader: Reader, _ path: String) {
    let listPath = Path.key("depends_on", in: path)
    guard reader.isSound(listPath) else { return }
    var seen: Set<AgentID> = []
    for (index, dependency) in agent.dependsOn.enumerated() {
      let itemPath = Path.index(index, in: listPath)
      if !seen.insert(dependency).inserted {
        reader.error(itemPath, "\"\(dependency)\" is given twice", mend: "remove one of the two")
      } else if dependency == agent.agentID, reader.isSound(Path.key("agent_id", in: path)) {
        reader.error(itemPath, "\"\(dependency)\" depends on itself", mend: "remove it")
      }
    }
  }
}

/// Requests, limits and their sizes.
enum ResourceChecks {
  static func check(_ resources: inout AgentSpec.Resources, _ reader: Reader, _ path: String) {
    compare("cpu", resources.cpuRequest, resources.cpuLimit, reader, path)
    compare("memory", resources.memoryRequest, resources.memoryLimit, reader, path)
    for (key, text) in [("cpu_request", resources.cpuRequest), ("cpu_limit", resources.cpuLimit)] {
      let keyPath = Path.key(key, in: path)
      guard reader.isSound(keyPath), let quantity = Quantity(text) else { continue }
      if quantity.billionths > 1024 * 1_000_000_000 {
        reader.error(
          keyPath, "\(text) is more than 1024 cores", mend: "write \"m\" for thousandths of a core, such as 500m")
      } else if quantity.billionths % 1_000_000 != 0 {
        reader.error(keyPath, "\(text) is finer than a thousandth of a core", mend: "give whole \"m\", such as 1m")
      }
    }
    for (key, text) in [("memory_request", resources.memoryRequest), ("memory_limit", resources.memoryLimit)] {
      let keyPath = Path.key(key, in: path)
      guard reader.isSound(keyPath), let quantity = Quantity(text) else { continue }
      if quantity.billionths < (1 << 20) * 1_000_000_000 {
        reader.error(
          keyPath, "\(text) is less than 1Mi of memory",
          mend: "write a size such as 256Mi (\"m\" is a thousandth of a byte)")
      }
    }
  }

  private static func compare(_ kind: String, _ request: String, _ limit: String, _ reader: Reader, _ path: String) {
    let requestPath = Path.key("\(kind)_request", in: path)
    let limitPath = Path.key("\(kind)_limit", in: path)
    guard reader.isSound(requestPath, limitPath), let asked = Quantity(request), let most = Quantity(limit),
      asked > most
    else { return }
    let isGiven = reader.isGiven(limitPath)
    if reader.isGiven(requestPath) {
      reader.error(
        requestPath, "\(request) is above \(kind)_limit \(limit)\(isGiven ? "" : " (the default)")",
        mend: "lower it or raise the limit")
    } else {
      reader.error(
        limitPath, "\(limit) is below \(kind)_request \(request) (the default)", mend: "give a \(kind)_request too")
    }
  }
}

/// Replica counts.
enum ScalingChecks {
  static func check(_ scaling: inout AgentSpec.Scaling, _ reader: Reader, _ path: String) {
    let minPath = Path.key("min_replicas", in: path)
    let maxPath = Path.key("max_replicas", in: path)
    let initialPath = Path.key("initial_replicas", in: path)
    guard reader.isSound(minPath, maxPath) else { return }
    if scaling.minReplicas > scaling.maxReplicas {
      if reader.isGiven(minPath) {
        let origin = reader.isGiven(maxPath) ? "" : " (the default)"
        reader.error(
          minPath, "\(scaling.minReplicas) is above max_replicas \(scaling.maxReplicas)\(origin)",
          mend: "lower it or raise max_replicas")
      } else {
        reader.error(
          maxPath, "\(scaling.maxReplicas) is below min_replicas \(scaling.minReplicas) (the default)",
          mend: "give min_replicas too")
      }
      return
    }
    guard reader.isSound(initialPath) else { return }
    let range = scaling.minReplicas...scaling.maxReplicas
    if !scaling.initialReplicasGiven {
      // A default is no wish: it gives way to the bounds that the file sets.
      scaling.initialReplicas = min(max(scaling.initialReplicas, range.lowerBound), range.upperBound)
    } else if !range.contains(scaling.initialReplicas) {
      reader.error(
        initialPath,
        "\(scaling.initialReplicas) is not between min_replicas \(range.lowerBound) "
          + "and max_replicas \(range.upperBound)",
        mend: "change it, or give other bounds")
    }
  }
}
