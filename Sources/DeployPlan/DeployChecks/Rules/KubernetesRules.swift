import FleetModel

extension CheckRule {
  static let kubernetes = [
    badName, badLabel, namespaceOfClusterWide, deadSelector, badExpression, badPort, badPortName, repeatedPortName,
    requestAboveLimit, negative, badProbe, noContainer, badImage, badEnvironment, badVolume, badRestartPolicy,
    contradiction, badStrategy, badShare, badSchedule, badService, badNetworkPolicy, badIngress, badScaling, badBudget,
    wideBudget, deadSpread, badBinding, badRole, badData, badClaim, repeatedObject, generatedName,
  ]

  /// What the API server's validation refuses, behind the schema.
  private static func refused(_ id: ID, _ title: String, _ reason: String, _ mend: String) -> CheckRule {
    CheckRule(id, .error, title, reason: reason, mend: mend, isWaivable: false)
  }

  static let badName = refused(
    "SKEP-K001", "a name that Kubernetes does not take",
    "names become parts of DNS names and paths: the API server refuses others",
    "use lower-case letters, digits and \"-\"")
  static let badLabel = refused(
    "SKEP-K002", "a label or annotation that Kubernetes does not take", "the API server refuses the object",
    "use at most 63 letters, digits, \"-\", \"_\" and \".\"")
  static let namespaceOfClusterWide = CheckRule(
    "SKEP-K003", .warning, "a namespace on what belongs to the cluster",
    reason: "it is passed over, so two objects that look apart may be one", mend: "remove metadata.namespace",
    isWaivable: true)
  static let deadSelector = refused(
    "SKEP-K004", "a workload that does not select its own pods",
    "the API server refuses it: it would make pods without end",
    "make selector and template agree")
  static let badExpression = refused(
    "SKEP-K005", "an expression of a selector that cannot be", "the API server or the controller refuses it",
    "give values to In and NotIn alone")
  static let badPort = refused(
    "SKEP-K006", "a port out of range", "the API server refuses it", "write a port from 1 to 65535")
  static let badPortName = refused(
    "SKEP-K007", "a name that no port can have",
    "ports of containers are named as RFC 6335 has it, with 15 characters at most",
    "use at most 15 lower-case letters, digits and single \"-\"")
  static let repeatedPortName = refused(
    "SKEP-K008", "two ports of one name", "what names a port could mean either", "give each its own name")
  static let requestAboveLimit = refused(
    "SKEP-K009", "a request above its limit", "the API server refuses the pod", "raise the limit, or request less")
  static let negative = refused(
    "SKEP-K010", "a number below its least", "the API server refuses it", "write a positive number")
  static let badProbe = refused(
    "SKEP-K011", "a probe that cannot succeed",
    "the pod is refused, or never becomes ready, or is restarted without end",
    "give one handler with a port of the container")
  static let noContainer = refused(
    "SKEP-K012", "a pod without a container", "the API server refuses it", "give one")
  static let badImage = refused(
    "SKEP-K013", "an image that cannot be pulled by its name", "the kubelet refuses it (InvalidImageName)",
    "write REGISTRY/NAME:TAG")
  static let badEnvironment = refused(
    "SKEP-K014", "a variable that comes from nothing, or from two things", "the API server refuses the pod",
    "give a value or one source")
  static let badVolume = refused(
    "SKEP-K015", "a mount without its volume, or a volume of two kinds", "the API server refuses the pod",
    "name a volume of the pod")
  static let badRestartPolicy = refused(
    "SKEP-K016", "a restart policy that the kind does not have", "the API server refuses it",
    "write the policy of the kind")
  static let contradiction = refused(
    "SKEP-K017", "security settings that contradict each other", "the pod is refused, or its container never starts",
    "keep one of the two")
  static let badStrategy = refused(
    "SKEP-K018", "a roll-out that cannot move", "the API server refuses it", "let pods be added or taken away")
  static let badShare = refused(
    "SKEP-K019", "a share that is none", "the API server refuses a text that is no percentage",
    "write one such as 25%, or a number")
  static let badSchedule = refused(
    "SKEP-K020", "a schedule that does not parse", "the API server refuses it",
    "write five fields: minute, hour, day, month, weekday")
  static let badService = refused(
    "SKEP-K021", "a Service that its type does not allow", "the API server refuses it", "give what the type needs")
  static let badNetworkPolicy = refused(
    "SKEP-K022", "a network policy that says what cannot be", "the API server refuses it", "write one kind of peer")
  static let badIngress = refused(
    "SKEP-K023", "an Ingress that says what cannot be", "the API server refuses it",
    "give one backend and an absolute path")
  static let badScaling = refused(
    "SKEP-K024", "an autoscaler that cannot scale", "the API server refuses it",
    "give bounds in order and a full target")
  static let badBudget = refused(
    "SKEP-K025", "a disruption budget that says two things", "the API server refuses it", "keep one of them")
  static let wideBudget = CheckRule(
    "SKEP-K026", .warning, "a disruption budget without a selector",
    reason: "an empty selector takes every pod of the namespace, an absent one none", mend: "give selector",
    isWaivable: true)
  static let deadSpread = CheckRule(
    "SKEP-K027", .warning, "a spread over other pods",
    reason: "the constraint counts pods that its selector takes; where they are not its own, nothing is spread",
    mend: "select the template's labels", isWaivable: true)
  static let badBinding = refused(
    "SKEP-K028", "a binding that cannot be", "the API server refuses it", "give a role and subjects that can have it")
  static let badRole = refused(
    "SKEP-K029", "a rule of a role that allows nothing", "the API server refuses it",
    "give apiGroups, resources and verbs")
  static let badData = refused(
    "SKEP-K030", "data that a ConfigMap or Secret cannot hold", "the API server refuses it",
    "use letters, digits, \"-\", \"_\" and \".\" in keys")
  static let badClaim = refused(
    "SKEP-K031", "a claim without size or access mode", "the API server refuses it", "give both")
  static let repeatedObject = refused(
    "SKEP-K032", "one object given twice", "the later one undoes the earlier at every apply", "remove one of them")
  static let generatedName = CheckRule(
    "SKEP-K033", .warning, "a name that the server gives",
    reason: "kubectl apply refuses it, for it could not find the object again; kubectl create and hooks take it",
    mend: "give metadata.name where it is applied", isWaivable: true)
}
