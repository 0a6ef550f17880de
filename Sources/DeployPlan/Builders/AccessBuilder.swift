import FleetModel

/// Who the agents are for the API server, and what they may do there: nothing.
///
/// An agent has no business with the API server, and an agent that a prompt has turned against its owner would find there
/// whatever its account may read. So no token is mounted, and the account's Role is empty. It is there all the same: what is
/// allowed is then seen in one place, and a right that somebody adds by hand is seen as a difference.
enum AccessBuilder {
  static func serviceAccount(of system: FleetSystem) -> Kubernetes.ServiceAccount {
    Kubernetes.ServiceAccount(
      metadata: FleetObjects.metadata(FleetObjects.serviceAccount, of: system, component: "access"),
      automountServiceAccountToken: false)
  }

  static func role(of system: FleetSystem) -> Kubernetes.Role {
    Kubernetes.Role(metadata: FleetObjects.metadata(FleetObjects.role, of: system, component: "access"), rules: [])
  }

  static func roleBinding(of system: FleetSystem) -> Kubernetes.RoleBinding {
    Kubernetes.RoleBinding(
      metadata: FleetObjects.metadata(FleetObjects.role, of: system, component: "access"), role: FleetObjects.role,
      serviceAccounts: [.init(name: FleetObjects.serviceAccount, namespace: system.namespace)])
  }
}
