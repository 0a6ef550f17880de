import FleetModel

extension CheckRule {
  static let istio = [
    deadOutlierField, badPercentage, badWeight, weightsOff, badStatus, deadFault, badRetries, longTry, deadDelegate,
    routeToNothing, badHost, shortHost, badMatch, unreachedRoute, badSubset, negativePool, deadHash, twiceRouted,
    badClientTLS, badAuthorization,
  ]

  /// What Istio's webhook refuses, or istiod and Envoy pass over.
  private static func wrong(
    _ id: ID, _ title: String, _ reason: String, _ mend: String, isWaivable: Bool = true
  ) -> CheckRule {
    CheckRule(id, .error, title, reason: reason, mend: mend, isWaivable: isWaivable)
  }

  private static func unwise(_ id: ID, _ title: String, _ reason: String, _ mend: String) -> CheckRule {
    CheckRule(id, .warning, title, reason: reason, mend: mend, isWaivable: true)
  }

  static let deadOutlierField = wrong(
    "SKEP-I001", "consecutiveErrors",
    "Istio dropped it: hosts are ejected after Envoy's own default of five, whatever stands there",
    "write consecutive5xxErrors or consecutiveGatewayErrors")
  static let badPercentage = wrong(
    "SKEP-I002", "a percentage that is none", "Istio's webhook refuses it; without the webhook Envoy gets it as it is",
    "write a number from 0 to 100", isWaivable: false)
  static let badWeight = wrong(
    "SKEP-I003", "a weight that is none", "Istio's webhook refuses weights below zero and sums of zero",
    "write shares that sum to 100", isWaivable: false)
  static let weightsOff = wrong(
    "SKEP-I004", "weights that do not sum to 100",
    "they are shares of their sum: what reads as 90 % is something else, and nothing says so", "make them sum to 100")
  static let badStatus = wrong(
    "SKEP-I005", "a status that no answer has",
    "Istio's webhook refuses it; without the webhook Envoy gets it as it is",
    "write a status from 200 to 599", isWaivable: false)
  static let deadFault = wrong(
    "SKEP-I006", "a fault that injects nothing",
    "istiod drops an abort without a status and a delay without a duration",
    "say what is to be injected")
  static let badRetries = wrong(
    "SKEP-I007", "retries that Istio does not take", "Istio's webhook refuses them; without it they turn retries off",
    "write attempts of 0 or more and known conditions", isWaivable: false)
  static let longTry = unwise(
    "SKEP-I008", "a try longer than the whole request",
    "the route's timeout ends the request before the first try is over",
    "shorten perTryTimeout, or raise timeout")
  static let deadDelegate = wrong(
    "SKEP-I009", "a VirtualService without hosts that none delegates to",
    "it is taken for a delegate and has no effect until another VirtualService names it", "give hosts")
  static let routeToNothing = wrong(
    "SKEP-I010", "a route that leads nowhere",
    "Istio's webhook refuses it; without the webhook requests get a 404 or 503",
    "give a destination", isWaivable: false)
  static let badHost = wrong(
    "SKEP-I011", "a host that is none", "Istio's webhook refuses it", "write a DNS name", isWaivable: false)
  static let shortHost = unwise(
    "SKEP-I012", "a short host in an object without a namespace",
    "a name without dots is completed with the object's own namespace",
    "write NAME.NAMESPACE.svc.cluster.local, or give metadata.namespace")
  static let badMatch = wrong(
    "SKEP-I013", "a match that nothing can match", "Istio's webhook refuses it, or the route is never taken",
    "write what a request can have")
  static let unreachedRoute = unwise(
    "SKEP-I014", "a route behind one that takes everything",
    "routes are tried in order, and the first that matches is taken",
    "put the route that takes everything last")
  static let badSubset = wrong(
    "SKEP-I015", "a subset with a name that does not do", "Istio's webhook refuses it", "give each subset its own name",
    isWaivable: false)
  static let negativePool = wrong(
    "SKEP-I016", "a connection pool below zero", "Istio's webhook refuses it", "write a positive number",
    isWaivable: false)
  static let deadHash = wrong(
    "SKEP-I017", "a consistent hash of nothing", "Istio's webhook refuses it", "say what to hash by", isWaivable: false)
  static let twiceRouted = unwise(
    "SKEP-I018", "two routes or rules for one host",
    "inside of the mesh only the oldest VirtualService of a host counts, and DestinationRules are merged by subset",
    "write one object for the host")
  static let badClientTLS = wrong(
    "SKEP-I019", "TLS settings that do not go together", "Istio's webhook refuses them",
    "give the certificates that the mode needs, and no others", isWaivable: false)
  static let badAuthorization = wrong(
    "SKEP-I020", "an AuthorizationPolicy that Istio does not take",
    "Istio's webhook refuses it; without the webhook a rule that cannot be translated is left out, and ALLOW becomes deny",
    "write what a request can have", isWaivable: false)
}
