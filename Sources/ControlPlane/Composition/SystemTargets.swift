import DeployPlan
import FleetModel
import Ingest

extension FleetSystem {
  /// The instances that the file itself names: agents with an absolute `metrics_endpoint` that the local runtime does not
  /// start. The others become known by registration, discovery or the runtime.
  func namedTargets(startedHere: Bool) -> [CollectionTarget] {
    agents.compactMap { agent -> CollectionTarget? in
      guard case .url(let url) = agent.metrics, !(startedHere && !agent.command.isEmpty),
        let endpoint = Endpoint(url)
      else { return nil }
      let scheme = endpoint.origin.secure ? "https" : "http"
      let host = endpoint.origin.host.contains(":") ? "[\(endpoint.origin.host)]" : endpoint.origin.host
      return CollectionTarget(
        agentID: agent.agentID, instance: "\(host):\(endpoint.origin.port)", metricsEndpoint: url,
        healthEndpoint: agent.healthCheck != AgentSpec.HealthCheck()
          ? "\(scheme)://\(host):\(agent.healthCheck.port)\(agent.healthCheck.path)" : nil,
        labels: agent.labels, interval: agent.collectionInterval, timeout: agent.collectionTimeout,
        honorLabels: agent.honorLabels)
    }
  }

  /// What ingest needs to know of the file.
  var ingestConfiguration: IngestConfiguration {
    var configuration = IngestConfiguration()
    configuration.collectionInterval = monitoring.collectionInterval
    configuration.collectionTimeout = monitoring.collectionTimeout
    configuration.failureThreshold = monitoring.failureThreshold
    configuration.discoveryFiles = monitoring.discoveryFiles
    configuration.retention = monitoring.retention
    configuration.nativeHistograms = monitoring.nativeHistograms
    configuration.limits.bodyBytes = Int(clamping: limits.bodySize)
    configuration.limits.samplesPerCollection = limits.samplesPerCollection
    configuration.limits.labelsPerSeries = limits.labelsPerSeries
    configuration.limits.labelNameBytes = Int(clamping: limits.labelNameLength)
    configuration.limits.labelValueBytes = Int(clamping: limits.labelValueLength)
    configuration.limits.seriesPerAgent = limits.seriesPerAgent
    configuration.limits.seriesInAll = limits.seriesTotal
    return configuration
  }
}
