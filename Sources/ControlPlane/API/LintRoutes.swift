import FleetModel
import PromQL

/// What linting asks of the rest of Skep.
protocol LintOperations: Sendable {
  /// What series there are: the names of all, and of those that `queries` name their types and labels.
  func catalogue(for queries: [ParsedQuery]) async throws -> MetricCatalogue
}

/// Expressions looked at with what this fleet has.
struct LintRoutes: Sendable {
  var operations: any LintOperations

  static let example: JSONValue = ["expressions": ["rate(up[1s]) > 0"], "known_metrics": ["agent:requests:rate5m"]]
  /// More expressions than rule files hold.
  static let maximumExpressions = 20_000

  var routes: [APIRoute] { [lint] }

  private var lint: APIRoute {
    APIRoute(
      method: .post, path: "/fleet/v1/lint", operationID: "lintExpressions",
      summary: "What PromQL expressions surely do not mean, by the series of this fleet", access: .read,
      takesLong: true,
      body: APIRoute.Body(schema: "LintRequest", example: Self.example),
      answers: [.init(status: 200, summary: "The findings", content: .json(schema: "LintAnswer"))]
    ) { [operations] request in
      guard let body = request.body else {
        throw APIError(.invalidRequest, "the body is empty; send one such as \(Self.example)")
      }
      var fields = try FieldReader(body)
      fields.require("expressions")
      let expressions = fields.list("expressions") ?? []
      let known = fields.list("known_metrics") ?? []
      if expressions.count > Self.maximumExpressions {
        fields.add(problem: "expressions are \(expressions.count); send at most \(Self.maximumExpressions) at once")
      }
      fields.refuseOthers(than: ["expressions", "known_metrics"])
      try fields.finish("lint request")
      let parsed = expressions.map { text in
        Result<ParsedQuery, ParseError> { () throws(ParseError) in try ParsedQuery(text) }
      }
      var catalogue = try await operations.catalogue(for: parsed.compactMap { try? $0.get() })
      for name in known where catalogue.metrics[name] == nil { catalogue.metrics[name] = .init(labels: nil) }
      let linter = ExpressionLinter(catalogue: catalogue)
      return try .json(
        FleetAPI.LintAnswer(
          results: zip(expressions, parsed).map { text, query in
            switch query {
            case .success(let query):
              FleetAPI.LintResult(
                expression: text, error: nil,
                findings: linter.findings(in: query).map { FleetAPI.LintFinding($0, in: text) })
            case .failure(let error):
              FleetAPI.LintResult(expression: text, error: FleetAPI.LintFinding(error, in: text), findings: [])
            }
          }))
    }
  }
}

extension FleetAPI.LintFinding {
  fileprivate init(_ finding: ExpressionLinter.Finding, in query: String) {
    self.init(finding.kind.rawValue, finding.range, finding.message, finding.mend, query)
  }

  fileprivate init(_ error: ParseError, in query: String) {
    self.init("parse_error", error.range, error.description, nil, query)
  }

  private init(_ kind: String, _ range: SourceRange, _ message: String, _ mend: String?, _ query: String) {
    let place = range.characterPlace(in: query)
    self.init(
      kind: kind, start: range.start, end: range.end, line: place.line, column: place.column, message: message,
      mend: mend)
  }
}
