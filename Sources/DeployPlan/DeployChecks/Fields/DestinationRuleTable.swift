extension FieldTables {
  /// Fields of DestinationRule. Facts from istio/api (`kubernetes/customresourcedefinitions.gen.yaml`, 1.31).
  static let destinationRule = #"""
    DestinationRuleHttp2KeepAlive: interval duration, timeout duration
    DestinationRuleHttp: h2UpgradePolicy DEFAULT|DO_NOT_UPGRADE|UPGRADE, http1MaxPendingRequests int32,
      http2KeepAlive DestinationRuleHttp2KeepAlive, http2MaxRequests int32, idleTimeout duration,
      maxConcurrentStreams int32, maxRequestsPerConnection int32, maxRetries int32, useClientProtocol bool
    DestinationRuleTcpKeepalive: interval duration, probes int64(0..4294967295), time duration
    DestinationRuleTcp: connectTimeout duration, idleTimeout string, maxConnectionDuration duration, maxConnections int32,
      tcpKeepalive DestinationRuleTcpKeepalive
    DestinationRuleConnectionPool: http DestinationRuleHttp, tcp DestinationRuleTcp
    DestinationRuleAttributes: name! string, value string
    DestinationRuleHttpCookie: attributes [DestinationRuleAttributes], name! string, path string, ttl string
    DestinationRuleMaglev: tableSize int64(0..)
    DestinationRuleRingHash: minimumRingSize int64(0..)
    DestinationRuleConsistentHash(httpHeaderName|httpCookie|useSourceIp|httpQueryParameterName)(ringHash|maglev):
      httpCookie DestinationRuleHttpCookie, httpHeaderName string, httpQueryParameterName string,
      maglev DestinationRuleMaglev, minimumRingSize int64(0..), ringHash DestinationRuleRingHash, useSourceIp bool
    DestinationRuleDistribute: from string, to {int64(0..4294967295)}
    DestinationRuleFailover: from string, to string
    DestinationRuleLocalityLbSetting: distribute [DestinationRuleDistribute], enabled bool?,
      failover [DestinationRuleFailover], failoverPriority [string]
    DestinationRuleWarmup: aggression number(0..)?, duration! duration, minimumPercent number(0..100)?
    DestinationRuleZoneAwareLbSetting: enabled bool?, failover [DestinationRuleFailover], failoverPriority [string],
      minClusterSize int64(1..)?
    DestinationRuleLoadBalancer(simple|consistentHash): consistentHash DestinationRuleConsistentHash,
      localityLbSetting DestinationRuleLocalityLbSetting,
      simple UNSPECIFIED|LEAST_CONN|RANDOM|PASSTHROUGH|ROUND_ROBIN|LEAST_REQUEST, warmup DestinationRuleWarmup,
      warmupDurationSecs duration, zoneAwareLbSetting DestinationRuleZoneAwareLbSetting
    DestinationRuleOutlierDetection: baseEjectionTime duration, consecutive5xxErrors int64(0..4294967295)?,
      consecutiveErrors int32, consecutiveGatewayErrors int64(0..4294967295)?,
      consecutiveLocalOriginFailures int64(0..4294967295)?, interval duration, maxEjectionPercent int32,
      minHealthPercent int32, outlierDetectionHttpErrorCodes [int64(100..599)], splitExternalLocalOriginErrors bool
    DestinationRulePort: number int64(0..4294967295)
    DestinationRuleTls: caCertificates string, caCrl string, clientCertificate string, credentialName string,
      insecureSkipVerify bool?, mode DISABLE|SIMPLE|MUTUAL|ISTIO_MUTUAL, privateKey string, sni string,
      subjectAltNames [string]
    DestinationRulePortLevelSettings: connectionPool DestinationRuleConnectionPool,
      loadBalancer DestinationRuleLoadBalancer, outlierDetection DestinationRuleOutlierDetection,
      port DestinationRulePort, tls DestinationRuleTls
    DestinationRuleProxyProtocol: version V1|V2
    DestinationRuleRetryBudget: budgetInterval string, minRetryConcurrency int64(0..4294967295), percent number(0..100)?
    DestinationRuleTunnel: protocol string, targetHost! string, targetPort! int64(0..4294967295)
    DestinationRuleTrafficPolicy: connectionPool DestinationRuleConnectionPool, loadBalancer DestinationRuleLoadBalancer,
      outlierDetection DestinationRuleOutlierDetection, portLevelSettings [DestinationRulePortLevelSettings](..4096),
      proxyProtocol DestinationRuleProxyProtocol, retryBudget DestinationRuleRetryBudget, tls DestinationRuleTls,
      tunnel DestinationRuleTunnel
    DestinationRuleSubsets: labels {string}, name! string, trafficPolicy DestinationRuleTrafficPolicy
    DestinationRuleWorkloadSelector: matchLabels {string(..63)&plain}(..4096)&plainItems&filledItems
    DestinationRuleSpec: exportTo [string], host! string, subsets [DestinationRuleSubsets],
      trafficPolicy DestinationRuleTrafficPolicy, workloadSelector DestinationRuleWorkloadSelector
    """#
}
