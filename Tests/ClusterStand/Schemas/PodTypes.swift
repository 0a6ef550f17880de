/// What runs: containers, volumes and pods.
enum PodTypes {
  static let text = """
    HTTPHeader
      name,value !string
    HTTPGetAction
      path string = /
      port !port
      host string
      scheme string = HTTP in HTTP|HTTPS
      httpHeaders [HTTPHeader]
    ExecAction
      command [string]
    TCPSocketAction
      port !port
      host string
    GRPCAction
      port !int
      service ?string
    SleepAction
      seconds !int
    Probe
      exec ExecAction
      httpGet HTTPGetAction
      tcpSocket TCPSocketAction
      grpc GRPCAction
      initialDelaySeconds int
      timeoutSeconds int = 1
      periodSeconds int = 10
      successThreshold int = 1
      failureThreshold int = 3
      terminationGracePeriodSeconds ?int
    LifecycleHandler
      exec ExecAction
      httpGet HTTPGetAction
      tcpSocket TCPSocketAction
      sleep SleepAction
    Lifecycle
      postStart,preStop LifecycleHandler
      stopSignal ?string
    ObjectFieldSelector atomic
      apiVersion string = v1
      fieldPath !string
    ResourceFieldSelector atomic
      containerName string
      resource !string
      divisor !quantity
    KeySelector atomic
      name string
      key !string
      optional ?bool
    FileKeySelector atomic
      volumeName,path,key !string
      optional ?bool
    EnvVarSource
      fieldRef ObjectFieldSelector
      resourceFieldRef ResourceFieldSelector
      configMapKeyRef,secretKeyRef KeySelector
      fileKeyRef FileKeySelector
    EnvVar
      name !string
      value string
      valueFrom EnvVarSource
    EnvFromReference
      name string
      optional ?bool
    EnvFromSource
      prefix string
      configMapRef,secretRef EnvFromReference
    ContainerPort
      name string
      hostPort int
      containerPort !int
      protocol string = TCP in TCP|UDP|SCTP
      hostIP string
    ResourceClaim
      name !string
      request string
    ResourceRequirements
      limits,requests {quantity}
      claims [ResourceClaim by name]
    VolumeMount
      name !string
      readOnly bool
      recursiveReadOnly ?string
      mountPath !string
      subPath string
      mountPropagation ?string
      subPathExpr string
    VolumeDevice
      name,devicePath !string
    Capabilities
      add,drop [string]
    SELinuxOptions
      user,role,type,level string
    SeccompProfile
      type !string
      localhostProfile ?string
    AppArmorProfile
      type !string
      localhostProfile ?string
    WindowsOptions
      gmsaCredentialSpecName,gmsaCredentialSpec,runAsUserName ?string
      hostProcess ?bool
    SecurityContext
      capabilities Capabilities
      privileged ?bool
      seLinuxOptions SELinuxOptions
      windowsOptions WindowsOptions
      runAsUser,runAsGroup ?int
      runAsNonRoot,readOnlyRootFilesystem,allowPrivilegeEscalation ?bool
      procMount ?string
      seccompProfile SeccompProfile
      appArmorProfile AppArmorProfile
    ContainerResizePolicy
      resourceName,restartPolicy !string
    Container
      name !string
      image string
      command,args [string]
      workingDir string
      ports [ContainerPort by containerPort,protocol=TCP]
      envFrom [EnvFromSource]
      env [EnvVar by name]
      resources !ResourceRequirements
      resizePolicy [ContainerResizePolicy]
      restartPolicy ?string
      restartPolicyRules [any]
      volumeMounts [VolumeMount by mountPath]
      volumeDevices [VolumeDevice by devicePath]
      livenessProbe,readinessProbe,startupProbe Probe
      lifecycle Lifecycle
      terminationMessagePath string = /dev/termination-log
      terminationMessagePolicy string = File in File|FallbackToLogsOnError
      imagePullPolicy string in Always|IfNotPresent|Never
      securityContext SecurityContext
      stdin,stdinOnce,tty bool
    KeyToPath
      key,path !string
      mode ?int
    ConfigMapVolumeSource
      name string
      items [KeyToPath]
      defaultMode ?int = 420
      optional ?bool
    SecretVolumeSource
      secretName string
      items [KeyToPath]
      defaultMode ?int = 420
      optional ?bool
    EmptyDirVolumeSource
      medium string
      sizeLimit quantity
    HostPathVolumeSource
      path !string
      type ?string
    ClaimVolumeSource
      claimName !string
      readOnly bool
    DownwardAPIFile
      path !string
      fieldRef ObjectFieldSelector
      resourceFieldRef ResourceFieldSelector
      mode ?int
    DownwardAPIVolumeSource
      items [DownwardAPIFile]
      defaultMode ?int = 420
    TokenProjection
      audience string
      expirationSeconds ?int = 3600
      path !string
    SecretProjection
      name string
      items [KeyToPath]
      optional ?bool
    DownwardAPIProjection
      items [DownwardAPIFile]
    ClusterTrustBundleProjection
      name,signerName ?string
      labelSelector LabelSelector
      optional ?bool
      path !string
    VolumeProjection
      secret,configMap SecretProjection
      downwardAPI DownwardAPIProjection
      serviceAccountToken TokenProjection
      clusterTrustBundle ClusterTrustBundleProjection
    ProjectedVolumeSource
      sources ![VolumeProjection]
      defaultMode ?int = 420
    CSIVolumeSource
      driver !string
      readOnly ?bool
      fsType ?string
      volumeAttributes {string}
      nodePublishSecretRef LocalObjectReference
    ImageVolumeSource
      reference,pullPolicy string
    Volume
      name !string
      hostPath HostPathVolumeSource
      emptyDir EmptyDirVolumeSource
      secret SecretVolumeSource
      configMap ConfigMapVolumeSource
      persistentVolumeClaim ClaimVolumeSource
      downwardAPI DownwardAPIVolumeSource
      projected ProjectedVolumeSource
      csi CSIVolumeSource
      image ImageVolumeSource
    Sysctl
      name,value !string
    PodSecurityContext
      seLinuxOptions SELinuxOptions
      windowsOptions WindowsOptions
      runAsUser,runAsGroup ?int
      runAsNonRoot ?bool
      supplementalGroups [int]
      supplementalGroupsPolicy ?string
      fsGroup ?int
      sysctls [Sysctl]
      fsGroupChangePolicy ?string
      seccompProfile SeccompProfile
      appArmorProfile AppArmorProfile
      seLinuxChangePolicy ?string
    NodeSelectorRequirement
      key,operator !string
      values [string]
    NodeSelectorTerm atomic
      matchExpressions,matchFields [NodeSelectorRequirement]
    NodeSelector atomic
      nodeSelectorTerms ![NodeSelectorTerm]
    PreferredSchedulingTerm
      weight !int
      preference !NodeSelectorTerm
    NodeAffinity
      requiredDuringSchedulingIgnoredDuringExecution NodeSelector
      preferredDuringSchedulingIgnoredDuringExecution [PreferredSchedulingTerm]
    PodAffinityTerm
      labelSelector LabelSelector
      namespaces [string]
      topologyKey !string
      namespaceSelector LabelSelector
      matchLabelKeys,mismatchLabelKeys [string]
    WeightedPodAffinityTerm
      weight !int
      podAffinityTerm !PodAffinityTerm
    PodAffinity
      requiredDuringSchedulingIgnoredDuringExecution [PodAffinityTerm]
      preferredDuringSchedulingIgnoredDuringExecution [WeightedPodAffinityTerm]
    Affinity
      nodeAffinity NodeAffinity
      podAffinity,podAntiAffinity PodAffinity
    Toleration
      key,operator,value,effect string
      tolerationSeconds ?int
    HostAlias
      ip !string
      hostnames [string]
    DNSOption
      name string
      value ?string
    PodDNSConfig
      nameservers,searches [string]
      options [DNSOption]
    ReadinessGate
      conditionType !string
    PodOS
      name !string
    SchedulingGate
      name !string
    TopologySpreadConstraint
      maxSkew !int
      topologyKey,whenUnsatisfiable !string
      labelSelector LabelSelector
      minDomains ?int
      nodeAffinityPolicy,nodeTaintsPolicy ?string
      matchLabelKeys [string]
    PodSpec
      volumes [Volume by name]
      initContainers,ephemeralContainers [Container by name]
      containers ![Container by name] !
      restartPolicy string = Always in Always|OnFailure|Never
      terminationGracePeriodSeconds ?int = 30
      activeDeadlineSeconds ?int
      dnsPolicy string = ClusterFirst in ClusterFirst|Default|ClusterFirstWithHostNet|None
      nodeSelector atomic {string}
      serviceAccountName,serviceAccount string
      automountServiceAccountToken ?bool
      nodeName string
      hostNetwork,hostPID,hostIPC bool
      shareProcessNamespace,setHostnameAsFQDN,hostUsers,enableServiceLinks ?bool
      securityContext PodSecurityContext = {}
      imagePullSecrets [LocalObjectReference by name]
      hostname,subdomain string
      affinity Affinity
      schedulerName string = default-scheduler
      tolerations [Toleration]
      hostAliases [HostAlias by ip]
      priorityClassName string
      priority ?int
      dnsConfig PodDNSConfig
      readinessGates [ReadinessGate]
      runtimeClassName,preemptionPolicy,hostnameOverride ?string
      overhead {quantity}
      topologySpreadConstraints [TopologySpreadConstraint by topologyKey,whenUnsatisfiable]
      os PodOS
      schedulingGates [SchedulingGate by name]
      resources ResourceRequirements
    PodTemplateSpec
      metadata !ObjectMeta
      spec !PodSpec
    PodCondition
      type,status !string
      observedGeneration int
      lastProbeTime !time
      lastTransitionTime time
      reason,message string
    ContainerStateWaiting
      reason,message string
    ContainerStateRunning
      startedAt time
    ContainerStateTerminated
      exitCode !int
      signal int
      reason,message string
      startedAt,finishedAt !time
      containerID string
    ContainerState
      waiting ContainerStateWaiting
      running ContainerStateRunning
      terminated ContainerStateTerminated
    ContainerStatus
      name !string
      state,lastState !ContainerState
      ready !bool
      restartCount !int
      image,imageID !string
      containerID string
      started ?bool
      allocatedResources {quantity}
      resources ResourceRequirements
    PodIP
      ip !string
    HostIP
      ip !string
    PodStatus
      observedGeneration int
      phase string
      conditions [PodCondition by type]
      message,reason,nominatedNodeName,hostIP string
      hostIPs [HostIP]
      podIP string
      podIPs [PodIP by ip]
      startTime time
      initContainerStatuses,containerStatuses,ephemeralContainerStatuses [ContainerStatus]
      qosClass string
    Pod
      apiVersion,kind string
      metadata !ObjectMeta
      spec !PodSpec
      status !PodStatus

    """
}
