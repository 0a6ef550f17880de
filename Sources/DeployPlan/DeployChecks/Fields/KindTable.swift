extension FieldTables {
  /// What each kind has beside `apiVersion`, `kind` and `metadata`.
  /// Facts from the Kubernetes API reference (<https://kubernetes.io/docs/reference/kubernetes-api/>), 1.27 to 1.37,
  /// from istio/api (`kubernetes/customresourcedefinitions.gen.yaml`, 1.31) and prometheus-operator (0.93).
  static let kinds = #"""
    kind cluster v1 Namespace: spec NamespaceSpec, status any
    kind v1 Pod: spec PodSpec, status any
    kind v1 Service: spec ServiceSpec, status any
    kind v1 ConfigMap: binaryData {base64}, data {string}, immutable bool
    kind v1 Secret: data {base64}, immutable bool, stringData {string}, type string
    kind v1 ServiceAccount: automountServiceAccountToken bool, imagePullSecrets [LocalObjectReference],
      secrets [ObjectReference by name]
    kind v1 PersistentVolumeClaim: spec PersistentVolumeClaimSpec, status any
    kind cluster v1 PersistentVolume: spec PersistentVolumeSpec, status any
    kind v1 ResourceQuota: spec ResourceQuotaSpec, status any
    kind v1 LimitRange: spec LimitRangeSpec
    kind v1 Endpoints: subsets [EndpointSubset]
    kind v1 PodTemplate: template PodTemplateSpec
    kind v1 ReplicationController: spec ReplicationControllerSpec, status any
    kind apps/v1 Deployment: spec DeploymentSpec, status any
    kind apps/v1 StatefulSet: spec StatefulSetSpec, status any
    kind apps/v1 DaemonSet: spec DaemonSetSpec, status any
    kind apps/v1 ReplicaSet: spec ReplicaSetSpec, status any
    kind batch/v1 Job: spec JobSpec, status any
    kind batch/v1 CronJob: spec CronJobSpec, status any
    kind autoscaling/v2 HorizontalPodAutoscaler: spec AutoscalerSpec, status any
    kind autoscaling/v1 HorizontalPodAutoscaler: spec HorizontalPodAutoscalerSpecV1, status any
    kind policy/v1 PodDisruptionBudget: spec PodDisruptionBudgetSpec, status any
    kind networking.k8s.io/v1 NetworkPolicy: spec NetworkPolicySpec, status any
    kind networking.k8s.io/v1 Ingress: spec IngressSpec, status any
    kind cluster networking.k8s.io/v1 IngressClass: spec IngressClassSpec
    kind rbac.authorization.k8s.io/v1 Role: rules [PolicyRule]
    kind rbac.authorization.k8s.io/v1 RoleBinding: roleRef! RoleRef, subjects [Subject]
    kind cluster rbac.authorization.k8s.io/v1 ClusterRole: aggregationRule AggregationRule, rules [PolicyRule]
    kind cluster rbac.authorization.k8s.io/v1 ClusterRoleBinding: roleRef! RoleRef, subjects [Subject]
    kind cluster scheduling.k8s.io/v1 PriorityClass: description string, globalDefault bool,
      preemptionPolicy PreemptLowerPriority|Never, value int32
    kind cluster storage.k8s.io/v1 StorageClass: allowVolumeExpansion bool, allowedTopologies [TopologySelectorTerm],
      mountOptions [string], parameters {string}, provisioner! string, reclaimPolicy Retain|Delete,
      volumeBindingMode Immediate|WaitForFirstConsumer
    kind coordination.k8s.io/v1 Lease: spec LeaseSpec
    kind discovery.k8s.io/v1 EndpointSlice: addressType! IPv4|IPv6|FQDN, endpoints [Endpoint],
      ports [DiscoveryEndpointPort]
    kind networking.istio.io/v1,v1beta1,v1alpha3 VirtualService: spec VirtualServiceSpec, status any
    kind networking.istio.io/v1,v1beta1,v1alpha3 DestinationRule: spec DestinationRuleSpec, status any
    kind security.istio.io/v1,v1beta1 PeerAuthentication: spec PeerAuthenticationSpec, status any
    kind security.istio.io/v1,v1beta1 AuthorizationPolicy: spec AuthorizationPolicySpec, status any
    kind monitoring.coreos.com/v1 ServiceMonitor: spec! MonitorSpec, status any
    kind monitoring.coreos.com/v1 PodMonitor: spec! PodMonitorSpec, status any
    kind monitoring.coreos.com/v1 PrometheusRule: spec! PrometheusRuleSpec, status any
    """#
}
