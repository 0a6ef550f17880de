extension FieldTables {
  /// Fields of the named groups (`apps`, `batch`, `autoscaling`, …).
  /// Facts from the Kubernetes API reference (<https://kubernetes.io/docs/reference/kubernetes-api/>), 1.27 to 1.37.
  static let groups = #"""
    DeploymentSpec: minReadySeconds int32, paused bool, progressDeadlineSeconds int32, replicas int32,
      revisionHistoryLimit int32, selector! LabelSelector, strategy DeploymentStrategy, template! PodTemplateSpec
    DeploymentStrategy: rollingUpdate RollingUpdateDeployment, type Recreate|RollingUpdate
    RollingUpdateDeployment: maxSurge intOrString, maxUnavailable intOrString
    StatefulSetSpec: minReadySeconds int32, ordinals StatefulSetOrdinals,
      persistentVolumeClaimRetentionPolicy StatefulSetPersistentVolumeClaimRetentionPolicy,
      podManagementPolicy OrderedReady|Parallel, replicas int32, revisionHistoryLimit int32, selector! LabelSelector,
      serviceName string, template! PodTemplateSpec, updateStrategy StatefulSetUpdateStrategy,
      volumeClaimTemplates [PersistentVolumeClaim]
    StatefulSetOrdinals: start int32
    StatefulSetPersistentVolumeClaimRetentionPolicy: whenDeleted Retain|Delete, whenScaled Retain|Delete
    StatefulSetUpdateStrategy: rollingUpdate RollingUpdateStatefulSetStrategy, type RollingUpdate|OnDelete
    PersistentVolumeClaim: metadata ObjectMeta, spec PersistentVolumeClaimSpec, status any
    RollingUpdateStatefulSetStrategy: maxUnavailable intOrString, partition int32
    DaemonSetSpec: minReadySeconds int32, revisionHistoryLimit int32, selector! LabelSelector, template! PodTemplateSpec,
      updateStrategy DaemonSetUpdateStrategy
    DaemonSetUpdateStrategy: rollingUpdate RollingUpdateDaemonSet, type RollingUpdate|OnDelete
    RollingUpdateDaemonSet: maxSurge intOrString, maxUnavailable intOrString
    ReplicaSetSpec: minReadySeconds int32, replicas int32, selector! LabelSelector, template PodTemplateSpec
    JobSpec: activeDeadlineSeconds int64, backoffLimit int32, backoffLimitPerIndex int32,
      completionMode NonIndexed|Indexed, completions int32, managedBy string, manualSelector bool, maxFailedIndexes int32,
      parallelism int32, podFailurePolicy PodFailurePolicy, podReplacementPolicy TerminatingOrFailed|Failed,
      scheduling JobSchedulingConfiguration, selector LabelSelector, successPolicy SuccessPolicy, suspend bool,
      template! PodTemplateSpec, ttlSecondsAfterFinished int32
    PodFailurePolicy: rules! [PodFailurePolicyRule]
    JobSchedulingConfiguration: disruptionMode WorkloadPodGroupDisruptionMode,
      resourceClaims [WorkloadPodGroupResourceClaim by name], schedulingConstraints WorkloadPodGroupSchedulingConstraints,
      schedulingPolicy WorkloadPodGroupSchedulingPolicy
    SuccessPolicy: rules! [SuccessPolicyRule]
    PodFailurePolicyRule: action! FailJob|Ignore|Count|FailIndex, onExitCodes PodFailurePolicyOnExitCodesRequirement,
      onPodConditions [PodFailurePolicyOnPodConditionsPattern]
    WorkloadPodGroupDisruptionMode: all WorkloadPodGroupAllDisruptionMode, single WorkloadPodGroupSingleDisruptionMode
    WorkloadPodGroupResourceClaim: name! string, resourceClaimName string, resourceClaimTemplateName string
    WorkloadPodGroupSchedulingConstraints: topology [TopologyConstraint]
    WorkloadPodGroupSchedulingPolicy: basic WorkloadPodGroupBasicSchedulingPolicy,
      gang WorkloadPodGroupGangSchedulingPolicy
    SuccessPolicyRule: succeededCount int32, succeededIndexes string
    PodFailurePolicyOnExitCodesRequirement: containerName string, operator! string, values! [int32 set]
    PodFailurePolicyOnPodConditionsPattern: status string, type! string
    WorkloadPodGroupAllDisruptionMode:
    WorkloadPodGroupSingleDisruptionMode:
    TopologyConstraint: key! string
    WorkloadPodGroupBasicSchedulingPolicy:
    WorkloadPodGroupGangSchedulingPolicy: minCount int32
    CronJobSpec: concurrencyPolicy Allow|Forbid|Replace, failedJobsHistoryLimit int32, jobTemplate! JobTemplateSpec,
      schedule! string, startingDeadlineSeconds int64, successfulJobsHistoryLimit int32, suspend bool, timeZone string
    JobTemplateSpec: metadata ObjectMeta, spec JobSpec
    AutoscalerSpec: behavior HorizontalPodAutoscalerBehavior, maxReplicas! int32, metrics [MetricSpec], minReplicas int32,
      scaleTargetRef! CrossVersionObjectReference
    HorizontalPodAutoscalerBehavior: scaleDown HPAScalingRules, scaleUp HPAScalingRules
    MetricSpec: containerResource ContainerResourceMetricSource, external ExternalMetricSource, object ObjectMetricSource,
      pods PodsMetricSource, resource ResourceMetricSource, type! Resource|ContainerResource|Pods|Object|External
    CrossVersionObjectReference: apiVersion string, kind! string, name! string
    HPAScalingRules: policies [HPAScalingPolicy], selectPolicy Max|Min|Disabled, stabilizationWindowSeconds int32,
      tolerance quantity
    ContainerResourceMetricSource: container! string, name! string, target! MetricTarget
    ExternalMetricSource: metric! MetricIdentifier, target! MetricTarget
    ObjectMetricSource: describedObject! CrossVersionObjectReference, metric! MetricIdentifier, target! MetricTarget
    PodsMetricSource: metric! MetricIdentifier, target! MetricTarget
    ResourceMetricSource: name! string, target! MetricTarget
    HPAScalingPolicy: periodSeconds! int32, type! Pods|Percent, value! int32
    MetricTarget: averageUtilization int32, averageValue quantity, type! Utilization|Value|AverageValue, value quantity
    MetricIdentifier: name! string, selector LabelSelector
    HorizontalPodAutoscalerSpecV1: maxReplicas! int32, minReplicas int32,
      scaleTargetRef! AutoscalingCrossVersionObjectReference, targetCPUUtilizationPercentage int32
    AutoscalingCrossVersionObjectReference: apiVersion string, kind! string, name! string
    PodDisruptionBudgetSpec: maxUnavailable intOrString, minAvailable intOrString, selector LabelSelector,
      unhealthyPodEvictionPolicy IfHealthyBudget|AlwaysAllow
    NetworkPolicySpec: egress [NetworkPolicyEgressRule], ingress [NetworkPolicyIngressRule], podSelector LabelSelector,
      policyTypes [Ingress|Egress]
    NetworkPolicyEgressRule: ports [NetworkPolicyPort], to [NetworkPolicyPeer]
    NetworkPolicyIngressRule: from [NetworkPolicyPeer], ports [NetworkPolicyPort]
    NetworkPolicyPort: endPort int32, port intOrString, protocol TCP|UDP|SCTP
    NetworkPolicyPeer: ipBlock IPBlock, namespaceSelector LabelSelector, podSelector LabelSelector
    IPBlock: cidr! string, except [string]
    IngressSpec: defaultBackend IngressBackend, ingressClassName string, rules [IngressRule], tls [IngressTLS]
    IngressBackend: resource TypedLocalObjectReference, service IngressServiceBackend
    IngressRule: host string, http HTTPIngressRuleValue
    IngressTLS: hosts [string], secretName string
    IngressServiceBackend: name! string, port ServiceBackendPort
    HTTPIngressRuleValue: paths! [HTTPIngressPath]
    ServiceBackendPort: name string, number int32
    HTTPIngressPath: backend! IngressBackend, path string, pathType! Exact|Prefix|ImplementationSpecific
    IngressClassSpec: controller string, parameters IngressClassParametersReference
    IngressClassParametersReference: apiGroup string, kind! string, name! string, namespace string, scope string
    PolicyRule: apiGroups [string], nonResourceURLs [string], resourceNames [string], resources [string], verbs! [string]
    RoleRef: apiGroup string, kind! string, name! string
    Subject: apiGroup string, kind! string, name! string, namespace string
    AggregationRule: clusterRoleSelectors [LabelSelector]
    TopologySelectorTerm: matchLabelExpressions [TopologySelectorLabelRequirement]
    TopologySelectorLabelRequirement: key! string, values! [string]
    LeaseSpec: acquireTime time, holderIdentity string, leaseDurationSeconds int32, leaseTransitions int32,
      preferredHolder string, renewTime time, strategy string
    Endpoint: addresses! [string set], conditions EndpointConditions, deprecatedTopology {string}, hints EndpointHints,
      hostname string, nodeName string, targetRef ObjectReference, zone string
    DiscoveryEndpointPort: appProtocol string, name string, port int32, protocol TCP|UDP|SCTP
    EndpointConditions: ready bool, serving bool, terminating bool
    EndpointHints: forNodes [ForNode], forZones [ForZone]
    ForNode: name! string
    ForZone: name! string
    """#
}
