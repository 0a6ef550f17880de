import FleetModel

/// What names may look like, by whoever's rule it is.
enum NameRules {
  static let dnsLabelPattern = "^[a-z0-9]([-a-z0-9]*[a-z0-9])?$"
  static let labelNamePattern = "^[a-zA-Z_][a-zA-Z0-9_]*$"
  static let metricNamePattern = "^[a-zA-Z_:][a-zA-Z0-9_:]*$"
  static let environmentNamePattern = "^[A-Za-z_][A-Za-z0-9_]*$"
  static let kubernetesLabelPattern =
    "^([a-z0-9]([-a-z0-9.]*[a-z0-9])?/)?[A-Za-z0-9]([A-Za-z0-9_.-]*[A-Za-z0-9])?$"

  static func dnsLabel(_ text: String, maximumLength: Int = 63) -> Flaw? {
    DNSLabel.problem(in: text, maximumLength: maximumLength).map { Flaw($0) }
  }

  /// Names of ConfigMaps, Secrets and the like: RFC 1123 subdomains.
  static func dnsSubdomain(_ text: String) -> Flaw? {
    let fits =
      text.utf8.count <= 253
      && text.split(separator: ".", omittingEmptySubsequences: false).allSatisfy {
        DNSLabel.problem(in: String($0), maximumLength: 253) == nil
      }
    return fits
      ? nil : Flaw("is no Kubernetes name", mend: "use lower-case letters, digits, \"-\" and \".\", at most 253")
  }

  /// The key of a ConfigMap or Secret.
  static func dataKey(_ text: String) -> Flaw? {
    let fits =
      !text.isEmpty && text.utf8.count <= 253 && text != "." && !text.hasPrefix("..")
      && text.utf8.allSatisfy { isWord($0) || $0 == 45 || $0 == 46 }
    return fits ? nil : Flaw("is no key of a ConfigMap or Secret", mend: "use letters, digits, \"-\", \"_\" and \".\"")
  }

  /// <https://prometheus.io/docs/concepts/data_model/#metric-names-and-labels>
  static func labelName(_ text: String) -> Flaw? {
    if text.hasPrefix("__") { return Flaw("begins with \"__\", which is kept for Prometheus itself") }
    return isIdentifier(text, colons: false)
      ? nil : Flaw("is no label name", mend: "use letters, digits and \"_\", not beginning with a digit")
  }

  /// The same where any label may be meant.
  static func plainLabelName(_ text: String) -> Flaw? {
    isIdentifier(text, colons: false)
      ? nil
      : Flaw(
        "is no label name", mend: "use letters, digits and \"_\", not beginning with a digit, or write it in matchers")
  }

  static func metricName(_ text: String) -> Flaw? {
    isIdentifier(text, colons: true)
      ? nil : Flaw("is no metric name", mend: "use letters, digits, \"_\" and \":\", not beginning with a digit")
  }

  /// The names that a shell can set; `AGENT_ID`, `NAMESPACE` and `PORT` are Skep's own.
  static func environmentName(_ text: String) -> Flaw? {
    if ["AGENT_ID", "NAMESPACE", "PORT", "DRAIN_TIMEOUT"].contains(text) {
      return Flaw("is set by Skep itself", mend: "use another name")
    }
    return isIdentifier(text, colons: false)
      ? nil
      : Flaw(
        "is no name of an environment variable", mend: "use letters, digits and \"_\", not beginning with a digit")
  }

  /// Labels of an agent go to pods and to series, so their names must do for both: Kubernetes' own syntax, where `.`,
  /// `-` and `/` become `_` in series.
  static func agentLabel(_ text: String) -> Flaw? {
    let parts = text.split(separator: "/", omittingEmptySubsequences: false)
    let prefix = parts.count == 2 ? parts[0] : ""
    if ["app", "agent-id", "component"].contains(text) || prefix == "app.kubernetes.io" || isOf("skep.dev", prefix) {
      return Flaw("is set by Skep itself on every pod", mend: "use another name")
    }
    if text == "pod-template-hash" || ["kubernetes.io", "k8s.io"].contains(where: { isOf($0, prefix) }) {
      return Flaw("is kept for Kubernetes itself", mend: "use another name, such as one under a domain of yours")
    }
    if isOf("istio.io", prefix) {
      return Flaw(
        "would change how the mesh takes the pod", mend: "say so by mesh in the system file, and remove the label")
    }
    let series = FleetLabels.seriesName(of: text)
    if FleetLabels.target.contains(series) || series.hasPrefix("__") {
      return Flaw("is set by Skep itself on every series", mend: "use another name")
    }
    if ["le", "quantile"].contains(series) {
      return Flaw("tells the series of one histogram or summary apart", mend: "use another name")
    }
    return kubernetesLabelKey(text)
  }

  /// Whether `prefix` is the domain or one below it.
  private static func isOf(_ domain: String, _ prefix: Substring) -> Bool {
    prefix == domain || prefix.hasSuffix("." + domain)
  }

  /// <https://kubernetes.io/docs/concepts/overview/working-with-objects/labels/#syntax-and-character-set>
  static func kubernetesLabelKey(_ text: String) -> Flaw? {
    let parts = text.split(separator: "/", omittingEmptySubsequences: false)
    if parts.count > 2 { return Flaw("is no label name", mend: "it may hold one \"/\" at most") }
    if parts.count == 2, let flaw = dnsSubdomain(String(parts[0])) {
      return Flaw("has a prefix that \(flaw.problem)", mend: flaw.mend)
    }
    return isLabelWord(parts.last.map(String.init) ?? "")
      ? nil
      : Flaw(
        "is no label name",
        mend: "use at most 63 letters, digits, \"-\", \"_\" and \".\", beginning and ending with a letter or digit")
  }

  static func kubernetesLabelValue(_ text: String) -> Flaw? {
    text.isEmpty || isLabelWord(text)
      ? nil
      : Flaw(
        "is no label value",
        mend: "use at most 63 letters, digits, \"-\", \"_\" and \".\", beginning and ending with a letter or digit")
  }

  static func headerName(_ text: String) -> Flaw? {
    let fits = !text.isEmpty && text.utf8.allSatisfy { isWord($0) || "!#$%&'*+-.^`|~".utf8.contains($0) }
    return fits ? nil : Flaw("is no HTTP header name", mend: "use letters, digits and \"-\"")
  }

  private static func isLabelWord(_ text: String) -> Bool {
    guard text.utf8.count <= 63, let first = text.utf8.first, let last = text.utf8.last else { return false }
    return isAlphanumeric(first) && isAlphanumeric(last)
      && text.utf8.allSatisfy { isWord($0) || $0 == 45 || $0 == 46 }
  }

  private static func isIdentifier(_ text: String, colons: Bool) -> Bool {
    guard let first = text.utf8.first, !(48...57).contains(first) else { return false }
    return text.utf8.allSatisfy { isWord($0) || colons && $0 == 58 }
  }

  private static func isAlphanumeric(_ byte: UInt8) -> Bool {
    (48...57).contains(byte) || (65...90).contains(byte) || (97...122).contains(byte)
  }

  private static func isWord(_ byte: UInt8) -> Bool { isAlphanumeric(byte) || byte == 95 }
}
