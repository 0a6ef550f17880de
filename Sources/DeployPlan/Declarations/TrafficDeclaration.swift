import FleetModel

/// The keys of a routing rule.
enum TrafficDeclaration {
  static var shape: Shape<RoutingRule> {
    typealias F = Field<RoutingRule>
    return .object(
      RoutingRule(),
      [
        F("headers", \.headers, headers, "headers a request must have; a plain text means exact"),
        F("path_prefix", \.pathPrefix, Shapes.absolutePath, "what the path begins with"),
        F("port", \.port, Shapes.port, "the agent's port that gets the request"),
        F(
          "weight", \.givenWeight, Shapes.integer(0...100),
          "percent of the requests of this match; a rule that gives none takes what the others of its match leave"),
        F("subset", optional: \.subset, Shapes.dnsLabel(), "the part of the agent's pods that gets the request"),
        F("fault_injection", optional: \.faultInjection, fault, "faults for tests"),
        F("retry_policy", optional: \.retryPolicy, retry, "when a request is tried again"),
        F("timeout", optional: \.timeout, Shapes.positiveDuration, "when a request is given up"),
      ],
      check: { rule, reader, path in
        let perTry = Path.key("per_try_timeout", in: Path.key("retry_policy", in: path))
        if reader.isSound(perTry, Path.key("timeout", in: path)), let timeout = rule.timeout,
          let each = rule.retryPolicy?.perTryTimeout, each > timeout
        {
          reader.error(
            perTry,
            "\(PrometheusDuration.format(each)) is above the rule's timeout \(PrometheusDuration.format(timeout))",
            mend: "lower it or raise the timeout")
        }
      })
  }

  static var subsets: Shape<[Subset]> {
    let labels = Shapes.dictionary(
      Shapes.looseText(emptyAllowed: true, check: NameRules.kubernetesLabelValue),
      keyPattern: NameRules.kubernetesLabelPattern, key: NameRules.kubernetesLabelKey)
    return Shapes.entries(labels, keyPattern: NameRules.dnsLabelPattern, key: { NameRules.dnsLabel($0) }).mapped(
      { $0.map { Subset(name: $0.key, labels: $0.value) } },
      back: { $0.map { (key: $0.name, value: $0.labels) } })
  }

  private struct HeaderTest {
    var exact: String?
    var prefix: String?
    var regex: String?
  }

  private static var headers: Shape<[RoutingRule.HeaderMatch]> {
    typealias F = Field<HeaderTest>
    let text = Shapes.looseText()
    let test = Shape<HeaderTest>.object(
      HeaderTest(),
      [
        F("exact", optional: \.exact, Shapes.looseText(), "the whole value"),
        F("prefix", optional: \.prefix, Shapes.looseText(), "what the value begins with"),
        F("regex", optional: \.regex, Shapes.regularExpression, "an RE2 expression for the whole value"),
      ],
      check: { _, reader, path in reader.requireOne(of: ["exact", "prefix", "regex"], in: path) })
    let match = Shape<RoutingRule.HeaderMatch.Test>(
      schema: .object(["anyOf": .array([text.schema(), test.schema()])]),
      read: { tree, reader, path in
        if case .mapping = tree.content {
          guard let read = test.read(tree, reader, path) else { return nil }
          if let prefix = read.prefix { return .prefix(prefix) }
          if let regex = read.regex { return .regex(regex) }
          return .exact(read.exact ?? "")
        }
        return text.read(tree, reader, path).map { .exact($0) }
      })
    return Shapes.entries(match, key: NameRules.headerName).mapped(
      { $0.map { RoutingRule.HeaderMatch(name: $0.key, test: $0.value) } },
      back: { $0.map { (key: $0.name, value: $0.test) } })
  }

  private static var fault: Shape<RoutingRule.FaultInjection> {
    typealias F = Field<RoutingRule.FaultInjection>
    typealias D = Field<RoutingRule.FaultInjection.Delay>
    typealias A = Field<RoutingRule.FaultInjection.Abort>
    let percent = Shapes.number(0...100)
    let delay = Shape<RoutingRule.FaultInjection.Delay>.object(
      RoutingRule.FaultInjection.Delay(),
      [
        D("percent", \.percent, percent, "of the requests"),
        D("fixed_delay", \.fixedDelay, Shapes.positiveDuration, required: true, "how long they wait"),
      ])
    let abort = Shape<RoutingRule.FaultInjection.Abort>.object(
      RoutingRule.FaultInjection.Abort(),
      [
        A("percent", \.percent, percent, "of the requests"),
        A("http_status", \.httpStatus, Shapes.integer(200...599), required: true, "the status they get"),
      ])
    return Shape<RoutingRule.FaultInjection>.object(
      RoutingRule.FaultInjection(),
      [
        F("delay", optional: \.delay, delay, "requests that wait"),
        F("abort", optional: \.abort, abort, "requests that fail"),
      ],
      check: { _, reader, path in
        if !reader.isGiven(Path.key("delay", in: path)), !reader.isGiven(Path.key("abort", in: path)) {
          reader.error(path, "needs \"delay\", \"abort\" or both", spoils: [])
        }
      }
    )
  }

  /// <https://www.envoyproxy.io/docs/envoy/latest/configuration/http/http_filters/router_filter#x-envoy-retry-on>
  static let retryConditions = [
    "5xx", "gateway-error", "reset", "reset-before-request", "connect-failure", "envoy-ratelimited", "retriable-4xx",
    "refused-stream", "retriable-status-codes", "retriable-headers", "http3-post-connect-failure", "cancelled",
    "deadline-exceeded", "internal", "resource-exhausted", "unavailable",
  ]

  private static var retry: Shape<RoutingRule.RetryPolicy> {
    typealias F = Field<RoutingRule.RetryPolicy>
    let conditions = Shapes.looseText { text in
      for part in text.split(separator: ",", omittingEmptySubsequences: false) {
        let condition = String(part.drop { $0 == " " })
        if retryConditions.contains(condition) { continue }
        if let status = Int(condition), (200...599).contains(status) { continue }
        return Flaw(
          "names no condition that Envoy retries on",
          mend: KeyDistance.nearest(to: condition, among: retryConditions).map { "did you mean \"\($0)\"?" }
            ?? "known are \(retryConditions.joined(separator: ", ")) and status codes")
      }
      return nil
    }
    let list = Shapes.textOrList(conditions).mapped(
      { $0.flatMap { $0.split(separator: ",").map { String($0.drop { $0 == " " }) } } }, back: { $0 })
    return Shape<RoutingRule.RetryPolicy>.object(
      RoutingRule.RetryPolicy(),
      [
        F("attempts", \.attempts, Shapes.integer(0...100), "tries after the first"),
        F("per_try_timeout", optional: \.perTryTimeout, Shapes.positiveDuration, "when one try is given up"),
        F("retry_on", \.retryOn, list, "what is tried again: conditions of Envoy, or status codes"),
      ]
    )
  }
}

extension RoutingRule {
  var givenWeight: Int {
    get { weight }
    set {
      weight = newValue
      weightGiven = true
    }
  }
}
