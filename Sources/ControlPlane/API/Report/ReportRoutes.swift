import FleetHealth
import FleetModel
import HTTPTypes

/// A performance report over a window that ends now, of one agent or of all.
typealias ReportReading = @Sendable (_ window: Duration, _ agent: String?) async throws -> PerformanceReport

struct ReportRoutes: Sendable {
  var read: ReportReading

  private static let formats = ["json", "html", "markdown", "text"]
  private static let longest: Duration = .seconds(366 * 86_400)

  var routes: [APIRoute] { [report] }

  private var report: APIRoute {
    APIRoute(
      method: .get, path: "/fleet/v1/report", operationID: "report",
      summary: "How the fleet fared over a window, where it goes, and what to do", access: .read, takesLong: true,
      stopsWithClient: true,
      parameters: [
        .init(
          name: "time_window_hours", kind: .text,
          summary: "Hours before now, such as 24 or 0.5; 24 where neither is given"),
        .init(name: "window", kind: .text, summary: "The same as a duration, such as 90m or 7d"),
        .init(name: "agent_id", kind: .text, summary: "Only of this agent"),
        .init(
          name: "format", kind: .choice(Self.formats, default: "json"),
          summary: "html is one file with plots, that needs no other"),
      ],
      answers: [.init(status: 200, summary: "The report", content: .json(schema: "ReportAnswer"))]
    ) { [read] request in
      let window = try Self.window(request)
      let report = try await Self.orRefusal { try await read(window, request.text("agent_id")) }
      if let agent = request.text("agent_id"), report.agents.isEmpty {
        throw APIError(.notFound, "there is no agent \"\(agent.prefix(200))\"; GET /fleet/v1/agents names them")
      }
      switch request.text("format") {
      case "html":
        var page = APIResponse.text(report.html, contentType: "text/html; charset=utf-8")
        page.headers[.contentSecurityPolicy] = "default-src 'none'; style-src 'unsafe-inline'; sandbox"
        return page
      case "markdown": return .text(report.markdown, contentType: "text/markdown; charset=utf-8")
      case "text":
        return .text(report.text { rows, _ in rows.map { $0.joined(separator: "\t") }.joined(separator: "\n") })
      default: return try .json(FleetAPI.ReportAnswer(performanceReport: FleetAPI.PerformanceReport(report)))
      }
    }
  }

  private static func window(_ request: APIRequest) throws(APIError) -> Duration {
    let window: Duration
    switch (request.text("window"), request.text("time_window_hours")) {
    case (nil, nil): return .seconds(86_400)
    case (_?, _?): throw APIError(.invalidRequest, "window and time_window_hours are both given; give one")
    case (let text?, nil):
      guard let parsed = PrometheusDuration.parse(text) else {
        throw APIError(
          .invalidRequest, "query parameter window is \"\(text.prefix(100))\"; expected a duration such as 90m or 7d")
      }
      window = parsed
    case (nil, let text?):
      guard let hours = Double(text), hours.isFinite, hours.magnitude < 1e6 else {
        throw APIError(
          .invalidRequest,
          "query parameter time_window_hours is \"\(text.prefix(100))\"; expected a number of hours such as 24")
      }
      window = .milliseconds(Int64(hours * 3_600_000))
    }
    guard window >= .seconds(60), window <= longest else {
      throw APIError(.invalidRequest, "a report is of 1m to 366d")
    }
    return window
  }

  private static func orRefusal(
    _ body: () async throws -> PerformanceReport
  ) async throws -> PerformanceReport {
    do { return try await body() } catch let error as APIError {
      throw error
    } catch is CancellationError {
      throw APIError(.unavailable, "Skep is stopping", headers: [.retryAfter: "5"])
    } catch {
      throw APIError(.unavailable, "the report cannot be made: \(error)", headers: [.retryAfter: "5"])
    }
  }
}
