/// Types of Istio's custom resources: names, kinds of values, lists and limits as its CustomResourceDefinitions have them
/// (istio/api b8f8791d, version v1; the older versions hold the same).
enum IstioTypes {
  static let text = """
    AllowOrigin
      exact,prefix,regex string
    CorsPolicy
      allowCredentials bool
      allowHeaders,allowMethods,allowOrigin,exposeHeaders [string]
      allowOrigins [AllowOrigin]
      maxAge string
      unmatchedPreflights string in UNSPECIFIED|FORWARD|IGNORE
    Delegate
      name,namespace string
    Body
      bytes,string string
    DirectResponse
      body Body
      status int bounds min=0 !
    Percentage
      value number
    Abort
      grpcStatus,http2Error string
      httpStatus int
      percentage Percentage
    Delay
      exponentialDelay,fixedDelay string
      percent int
      percentage Percentage
    Fault
      abort Abort
      delay Delay
    Request
      add,set {string}
      remove [string]
    Headers
      request,response Request
    MatchItem
      authority,method,scheme,uri AllowOrigin
      gateways [string]
      headers,queryParams,withoutHeaders {AllowOrigin}
      ignoreUriCase bool
      name,sourceNamespace,statPrefix string
      port int bounds min=0
      sourceLabels {string}
    Port
      number int bounds min=0
    Mirror
      host string !
      port Port
      subset string
    Mirror2
      destination Mirror !
      percentage Percentage
    Redirect
      authority,prefixRewrite,scheme,uri string
      derivePort string in FROM_PROTOCOL_DEFAULT|FROM_REQUEST_PORT
      port,redirectCode int bounds min=0
    Retries
      attempts int
      backoff,perTryTimeout,retryOn string
      retryIgnorePreviousHosts,retryRemoteLocalities bool
    UriRegexRewrite
      match,rewrite string
    Rewrite
      authority,uri string
      uriRegexRewrite UriRegexRewrite
    RouteItem
      destination Mirror !
      headers Headers
      weight int
    HttpItem
      corsPolicy CorsPolicy
      delegate Delegate
      directResponse DirectResponse
      fault Fault
      headers Headers
      match [MatchItem]
      mirror Mirror
      mirror_percent,mirrorPercent int bounds min=0
      mirrorPercentage Percentage
      mirrors [Mirror2]
      name,timeout string
      redirect Redirect
      retries Retries
      rewrite Rewrite
      route [RouteItem]
    MatchItem2
      destinationSubnets,gateways [string]
      port int bounds min=0
      sourceLabels {string}
      sourceNamespace,sourceSubnet string
    RouteItem2
      destination Mirror !
      weight int
    VirtualServiceSpecTcpItem
      match [MatchItem2]
      route [RouteItem2]
    MatchItem3
      destinationSubnets,gateways [string]
      port int bounds min=0
      sniHosts [string] !
      sourceLabels {string}
      sourceNamespace string
    VirtualServiceSpecTl
      match [MatchItem3] !
      route [RouteItem2]
    VirtualServiceSpec
      exportTo,gateways,hosts [string]
      http [HttpItem]
      tcp [VirtualServiceSpecTcpItem]
      tls [VirtualServiceSpecTl]
    Condition
      lastProbeTime,lastTransitionTime,message,reason,status,type string
      observedGeneration port
    Type
      code,name string
    ValidationMessage
      documentationUrl string
      level string in UNKNOWN|ERROR|WARNING|INFO
      type Type
    VirtualServiceStatus
      conditions [Condition]
      observedGeneration port
      validationMessages [ValidationMessage]
    VirtualService
      apiVersion,kind string
      metadata ObjectMeta
      spec VirtualServiceSpec
      status VirtualServiceStatus
    Http2KeepAlive
      interval,timeout string
    Http
      h2UpgradePolicy string in DEFAULT|DO_NOT_UPGRADE|UPGRADE
      http1MaxPendingRequests,http2MaxRequests,maxConcurrentStreams,maxRequestsPerConnection,maxRetries int
      http2KeepAlive Http2KeepAlive
      idleTimeout string
      useClientProtocol bool
    TcpKeepalive
      interval,time string
      probes int bounds min=0
    ConnectionPoolTcp
      connectTimeout,idleTimeout,maxConnectionDuration string
      maxConnections int
      tcpKeepalive TcpKeepalive
    ConnectionPool
      http Http
      tcp ConnectionPoolTcp
    Attribute
      name string !
      value string
    HttpCookie
      attributes [Attribute]
      name string !
      path,ttl string
    Maglev
      tableSize int bounds min=0
    RingHash
      minimumRingSize int bounds min=0
    ConsistentHash
      httpCookie HttpCookie
      httpHeaderName,httpQueryParameterName string
      maglev Maglev
      minimumRingSize int bounds min=0
      ringHash RingHash
      useSourceIp bool
    DistributeItem
      from string
      to {int}
    FailoverItem
      from,to string
    LocalityLbSetting
      distribute [DistributeItem]
      enabled bool
      failover [FailoverItem]
      failoverPriority [string]
    Warmup
      aggression number bounds min=0
      duration string !
      minimumPercent number bounds min=0,max=100
    ZoneAwareLbSetting
      enabled bool
      failover [FailoverItem]
      failoverPriority [string]
      minClusterSize int bounds min=1
    LoadBalancer
      consistentHash ConsistentHash
      localityLbSetting LocalityLbSetting
      simple string in UNSPECIFIED|LEAST_CONN|RANDOM|PASSTHROUGH|ROUND_ROBIN|LEAST_REQUEST
      warmup Warmup
      warmupDurationSecs string
      zoneAwareLbSetting ZoneAwareLbSetting
    OutlierDetection
      baseEjectionTime,interval string
      consecutive5xxErrors,consecutiveGatewayErrors,consecutiveLocalOriginFailures int bounds min=0
      consecutiveErrors,maxEjectionPercent,minHealthPercent int
      outlierDetectionHttpErrorCodes [int]
      splitExternalLocalOriginErrors bool
    PortLevelSettingTls
      caCertificates,caCrl,clientCertificate,credentialName,privateKey,sni string
      insecureSkipVerify bool
      mode string in DISABLE|SIMPLE|MUTUAL|ISTIO_MUTUAL
      subjectAltNames [string]
    PortLevelSetting
      connectionPool ConnectionPool
      loadBalancer LoadBalancer
      outlierDetection OutlierDetection
      port Port
      tls PortLevelSettingTls
    ProxyProtocol
      version string in V1|V2
    RetryBudget
      budgetInterval string
      minRetryConcurrency int bounds min=0
      percent number bounds min=0,max=100
    Tunnel
      protocol string
      targetHost string !
      targetPort int bounds min=0 !
    TrafficPolicy
      connectionPool ConnectionPool
      loadBalancer LoadBalancer
      outlierDetection OutlierDetection
      portLevelSettings [PortLevelSetting]
      proxyProtocol ProxyProtocol
      retryBudget RetryBudget
      tls PortLevelSettingTls
      tunnel Tunnel
    Subset
      labels {string}
      name string !
      trafficPolicy TrafficPolicy
    WorkloadSelector
      matchLabels {string}
    DestinationRuleSpec
      exportTo [string]
      host string !
      subsets [Subset]
      trafficPolicy TrafficPolicy
      workloadSelector WorkloadSelector
    DestinationRule
      apiVersion,kind string
      metadata ObjectMeta
      spec DestinationRuleSpec
      status VirtualServiceStatus
    Mtls
      mode string in UNSET|DISABLE|PERMISSIVE|STRICT
    PeerAuthenticationSpec
      mtls Mtls
      portLevelMtls {Mtls}
      selector WorkloadSelector
    PeerAuthentication
      apiVersion,kind string
      metadata ObjectMeta
      spec PeerAuthenticationSpec
      status VirtualServiceStatus
    Provider
      name string
    Source
      ipBlocks,namespaces,notIpBlocks,notNamespaces,notPrincipals,notRemoteIpBlocks,notRequestPrincipals [string]
      notServiceAccounts,notTrustDomains,principals,remoteIpBlocks,requestPrincipals,serviceAccounts,trustDomains [string]
    FromItem
      source Source
    Operation
      hosts,methods,notHosts,notMethods,notPaths,notPorts,paths,ports [string]
    RuleToItem
      operation Operation
    WhenItem
      key string !
      notValues,values [string]
    Rule
      from [FromItem]
      to [RuleToItem]
      when [WhenItem]
    TargetRef
      group string bounds maxLength=253
      kind string bounds minLength=1,maxLength=63 !
      name string bounds minLength=1,maxLength=253 !
      namespace string
    AuthorizationPolicySpec
      action string in ALLOW|DENY|AUDIT|CUSTOM
      provider Provider
      rules [Rule]
      selector WorkloadSelector
      targetRef TargetRef
      targetRefs [TargetRef]
    AuthorizationPolicy
      apiVersion,kind string
      metadata ObjectMeta
      spec AuthorizationPolicySpec
      status VirtualServiceStatus

    """
}
