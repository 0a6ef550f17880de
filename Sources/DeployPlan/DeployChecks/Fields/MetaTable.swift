extension FieldTables {
  /// Fields of every object and of selectors.
  /// Facts from the Kubernetes API reference (<https://kubernetes.io/docs/reference/kubernetes-api/>), 1.27 to 1.37.
  static let meta = #"""
    ObjectMeta: annotations {string}, creationTimestamp time, deletionGracePeriodSeconds int64, deletionTimestamp time,
      finalizers [string set], generateName string, generation int64, labels {string}, managedFields [any], name string,
      namespace string, ownerReferences [OwnerReference by uid], resourceVersion string, selfLink string, uid string
    LabelSelector: matchExpressions [LabelSelectorRequirement], matchLabels {string}
    OwnerReference: apiVersion! string, blockOwnerDeletion bool, controller bool, kind! string, name! string, uid! string
    LabelSelectorRequirement: key! string, operator! In|NotIn|Exists|DoesNotExist, values [string]
    """#
}
