/// Types of the core group and of metadata
/// (<https://kubernetes.io/docs/reference/kubernetes-api/>; which lists are maps and which structs are written when empty is that of 1.36).
enum CoreTypes {
  static let text = """
    OwnerReference atomic
      apiVersion,kind,name,uid !string
      controller,blockOwnerDeletion ?bool
    ObjectMeta
      name,generateName,namespace,selfLink,uid,resourceVersion string
      generation int
      creationTimestamp,deletionTimestamp time
      deletionGracePeriodSeconds ?int
      labels,annotations {string}
      ownerReferences [OwnerReference by uid]
      finalizers set[string]
      managedFields [any]
    Requirement
      key,operator !string
      values [string]
    LabelSelector atomic
      matchLabels {string}
      matchExpressions [Requirement]
    ObjectReference atomic
      kind,namespace,name,uid,apiVersion,resourceVersion,fieldPath string
    LocalObjectReference atomic
      name string
    Condition
      type,status !string
      observedGeneration int
      lastTransitionTime !time
      reason,message !string
    NamespaceCondition
      type,status !string
      lastTransitionTime time
      reason,message string
    NamespaceSpec
      finalizers [string]
    NamespaceStatus
      phase string
      conditions [NamespaceCondition by type]
    Namespace
      apiVersion,kind string
      metadata !ObjectMeta
      spec !NamespaceSpec
      status !NamespaceStatus
    ConfigMap
      apiVersion,kind string
      metadata !ObjectMeta
      immutable ?bool
      data {string}
      binaryData {bytes}
    Secret
      apiVersion,kind string
      metadata !ObjectMeta
      immutable ?bool
      data {bytes}
      stringData {string}
      type string = Opaque
    ServiceAccount
      apiVersion,kind string
      metadata !ObjectMeta
      secrets [ObjectReference by name]
      imagePullSecrets [LocalObjectReference by name]
      automountServiceAccountToken ?bool
    ServicePort
      name string
      protocol string = TCP in TCP|UDP|SCTP
      appProtocol ?string
      port !int
      targetPort !port
      nodePort int
    ClientIPConfig
      timeoutSeconds ?int
    SessionAffinityConfig
      clientIP ClientIPConfig
    ServiceSpec
      ports [ServicePort by port,protocol=TCP]
      selector atomic {string}
      clusterIP string
      clusterIPs [string]
      type string = ClusterIP in ClusterIP|NodePort|LoadBalancer|ExternalName
      externalIPs [string]
      sessionAffinity string = None in None|ClientIP
      loadBalancerIP string
      loadBalancerSourceRanges [string]
      externalName string
      externalTrafficPolicy string
      healthCheckNodePort int
      publishNotReadyAddresses bool
      sessionAffinityConfig SessionAffinityConfig
      ipFamilies [string]
      ipFamilyPolicy ?string
      allocateLoadBalancerNodePorts ?bool
      loadBalancerClass,trafficDistribution ?string
      internalTrafficPolicy ?string
    PortStatus
      port !int
      protocol !string
      error ?string
    LoadBalancerIngress
      ip,hostname string
      ipMode ?string
      ports [PortStatus]
    LoadBalancerStatus
      ingress [LoadBalancerIngress]
    ServiceStatus
      loadBalancer !LoadBalancerStatus
      conditions [Condition by type]
    Service
      apiVersion,kind string
      metadata !ObjectMeta
      spec !ServiceSpec
      status !ServiceStatus
    EventSource
      component,host string
    EventSeries
      count int
      lastObservedTime micro
    Event
      apiVersion,kind string
      metadata !ObjectMeta
      involvedObject !ObjectReference
      reason,message string
      source !EventSource
      firstTimestamp,lastTimestamp !time
      count int
      type string
      eventTime !micro
      series EventSeries
      action string
      related ObjectReference
      reportingComponent,reportingInstance !string
    EndpointAddress atomic
      ip !string
      hostname string
      nodeName ?string
      targetRef ObjectReference
    EndpointPort atomic
      name string
      port !int
      protocol string
      appProtocol ?string
    EndpointSubset
      addresses,notReadyAddresses [EndpointAddress]
      ports [EndpointPort]
    Endpoints
      apiVersion,kind string
      metadata !ObjectMeta
      subsets [EndpointSubset]
    ResourceQuotaSpec
      hard {quantity}
      scopes [string]
      scopeSelector any
    ResourceQuotaStatus
      hard,used {quantity}
    ResourceQuota
      apiVersion,kind string
      metadata !ObjectMeta
      spec !ResourceQuotaSpec
      status !ResourceQuotaStatus

    """
}
