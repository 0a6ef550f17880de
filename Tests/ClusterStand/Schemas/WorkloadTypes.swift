/// Workloads, scaling, policies, networks, access and leases: every group besides the core one that Skep renders or reads.
enum WorkloadTypes {
  static let text = """
    RollingUpdateDeployment
      maxUnavailable,maxSurge ?port
    DeploymentStrategy
      type string in Recreate|RollingUpdate
      rollingUpdate RollingUpdateDeployment
    DeploymentCondition
      type,status !string
      lastUpdateTime,lastTransitionTime time
      reason,message string
    DeploymentSpec
      replicas ?int = 1
      selector !LabelSelector !
      template !PodTemplateSpec
      strategy !DeploymentStrategy
      minReadySeconds int
      revisionHistoryLimit ?int = 10
      paused bool
      progressDeadlineSeconds ?int = 600
    DeploymentStatus
      observedGeneration,replicas,updatedReplicas,readyReplicas,availableReplicas,unavailableReplicas int
      terminatingReplicas ?int
      conditions [DeploymentCondition by type]
      collisionCount ?int
    Deployment
      apiVersion,kind string
      metadata !ObjectMeta
      spec !DeploymentSpec
      status !DeploymentStatus
    ReplicaSetCondition
      type,status !string
      lastTransitionTime time
      reason,message string
    ReplicaSetSpec
      replicas ?int = 1
      minReadySeconds int
      selector !LabelSelector !
      template !PodTemplateSpec
    ReplicaSetStatus
      replicas !int
      fullyLabeledReplicas,readyReplicas,availableReplicas int
      terminatingReplicas ?int
      observedGeneration int
      conditions [ReplicaSetCondition by type]
    ReplicaSet
      apiVersion,kind string
      metadata !ObjectMeta
      spec !ReplicaSetSpec
      status !ReplicaSetStatus
    ClaimCondition
      type,status !string
      lastProbeTime,lastTransitionTime time
      reason,message string
    TypedLocalReference atomic
      apiGroup ?string
      kind,name !string
    TypedReference
      apiGroup ?string
      kind,name !string
      namespace ?string
    ClaimSpec
      accessModes [string]
      selector LabelSelector
      resources !ResourceRequirements
      volumeName string
      storageClassName ?string
      volumeMode ?string = Filesystem
      dataSource TypedLocalReference
      dataSourceRef TypedReference
      volumeAttributesClassName ?string
    ClaimStatus
      phase string
      accessModes [string]
      capacity {quantity}
      conditions [ClaimCondition by type]
    PersistentVolumeClaim
      apiVersion,kind string
      metadata !ObjectMeta
      spec !ClaimSpec
      status !ClaimStatus
    RollingUpdateStatefulSet
      partition ?int
      maxUnavailable ?port
    StatefulSetStrategy
      type string = RollingUpdate in RollingUpdate|OnDelete
      rollingUpdate RollingUpdateStatefulSet
    ClaimRetention
      whenDeleted,whenScaled string = Retain in Retain|Delete
    Ordinals
      start !int
    StatefulSetCondition
      type,status !string
      lastTransitionTime time
      reason,message string
    StatefulSetSpec
      replicas ?int = 1
      selector !LabelSelector !
      template !PodTemplateSpec
      volumeClaimTemplates [PersistentVolumeClaim]
      serviceName !string
      podManagementPolicy string = OrderedReady in OrderedReady|Parallel
      updateStrategy !StatefulSetStrategy = {}
      revisionHistoryLimit ?int = 10
      minReadySeconds int
      persistentVolumeClaimRetentionPolicy ClaimRetention = {}
      ordinals Ordinals
    StatefulSetStatus
      observedGeneration int
      replicas !int
      readyReplicas,currentReplicas,updatedReplicas int
      currentRevision,updateRevision string
      collisionCount ?int
      conditions [StatefulSetCondition by type]
      availableReplicas !int
    StatefulSet
      apiVersion,kind string
      metadata !ObjectMeta
      spec !StatefulSetSpec
      status !StatefulSetStatus
    CrossVersionObjectReference atomic
      kind,name !string
      apiVersion string
    MetricTarget
      type !string
      value,averageValue quantity
      averageUtilization ?int
    MetricIdentifier
      name !string
      selector LabelSelector
    ResourceMetricSource
      name !string
      target !MetricTarget
    PodsMetricSource
      metric !MetricIdentifier
      target !MetricTarget
    ObjectMetricSource
      describedObject !CrossVersionObjectReference
      target !MetricTarget
      metric !MetricIdentifier
    ContainerMetricSource
      name !string
      target !MetricTarget
      container !string
    MetricSpec
      type !string
      object ObjectMetricSource
      pods,external PodsMetricSource
      resource ResourceMetricSource
      containerResource ContainerMetricSource
    ScalingPolicy
      type !string
      value,periodSeconds !int
    ScalingRules
      stabilizationWindowSeconds ?int
      selectPolicy ?string
      policies [ScalingPolicy]
      tolerance quantity
    ScalingBehavior
      scaleUp,scaleDown ScalingRules
    ScaleTarget
      kind,name !string
      apiVersion string
    AutoscalerSpec
      scaleTargetRef !ScaleTarget
      minReplicas ?int = 1
      maxReplicas !int
      metrics [MetricSpec]
      behavior ScalingBehavior
    AutoscalerCondition
      type,status !string
      lastTransitionTime time
      reason,message string
    AutoscalerStatus
      observedGeneration ?int
      lastScaleTime time
      currentReplicas int
      desiredReplicas !int
      currentMetrics ![any]
      conditions [AutoscalerCondition by type]
    HorizontalPodAutoscaler
      apiVersion,kind string
      metadata !ObjectMeta
      spec !AutoscalerSpec
      status !AutoscalerStatus
    DisruptionBudgetSpec
      minAvailable ?port
      selector LabelSelector
      maxUnavailable ?port
      unhealthyPodEvictionPolicy ?string
    DisruptionBudgetStatus
      observedGeneration int
      disruptedPods {time}
      disruptionsAllowed,currentHealthy,desiredHealthy,expectedPods !int
      conditions [Condition by type]
    PodDisruptionBudget
      apiVersion,kind string
      metadata !ObjectMeta
      spec !DisruptionBudgetSpec
      status !DisruptionBudgetStatus
    NetworkPolicyPort
      protocol ?string = TCP
      port ?port
      endPort ?int
    IPBlock
      cidr !string
      except [string]
    NetworkPolicyPeer
      podSelector,namespaceSelector LabelSelector
      ipBlock IPBlock
    NetworkPolicyIngressRule
      ports [NetworkPolicyPort]
      from [NetworkPolicyPeer]
    NetworkPolicyEgressRule
      ports [NetworkPolicyPort]
      to [NetworkPolicyPeer]
    NetworkPolicySpec
      podSelector !LabelSelector
      ingress [NetworkPolicyIngressRule]
      egress [NetworkPolicyEgressRule]
      policyTypes [string]
    NetworkPolicy
      apiVersion,kind string
      metadata !ObjectMeta
      spec !NetworkPolicySpec
    PolicyRule
      verbs ![string]
      apiGroups,resources,resourceNames,nonResourceURLs [string]
    Role
      apiVersion,kind string
      metadata !ObjectMeta
      rules ![PolicyRule]
    Subject atomic
      kind !string
      apiGroup string
      name !string
      namespace string
    RoleRef atomic
      apiGroup,kind,name !string
    RoleBinding
      apiVersion,kind string
      metadata !ObjectMeta
      subjects [Subject]
      roleRef !RoleRef
    AggregationRule
      clusterRoleSelectors [LabelSelector]
    ClusterRole
      apiVersion,kind string
      metadata !ObjectMeta
      rules ![PolicyRule]
      aggregationRule AggregationRule
    LeaseSpec
      holderIdentity ?string
      leaseDurationSeconds ?int
      acquireTime,renewTime micro
      leaseTransitions ?int
      strategy,preferredHolder ?string
    Lease
      apiVersion,kind string
      metadata !ObjectMeta
      spec !LeaseSpec
    EndpointConditions
      ready,serving,terminating ?bool
    Endpoint
      addresses ![string]
      conditions !EndpointConditions
      hostname,nodeName,zone ?string
      targetRef ObjectReference
      deprecatedTopology {string}
      hints any
    EndpointSlicePort
      name ?string
      protocol ?string
      port ?int
      appProtocol ?string
    EndpointSlice
      apiVersion,kind string
      metadata !ObjectMeta
      addressType !string
      endpoints ![Endpoint]
      ports ![EndpointSlicePort]

    """
}
