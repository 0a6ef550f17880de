extension FieldTables {
  /// Fields of PeerAuthentication and AuthorizationPolicy. Facts from istio/api
  /// (`kubernetes/customresourcedefinitions.gen.yaml`, 1.31).
  static let istioSecurity = #"""
    PeerAuthenticationMtls: mode UNSET|DISABLE|PERMISSIVE|STRICT
    PeerAuthenticationSelector: matchLabels {string(..63)&plain}(..4096)&plainItems&filledItems
    PeerAuthenticationSpec&portLevelNeedsSelector: mtls PeerAuthenticationMtls,
      portLevelMtls {PeerAuthenticationMtls}(1..)&portKeys, selector PeerAuthenticationSelector
    AuthorizationPolicyProvider: name string
    AuthorizationPolicySource&serviceAccountsAlone: ipBlocks [string], namespaces [string], notIpBlocks [string],
      notNamespaces [string], notPrincipals [string], notRemoteIpBlocks [string], notRequestPrincipals [string],
      notServiceAccounts [string(..320)](..16), notTrustDomains [string], principals [string], remoteIpBlocks [string],
      requestPrincipals [string], serviceAccounts [string(..320)](..16), trustDomains [string]
    AuthorizationPolicyFrom: source AuthorizationPolicySource
    AuthorizationPolicyOperation: hosts [string], methods [string], notHosts [string], notMethods [string],
      notPaths [string], notPorts [string], paths [string], ports [string]
    AuthorizationPolicyTo: operation AuthorizationPolicyOperation
    AuthorizationPolicyWhen: key! string, notValues [string], values [string]
    AuthorizationPolicyRules: from [AuthorizationPolicyFrom](..512), to [AuthorizationPolicyTo],
      when [AuthorizationPolicyWhen]
    AuthorizationPolicySelector: matchLabels {string(..63)&plain}(..4096)&plainItems&filledItems
    AuthorizationPolicyTargetRef: group groupName(..253), kind! kindName(1..63), name! string(1..253),
      namespace string&empty
    AuthorizationPolicySpec(provider)(selector|targetRef|targetRefs): action ALLOW|DENY|AUDIT|CUSTOM,
      provider AuthorizationPolicyProvider, rules [AuthorizationPolicyRules](..512), selector AuthorizationPolicySelector,
      targetRef AuthorizationPolicyTargetRef, targetRefs [AuthorizationPolicyTargetRef](..16)
    """#
}
