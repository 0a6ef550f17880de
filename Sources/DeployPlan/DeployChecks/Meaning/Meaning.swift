/// What the fields of one object mean, kind by kind.
enum Meaning {
  static func run(_ findings: inout ObjectFindings, expressions: ExpressionReader) {
    NameMeaning.run(&findings)
    let manifest = findings.manifest
    if let workload = Workload(manifest) {
      WorkloadMeaning.run(workload, &findings)
      PodMeaning.run(workload, &findings)
      return
    }
    switch (manifest.group, manifest.kind) {
    case ("", "Service"): ServiceMeaning.service(&findings)
    case ("networking.k8s.io", "NetworkPolicy"): ServiceMeaning.networkPolicy(&findings)
    case ("networking.k8s.io", "Ingress"): ServiceMeaning.ingress(&findings)
    case ("autoscaling", "HorizontalPodAutoscaler"): ScalingMeaning.autoscaler(&findings)
    case ("policy", "PodDisruptionBudget"): ScalingMeaning.budget(&findings)
    case ("rbac.authorization.k8s.io", "RoleBinding"), ("rbac.authorization.k8s.io", "ClusterRoleBinding"):
      AccessMeaning.binding(&findings)
    case ("rbac.authorization.k8s.io", "Role"), ("rbac.authorization.k8s.io", "ClusterRole"):
      AccessMeaning.role(&findings)
    case ("", "ConfigMap"), ("", "Secret"): AccessMeaning.data(&findings)
    case ("", "PersistentVolumeClaim"): AccessMeaning.claim(&findings)
    case ("networking.istio.io", "VirtualService"): VirtualServiceMeaning.run(&findings)
    case ("networking.istio.io", "DestinationRule"): DestinationRuleMeaning.run(&findings)
    case ("security.istio.io", "AuthorizationPolicy"): AuthorizationMeaning.run(&findings)
    case ("monitoring.coreos.com", "ServiceMonitor"), ("monitoring.coreos.com", "PodMonitor"):
      MonitorMeaning.run(&findings)
    case ("monitoring.coreos.com", "PrometheusRule"): RuleMeaning.run(&findings, expressions)
    default: break
    }
  }
}
