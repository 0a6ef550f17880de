extension FieldTables {
  /// Fields of pods and their templates.
  /// Facts from the Kubernetes API reference (<https://kubernetes.io/docs/reference/kubernetes-api/>), 1.27 to 1.37.
  static let pods = #"""
    PodTemplateSpec: metadata ObjectMeta, spec PodSpec
    PodSpec: activeDeadlineSeconds int64, affinity Affinity, automountServiceAccountToken bool,
      containers! [Container by name], dnsConfig PodDNSConfig,
      dnsPolicy ClusterFirst|ClusterFirstWithHostNet|Default|None, enableServiceLinks bool,
      ephemeralContainers [EphemeralContainer by name], evictionResponders [EvictionResponder by name],
      hostAliases [HostAlias by ip], hostIPC bool, hostNetwork bool, hostPID bool, hostUsers bool, hostname string,
      hostnameOverride string, imagePullSecrets [LocalObjectReference by name], initContainers [Container by name],
      nodeName string, nodeSelector {string}, os PodOS, overhead {quantity}, preemptionPolicy PreemptLowerPriority|Never,
      priority int32, priorityClassName string, readinessGates [PodReadinessGate],
      resourceClaims [PodResourceClaim by name], resources ResourceRequirements, restartPolicy Always|OnFailure|Never,
      runtimeClassName string, schedulerName string, schedulingGates [PodSchedulingGate by name],
      schedulingGroup PodSchedulingGroup, securityContext PodSecurityContext, serviceAccount string,
      serviceAccountName string, setHostnameAsFQDN bool, shareProcessNamespace bool, subdomain string,
      terminationGracePeriodSeconds int64, tolerations [Toleration],
      topologySpreadConstraints [TopologySpreadConstraint by topologyKey+whenUnsatisfiable], volumes [Volume by name]
    Affinity: nodeAffinity NodeAffinity, podAffinity PodAffinity, podAntiAffinity PodAntiAffinity
    Container: args [string], command [string], env [EnvVar by name], envFrom [EnvFromSource], image string,
      imagePullPolicy Always|IfNotPresent|Never, lifecycle Lifecycle, livenessProbe Probe, name! string,
      ports [ContainerPort by containerPort+protocol], readinessProbe Probe, resizePolicy [ContainerResizePolicy],
      resources ResourceRequirements, restartPolicy Always|OnFailure|Never, restartPolicyRules [ContainerRestartRule],
      securityContext SecurityContext, startupProbe Probe, stdin bool, stdinOnce bool, terminationMessagePath string,
      terminationMessagePolicy File|FallbackToLogsOnError, tty bool, volumeDevices [VolumeDevice by devicePath],
      volumeMounts [VolumeMount by mountPath], workingDir string
    PodDNSConfig: nameservers [string], options [PodDNSConfigOption], searches [string]
    EphemeralContainer: args [string], command [string], env [EnvVar by name], envFrom [EnvFromSource], image string,
      imagePullPolicy Always|IfNotPresent|Never, lifecycle Lifecycle, livenessProbe Probe, name! string,
      ports [ContainerPort by containerPort+protocol], readinessProbe Probe, resizePolicy [ContainerResizePolicy],
      resources ResourceRequirements, restartPolicy string, restartPolicyRules [ContainerRestartRule],
      securityContext SecurityContext, startupProbe Probe, stdin bool, stdinOnce bool, targetContainerName string,
      terminationMessagePath string, terminationMessagePolicy File|FallbackToLogsOnError, tty bool,
      volumeDevices [VolumeDevice by devicePath], volumeMounts [VolumeMount by mountPath], workingDir string
    EvictionResponder: name! string, priority! int32
    HostAlias: hostnames [string], ip string
    LocalObjectReference: name string
    PodOS: name! string
    PodReadinessGate: conditionType! string
    PodResourceClaim: name! string, resourceClaimName string, resourceClaimTemplateName string, source ClaimSource
    ResourceRequirements: claims [ResourceClaim by name], limits {quantity}, requests {quantity}
    PodSchedulingGate: name! string
    PodSchedulingGroup: podGroupName string
    PodSecurityContext: appArmorProfile AppArmorProfile, fsGroup int64, fsGroupChangePolicy OnRootMismatch|Always,
      runAsGroup int64, runAsNonRoot bool, runAsUser int64, seLinuxChangePolicy string, seLinuxOptions SELinuxOptions,
      seccompProfile SeccompProfile, supplementalGroups [int64], supplementalGroupsPolicy string, sysctls [Sysctl],
      windowsOptions WindowsSecurityContextOptions
    Toleration: effect NoSchedule|PreferNoSchedule|NoExecute, key string, operator Exists|Equal|Lt|Gt,
      tolerationSeconds int64, value string
    TopologySpreadConstraint: labelSelector LabelSelector, matchLabelKeys [string], maxSkew! int32, minDomains int32,
      nodeAffinityPolicy Honor|Ignore, nodeTaintsPolicy Honor|Ignore, topologyKey! string,
      whenUnsatisfiable! DoNotSchedule|ScheduleAnyway
    NodeAffinity: preferredDuringSchedulingIgnoredDuringExecution [PreferredSchedulingTerm],
      requiredDuringSchedulingIgnoredDuringExecution NodeSelector
    PodAffinity: preferredDuringSchedulingIgnoredDuringExecution [WeightedPodAffinityTerm],
      requiredDuringSchedulingIgnoredDuringExecution [PodAffinityTerm]
    PodAntiAffinity: preferredDuringSchedulingIgnoredDuringExecution [WeightedPodAffinityTerm],
      requiredDuringSchedulingIgnoredDuringExecution [PodAffinityTerm]
    EnvVar: name! string, value string, valueFrom EnvVarSource
    EnvFromSource: configMapRef ConfigMapEnvSource, prefix string, secretRef SecretEnvSource
    Lifecycle: postStart LifecycleHandler, preStop LifecycleHandler, stopSignal string
    Probe: exec ExecAction, failureThreshold int32, grpc GRPCAction, httpGet HTTPGetAction, initialDelaySeconds int32,
      periodSeconds int32, successThreshold int32, tcpSocket TCPSocketAction, terminationGracePeriodSeconds int64,
      timeoutSeconds int32
    ContainerPort: containerPort! int32, hostIP string, hostPort int32, name string, protocol TCP|UDP|SCTP
    ContainerResizePolicy: resourceName! string, restartPolicy! string
    ContainerRestartRule: action! string, exitCodes ContainerRestartRuleOnExitCodes
    SecurityContext: allowPrivilegeEscalation bool, appArmorProfile AppArmorProfile, capabilities Capabilities,
      privileged bool, procMount Default|Unmasked, readOnlyRootFilesystem bool, runAsGroup int64, runAsNonRoot bool,
      runAsUser int64, seLinuxOptions SELinuxOptions, seccompProfile SeccompProfile,
      windowsOptions WindowsSecurityContextOptions
    VolumeDevice: devicePath! string, name! string
    VolumeMount: bindMountOptions [string set], mountPath! string, mountPropagation None|HostToContainer|Bidirectional,
      name! string, readOnly bool, recursiveReadOnly string, subPath string, subPathExpr string
    PodDNSConfigOption: name string, value string
    ClaimSource: resourceClaimName string, resourceClaimTemplateName string
    ResourceClaim: name! string, request string
    AppArmorProfile: localhostProfile string, type! RuntimeDefault|Unconfined|Localhost
    SELinuxOptions: level string, role string, type string, user string
    SeccompProfile: localhostProfile string, type! RuntimeDefault|Unconfined|Localhost
    Sysctl: name! string, value! string
    WindowsSecurityContextOptions: gmsaCredentialSpec string, gmsaCredentialSpecName string, hostProcess bool,
      runAsUserName string
    PreferredSchedulingTerm: preference! NodeSelectorTerm, weight! int32
    NodeSelector: nodeSelectorTerms! [NodeSelectorTerm]
    WeightedPodAffinityTerm: podAffinityTerm! PodAffinityTerm, weight! int32
    PodAffinityTerm: labelSelector LabelSelector, matchLabelKeys [string], mismatchLabelKeys [string],
      namespaceSelector LabelSelector, namespaces [string], topologyKey! string
    EnvVarSource: configMapKeyRef ConfigMapKeySelector, fieldRef ObjectFieldSelector, fileKeyRef FileKeySelector,
      resourceFieldRef ResourceFieldSelector, secretKeyRef SecretKeySelector
    ConfigMapEnvSource: name string, optional bool
    SecretEnvSource: name string, optional bool
    LifecycleHandler: exec ExecAction, httpGet HTTPGetAction, sleep SleepAction, tcpSocket TCPSocketAction
    ExecAction: command [string]
    GRPCAction: mode string, port! int32, service string
    HTTPGetAction: host string, httpHeaders [HTTPHeader], path string, port! intOrString, protocol string,
      scheme HTTP|HTTPS
    TCPSocketAction: host string, port! intOrString
    ContainerRestartRuleOnExitCodes: operator! string, values [int32 set]
    Capabilities: add [string], drop [string]
    NodeSelectorTerm: matchExpressions [NodeSelectorRequirement], matchFields [NodeSelectorRequirement]
    ConfigMapKeySelector: key! string, name string, optional bool
    ObjectFieldSelector: apiVersion string, fieldPath! string
    FileKeySelector: key! string, optional bool, path! string, volumeName! string
    ResourceFieldSelector: containerName string, divisor quantity, resource! string
    SecretKeySelector: key! string, name string, optional bool
    SleepAction: seconds! int64
    HTTPHeader: name! string, value! string
    NodeSelectorRequirement: key! string, operator! In|NotIn|Exists|DoesNotExist|Gt|Lt, values [string]
    """#
}
