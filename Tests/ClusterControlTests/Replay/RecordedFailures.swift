import ClusterControl

/// What each recorded failure means; all others say that the request itself is wrong.
enum RecordedFailures {
  static let kinds: [ClusterError.Kind: [String]] = [
    .notFound: [
      "apply/002-dryrun-deployment-without-namespace",
      "delete/05-background-get-after",
      "delete/07-not-found",
      "delete/19-finalizer-gone",
      "delete/22-custom-resource",
      "delete/36-eviction-missing-pod",
      "delete/42-log-missing-pod",
      "delete/55-namespace-gone",
      "lease/01-get-missing",
      "lease/21-create-missing-namespace",
      "read/02-get-not-found",
      "read/03-get-in-missing-namespace",
    ],
    .fieldConflict: [
      "apply/071-dryrun-conflict",
      "apply/072-apply-conflict",
      "apply/074-apply-conflict-co-owned",
      "apply/078-apply-conflict-virtualservice",
      "apply/093-apply-with-replicas-after-hpa",
      "apply/133b-ssa-conflict-comes-before-invalid",
      "lease/16-apply-lease",
    ],
    .conflict: [
      "apply/144-ssa-stale-resourceversion",
      "apply/145b-ssa-uid-on-missing-object",
      "apply/154-put-stale-resourceversion",
      "delete/02-precondition-uid-mismatch",
      "delete/03-precondition-resourceversion-mismatch",
      "lease/05-renew-stale",
      "lease/06-takeover-stale",
      "lease/09-patch-guarded",
      "lease/17-delete-guarded-stale",
      "lease/19b-put-after-delete-with-uid",
      "lease/19c-put-with-uid-after-recreate",
    ],
    .kindNotServed: [
      "apply/147-ssa-crd-missing",
      "discovery/12-group-version-missing",
      "discovery/13-version-missing-in-known-group",
      "read/04-get-kind-not-served",
    ],
    .alreadyExists: [
      "apply/153-post-already-exists",
      "delete/17-finalizer-post-while-deleting",
      "lease/03-create-existing",
    ],
    .denied: [
      "apply/170-webhook-denied",
      "apply/171-webhook-denied-dryrun",
    ],
    .serverFailure: [
      "apply/173-webhook-timeout",
      "apply/174-webhook-unreachable",
      "read/19-list-future-resourceversion",
    ],
    .forbidden: [
      "delete/24-forbidden",
      "delete/57-namespace-protected",
      "lease/20-create-forbidden",
      "read/40-forbidden-get",
      "read/41-forbidden-list-cluster",
      "read/42-forbidden-apply",
      "read/43-forbidden-hides-not-found",
      "read/45-anonymous",
      "watch/33-watch-forbidden",
    ],
    .disruptionBudget: [
      "delete/32-eviction-refused",
      "delete/33-eviction-refused-not-observed",
      "delete/34-eviction-refused-never",
    ],
    .namespaceTerminating: [
      "delete/52-namespace-apply-while-terminating"
    ],
    .expired: [
      "read/14-list-continue-expired",
      "read/15-list-exact-version-expired",
    ],
    .unauthorized: [
      "read/44-unauthorized-bad-token"
    ],
  ]

  static func kind(of recorded: Recorded) -> ClusterError.Kind {
    kinds.first { $0.value.contains { recorded.file == $0 + ".json" } }?.key ?? .invalid
  }
}
