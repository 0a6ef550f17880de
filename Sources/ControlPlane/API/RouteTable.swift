/// All routes, found by path.
struct RouteTable: Sendable {
  enum Match: Sendable {
    case route(APIRoute, path: [String: String])
    /// The path is known, the method is not among these. Refusals are as those of its first route.
    case otherMethods([String], style: APIRoute.Style)
    case none
  }

  private struct Pattern: Sendable {
    enum Segment: Sendable, Hashable {
      case literal(String)
      case parameter(String)
    }

    var segments: [Segment]
    var routes: [APIRoute]
  }

  let routes: [APIRoute]
  private let patterns: [Pattern]

  init(_ routes: [APIRoute]) {
    var patterns: [Pattern] = []
    for route in routes {
      precondition(route.path.hasPrefix("/"), "BUG: the path of a route begins with /: \(route.path)")
      let segments = route.path.dropFirst().split(separator: "/", omittingEmptySubsequences: false).map { part in
        part.hasPrefix("{") ? Pattern.Segment.parameter(String(part.dropFirst().dropLast())) : .literal(String(part))
      }
      if let index = patterns.firstIndex(where: { $0.segments == segments }) {
        precondition(
          !patterns[index].routes.contains { $0.method == route.method },
          "BUG: two routes for \(route.method.rawValue) \(route.path)")
        patterns[index].routes.append(route)
      } else {
        patterns.append(Pattern(segments: segments, routes: [route]))
      }
    }
    self.routes = routes
    // Literal paths first, so that /agents/all would win over /agents/{agent_id}.
    self.patterns = patterns.enumerated().sorted { left, right in
      let parameters = { (pattern: Pattern) in
        pattern.segments.count { if case .parameter = $0 { true } else { false } }
      }
      return (parameters(left.element), left.offset) < (parameters(right.element), right.offset)
    }.map(\.element)
  }

  /// - Parameters:
  ///   - method: as the client wrote it; `HEAD` finds what `GET` finds.
  ///   - path: decoded segments, without the first slash.
  func match(method: String, path: [String]) -> Match {
    for pattern in patterns {
      guard let parameters = Self.parameters(of: path, in: pattern.segments) else { continue }
      let wanted = method == "HEAD" ? "GET" : method
      if let route = pattern.routes.first(where: { $0.method.rawValue == wanted }) {
        return .route(route, path: parameters)
      }
      let allowed = pattern.routes.flatMap { $0.method == .get ? ["GET", "HEAD"] : [$0.method.rawValue] }
      return .otherMethods(allowed.sorted(), style: pattern.routes.first?.style ?? .fleet)
    }
    return .none
  }

  private static func parameters(of path: [String], in segments: [Pattern.Segment]) -> [String: String]? {
    guard path.count == segments.count else { return nil }
    var parameters: [String: String] = [:]
    for (segment, text) in zip(segments, path) {
      switch segment {
      case .literal(let literal): guard literal == text else { return nil }
      case .parameter(let name):
        guard !text.isEmpty else { return nil }
        parameters[name] = text
      }
    }
    return parameters
  }
}
