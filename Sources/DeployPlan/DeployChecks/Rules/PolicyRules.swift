import FleetModel

extension CheckRule {
  /// Warnings all of them: what is unwise still works, and may be meant.
  static let policy = [
    noLimit, noRequest, noReadinessProbe, noLivenessProbe, privileged, mayBeRoot, hostNamespace, hostPath,
    addedCapability, writableRoot, floatingImage, noBudget, oneReplica, noSpread, escalation, plainSecret, exposed,
    wildcardRole, defaultAccount, noNamespace, noSeccomp,
  ]

  private static func unwise(_ id: ID, _ title: String, _ reason: String, _ mend: String) -> CheckRule {
    CheckRule(id, .warning, title, reason: reason, mend: mend, isWaivable: true)
  }

  static let noLimit = unwise(
    "SKEP-P001", "no memory limit", "one container that leaks takes its neighbours with it",
    "give resources.limits.memory")
  static let noRequest = unwise(
    "SKEP-P002", "no request", "the scheduler packs the pod as if it needed nothing", "give resources.requests")
  static let noReadinessProbe = unwise(
    "SKEP-P003", "no readiness probe", "requests are sent before it can answer, and while it cannot",
    "give readinessProbe")
  static let noLivenessProbe = unwise(
    "SKEP-P004", "no liveness probe", "a process that hangs is never restarted", "give livenessProbe")
  static let privileged = unwise(
    "SKEP-P005", "a privileged container", "whoever gets into it has the node", "remove privileged")
  static let mayBeRoot = unwise(
    "SKEP-P006", "a container that may run as root", "root inside is root for every flaw of the kernel",
    "set runAsNonRoot: true")
  static let hostNamespace = unwise(
    "SKEP-P007", "the node's namespaces", "it sees and reaches what is the node's", "remove it")
  static let hostPath = unwise(
    "SKEP-P008", "a path of the node", "it reads or writes what is the node's", "use another kind of volume")
  static let addedCapability = unwise(
    "SKEP-P009", "an added capability", "it is a part of root", "remove it, and drop ALL")
  static let writableRoot = unwise(
    "SKEP-P010", "a writable root file system", "what gets in can change the program",
    "set readOnlyRootFilesystem: true and mount an emptyDir; in a system file, read_only_root: true of the agent")
  static let floatingImage = unwise(
    "SKEP-P011", "an image without a fixed tag", "what runs changes without a roll-out, and cannot be rolled back",
    "give a version's tag, or a digest")
  static let noBudget = unwise(
    "SKEP-P012", "replicas without a disruption budget", "draining nodes may take all of them at once",
    "add a PodDisruptionBudget")
  static let oneReplica = unwise(
    "SKEP-P013", "one replica", "it is away whenever its node is", "run two at least")
  static let noSpread = unwise(
    "SKEP-P014", "replicas that are not spread", "one node may take all of them with it",
    "give topologySpreadConstraints")
  static let escalation = unwise(
    "SKEP-P015", "privilege escalation", "a setuid program may make it root", "set allowPrivilegeEscalation: false")
  static let plainSecret = unwise(
    "SKEP-P016", "a secret in plain text", "whoever may read the workload may read it",
    "take it from a Secret by valueFrom")
  static let exposed = unwise(
    "SKEP-P017", "a Service open to the outside", "an agent's port is then the world's",
    "use ClusterIP behind an ingress")
  static let wildcardRole = unwise(
    "SKEP-P018", "a role that allows everything of a kind",
    "it grows with everything that is ever added to the cluster", "name what is needed")
  static let defaultAccount = unwise(
    "SKEP-P019", "the default service account", "whatever is granted to it is granted to every pod of the namespace",
    "give serviceAccountName, or automountServiceAccountToken: false")
  static let noNamespace = unwise(
    "SKEP-P020", "no namespace", "where it goes is up to whoever applies it", "give metadata.namespace")
  static let noSeccomp = unwise(
    "SKEP-P021", "no seccomp profile", "every call of the kernel is open to it",
    "set seccompProfile.type: RuntimeDefault")
}
