extension FieldTables {
  /// Fields of ServiceMonitor, PodMonitor and PrometheusRule. Facts from prometheus-operator
  /// (`example/prometheus-operator-crd`, 0.93).
  static let prometheusOperator = #"""
    MonitorAttachMetadata: node bool
    MonitorCredentials: key! string, name string, optional bool
    MonitorAuthorization: credentials MonitorCredentials, type string
    MonitorBasicAuth: password MonitorCredentials, username MonitorCredentials
    MonitorMetricRelabelings:
      action replace|Replace|keep|Keep|drop|Drop|hashmod|HashMod|labelmap|LabelMap|labeldrop|LabelDrop|labelkeep|LabelKeep|lowercase|Lowercase|uppercase|Uppercase|keepequal|KeepEqual|dropequal|DropEqual,
      modulus int64(0..), regex string, replacement string, separator string, sourceLabels [string], targetLabel string
    MonitorClientId: configMap MonitorCredentials, secret MonitorCredentials
    MonitorTlsConfig: ca MonitorClientId, cert MonitorClientId, insecureSkipVerify bool, keySecret MonitorCredentials,
      maxVersion TLS10|TLS11|TLS12|TLS13, minVersion TLS10|TLS11|TLS12|TLS13, serverName string
    MonitorOauth2: clientId! MonitorClientId, clientSecret! MonitorCredentials, endpointParams {string}, noProxy string,
      proxyConnectHeader {[MonitorCredentials]}, proxyFromEnvironment bool, proxyUrl proxyURL, scopes [string],
      tlsConfig MonitorTlsConfig, tokenUrl! webURL
    MonitorEndpointsTlsConfig: ca MonitorClientId, caFile string, cert MonitorClientId, certFile string,
      insecureSkipVerify bool, keyFile string, keySecret MonitorCredentials, maxVersion TLS10|TLS11|TLS12|TLS13,
      minVersion TLS10|TLS11|TLS12|TLS13, serverName string
    MonitorEndpoints: authorization MonitorAuthorization, basicAuth MonitorBasicAuth, bearerTokenFile string,
      bearerTokenSecret MonitorCredentials, enableHttp2 bool, filterRunning bool, followRedirects bool, honorLabels bool,
      honorTimestamps bool, interval interval, metricRelabelings [MonitorMetricRelabelings], noProxy string,
      oauth2 MonitorOauth2, params {[string]}, path string, port string, proxyConnectHeader {[MonitorCredentials]},
      proxyFromEnvironment bool, proxyUrl proxyURL, relabelings [MonitorMetricRelabelings], scheme http|https|HTTP|HTTPS,
      scrapeTimeout interval, targetPort intOrString, tlsConfig MonitorEndpointsTlsConfig, trackTimestampsStaleness bool
    MonitorNamespaceSelector: any bool, matchNames [string]
    MonitorMatchExpressions: key! string, operator! string, values [string]
    MonitorSelector: matchExpressions [MonitorMatchExpressions], matchLabels {string}
    MonitorSpec: attachMetadata MonitorAttachMetadata, bodySizeLimit byteSize, convertClassicHistogramsToNHCB bool,
      endpoints! [MonitorEndpoints],
      fallbackScrapeProtocol PrometheusProto|OpenMetricsText0.0.1|OpenMetricsText1.0.0|PrometheusText0.0.4|PrometheusText1.0.0,
      jobLabel string, keepDroppedTargets int64(0..), labelLimit int64(0..), labelNameLengthLimit int64(0..),
      labelValueLengthLimit int64(0..), namespaceSelector MonitorNamespaceSelector, nativeHistogramBucketLimit int64(0..),
      nativeHistogramMinBucketFactor quantity, podTargetLabels [string], sampleLimit int64(0..), scrapeClass string(1..),
      scrapeClassicHistograms bool, scrapeNativeHistograms bool,
      scrapeProtocols [PrometheusProto|OpenMetricsText0.0.1|OpenMetricsText1.0.0|PrometheusText0.0.4|PrometheusText1.0.0 set],
      selector! MonitorSelector, selectorMechanism RelabelConfig|RoleSelector,
      serviceDiscoveryRole Endpoints|EndpointSlice, targetLabels [string], targetLimit int64(0..)
    MonitorPodMetricsEndpoints: authorization MonitorAuthorization, basicAuth MonitorBasicAuth,
      bearerTokenSecret MonitorCredentials, enableHttp2 bool, filterRunning bool, followRedirects bool, honorLabels bool,
      honorTimestamps bool, interval interval, metricRelabelings [MonitorMetricRelabelings], noProxy string,
      oauth2 MonitorOauth2, params {[string]}, path string, port string, portNumber int32(1..65535),
      proxyConnectHeader {[MonitorCredentials]}, proxyFromEnvironment bool, proxyUrl proxyURL,
      relabelings [MonitorMetricRelabelings], scheme http|https|HTTP|HTTPS, scrapeTimeout interval,
      targetPort intOrString, tlsConfig MonitorTlsConfig, trackTimestampsStaleness bool
    PodMonitorSpec: attachMetadata MonitorAttachMetadata, bodySizeLimit byteSize, convertClassicHistogramsToNHCB bool,
      fallbackScrapeProtocol PrometheusProto|OpenMetricsText0.0.1|OpenMetricsText1.0.0|PrometheusText0.0.4|PrometheusText1.0.0,
      jobLabel string, keepDroppedTargets int64(0..), labelLimit int64(0..), labelNameLengthLimit int64(0..),
      labelValueLengthLimit int64(0..), namespaceSelector MonitorNamespaceSelector, nativeHistogramBucketLimit int64(0..),
      nativeHistogramMinBucketFactor quantity, podMetricsEndpoints [MonitorPodMetricsEndpoints], podTargetLabels [string],
      sampleLimit int64(0..), scrapeClass string(1..), scrapeClassicHistograms bool, scrapeNativeHistograms bool,
      scrapeProtocols [PrometheusProto|OpenMetricsText0.0.1|OpenMetricsText1.0.0|PrometheusText0.0.4|PrometheusText1.0.0 set],
      selector! MonitorSelector, selectorMechanism RelabelConfig|RoleSelector, targetLimit int64(0..)
    PrometheusRuleRules: alert string, annotations {string}, expr! intOrString, for interval,
      keep_firing_for interval(1..), labels {string}, record string
    PrometheusRuleGroups: interval interval, labels {string}, limit int64, name! string(1..),
      partial_response_strategy partialResponse, query_offset interval, rules [PrometheusRuleRules]
    PrometheusRuleSpec: groups [PrometheusRuleGroups by name]
    """#
}
