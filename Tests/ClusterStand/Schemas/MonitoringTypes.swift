/// Types of the Prometheus Operator's custom resources: names, kinds of values, lists and limits as its CustomResourceDefinitions have
/// them (prometheus-operator 6adcebc5).
enum MonitoringTypes {
  static let text = """
    AttachMetadata
      node bool
    Credentials atomic
      key string !
      name string = ""
      optional bool
    Authorization
      credentials Credentials
      type string
    BasicAuth
      password,username Credentials
    MetricRelabeling
      action string = replace in replace|Replace|keep|Keep|drop|Drop|hashmod|HashMod|labelmap|LabelMap|labeldrop|LabelDrop|labelkeep|LabelKeep|lowercase|Lowercase|uppercase|Uppercase|keepequal|KeepEqual|dropequal|DropEqual
      modulus int bounds min=0
      regex,replacement,separator,targetLabel string
      sourceLabels [string]
    ClientId
      configMap,secret Credentials
    TlsConfig
      ca,cert ClientId
      insecureSkipVerify bool
      keySecret Credentials
      maxVersion,minVersion string in TLS10|TLS11|TLS12|TLS13
      serverName string
    Oauth2
      clientId ClientId !
      clientSecret Credentials !
      endpointParams {string}
      noProxy,proxyUrl string
      proxyConnectHeader atomic {[Credentials]}
      proxyFromEnvironment bool
      scopes [string]
      tlsConfig TlsConfig
      tokenUrl string !
    TlsConfig2
      ca,cert ClientId
      caFile,certFile,keyFile,serverName string
      insecureSkipVerify bool
      keySecret Credentials
      maxVersion,minVersion string in TLS10|TLS11|TLS12|TLS13
    Endpoint
      authorization Authorization
      basicAuth BasicAuth
      bearerTokenFile,interval,noProxy,path,port,proxyUrl,scrapeTimeout string
      bearerTokenSecret Credentials
      enableHttp2,filterRunning,followRedirects,honorLabels,honorTimestamps,proxyFromEnvironment,trackTimestampsStaleness bool
      metricRelabelings,relabelings [MetricRelabeling]
      oauth2 Oauth2
      params {[string]}
      proxyConnectHeader atomic {[Credentials]}
      scheme string in http|https|HTTP|HTTPS
      targetPort port
      tlsConfig TlsConfig2
    NamespaceSelector
      any bool
      matchNames [string]
    MatchExpression
      key,operator string !
      values [string]
    Selector atomic
      matchExpressions [MatchExpression]
      matchLabels {string}
    ServiceMonitorSpec
      attachMetadata AttachMetadata
      bodySizeLimit,jobLabel string
      convertClassicHistogramsToNHCB,scrapeClassicHistograms,scrapeNativeHistograms bool
      endpoints [Endpoint] !
      fallbackScrapeProtocol string in PrometheusProto|OpenMetricsText0.0.1|OpenMetricsText1.0.0|PrometheusText0.0.4|PrometheusText1.0.0
      keepDroppedTargets,labelLimit,labelNameLengthLimit int bounds min=0
      labelValueLengthLimit,nativeHistogramBucketLimit,sampleLimit,targetLimit int bounds min=0
      namespaceSelector NamespaceSelector
      nativeHistogramMinBucketFactor port
      podTargetLabels,targetLabels [string]
      scrapeClass string bounds minLength=1
      scrapeProtocols set[string]
      selector Selector !
      selectorMechanism string in RelabelConfig|RoleSelector
      serviceDiscoveryRole string in Endpoints|EndpointSlice
    Condition
      lastTransitionTime string !
      message,reason string
      observedGeneration int
      status string bounds minLength=1 !
      type string in Accepted bounds minLength=1 !
    Binding
      conditions [Condition by type]
      group string in monitoring.coreos.com !
      name,namespace string bounds minLength=1 !
      resource string in prometheuses|prometheusagents|thanosrulers|alertmanagers !
    ServiceMonitorStatus
      bindings [Binding by group,resource,name,namespace]
    ServiceMonitor
      apiVersion,kind string
      metadata ObjectMeta
      spec ServiceMonitorSpec
      status ServiceMonitorStatus
    PodMetricsEndpoint
      authorization Authorization
      basicAuth BasicAuth
      bearerTokenSecret Credentials
      enableHttp2,filterRunning,followRedirects,honorLabels,honorTimestamps,proxyFromEnvironment,trackTimestampsStaleness bool
      interval,noProxy,path,port,proxyUrl,scrapeTimeout string
      metricRelabelings,relabelings [MetricRelabeling]
      oauth2 Oauth2
      params {[string]}
      portNumber int bounds min=1,max=65535
      proxyConnectHeader atomic {[Credentials]}
      scheme string in http|https|HTTP|HTTPS
      targetPort port
      tlsConfig TlsConfig
    PodMonitorSpec
      attachMetadata AttachMetadata
      bodySizeLimit,jobLabel string
      convertClassicHistogramsToNHCB,scrapeClassicHistograms,scrapeNativeHistograms bool
      fallbackScrapeProtocol string in PrometheusProto|OpenMetricsText0.0.1|OpenMetricsText1.0.0|PrometheusText0.0.4|PrometheusText1.0.0
      keepDroppedTargets,labelLimit,labelNameLengthLimit int bounds min=0
      labelValueLengthLimit,nativeHistogramBucketLimit,sampleLimit,targetLimit int bounds min=0
      namespaceSelector NamespaceSelector
      nativeHistogramMinBucketFactor port
      podMetricsEndpoints [PodMetricsEndpoint]
      podTargetLabels [string]
      scrapeClass string bounds minLength=1
      scrapeProtocols set[string]
      selector Selector !
      selectorMechanism string in RelabelConfig|RoleSelector
    PodMonitor
      apiVersion,kind string
      metadata ObjectMeta
      spec PodMonitorSpec
      status ServiceMonitorStatus
    Rule
      alert,for,record string
      annotations,labels {string}
      expr port !
      keep_firing_for string bounds minLength=1
    Group
      interval,partial_response_strategy,query_offset string
      labels {string}
      limit int
      name string bounds minLength=1 !
      rules [Rule]
    PrometheusRuleSpec
      groups [Group by name]
    PrometheusRule
      apiVersion,kind string
      metadata ObjectMeta
      spec PrometheusRuleSpec
      status ServiceMonitorStatus

    """
}
