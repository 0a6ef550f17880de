import Platform

/// Asks an instance whether it is ready and alive. An answer with a status from 200 to 399 is a yes, as for Kubernetes.
struct InstanceProbe: Sendable {
  static let timeout: Duration = .seconds(2)

  let http: any HTTPExchanger

  /// - Parameter health: `nil` where liveness is not asked for.
  func ask(readiness: String, health: String?) async -> (ready: Bool, alive: Bool?) {
    guard let health else { return (await answers(readiness), nil) }
    let alive = await answers(health)
    return (health == readiness ? alive : await answers(readiness), alive)
  }

  private func answers(_ url: String) async -> Bool {
    let request = HTTPExchangeRequest(url: url, timeout: Self.timeout, maximumResponseBytes: 1 << 20)
    guard let response = try? await http.exchange(request) else { return false }
    return (200..<400).contains(response.status)
  }
}
