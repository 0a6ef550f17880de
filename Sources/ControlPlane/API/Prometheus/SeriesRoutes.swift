import FleetModel
import PromQL

/// Which series, labels and values there are.
struct SeriesRoutes: Sendable {
  var operations: any QueryOperations

  var routes: [APIRoute] { series + labels + [values] }

  private static let parameters = [
    parameter("match[]", "A selector; may be given several times, and what any of them selects counts"),
    parameter("start", "RFC 3339 or seconds"), parameter("end", "RFC 3339 or seconds"),
    parameter("limit", "How many at most; 0 for all"),
  ]

  private static func parameter(_ name: String, _ summary: String) -> APIRoute.Parameter {
    APIRoute.Parameter(name: name, kind: .text, summary: summary)
  }

  private var series: [APIRoute] {
    PrometheusRoutes.both(
      path: "/api/v1/series", operationID: "series", summary: "The labels of the series that selectors match",
      takesLong: true, parameters: Self.parameters
    ) { [operations] request in
      let form = request.form
      if form.all("match[]").isEmpty { throw PrometheusError(.badData, "no match[] parameter provided") }
      let limit = try form.limit()
      let bounds = try form.bounds()
      let sets: [[LabelMatcher]]
      do throws(FormFields.ParameterProblem) { sets = try form.selectors() } catch {
        throw PrometheusError.invalid("match[]", error.message)
      }
      return try await Self.search(operations, "series", form) { turn in
        var found: [LabelSet] = []
        if let bounds {
          var known: Set<LabelSet> = []
          for matchers in sets {
            try turn.check()
            let more = try await operations.source.labelSets(
              matchers, from: bounds.lowerBound, through: bounds.upperBound)
            if sets.count == 1 { found = more } else { found += more.filter { known.insert($0).inserted } }
          }
        }
        if sets.count > 1 { found.sort(by: LabelSet.precedes) }
        let shown = found.prefix(limit ?? .max)
        return .prometheus(
          capacity: 64 + shown.reduce(0) { $0 + $1.encoded.count * 2 + 16 },
          warnings: shown.count < found.count ? [PrometheusRoutes.truncated] : []
        ) { json in
          json.list(shown) { $0.labels($1) }
        }
      }
    }
  }

  private var labels: [APIRoute] {
    PrometheusRoutes.both(
      path: "/api/v1/labels", operationID: "labelNames", summary: "The names of labels", takesLong: true,
      parameters: Self.parameters
    ) { [operations] request in
      try await Self.texts(operations, "labels", request.form) { matchers, bounds in
        try await operations.source.labelNames(matchers, from: bounds.lowerBound, through: bounds.upperBound)
      }
    }
  }

  private var values: APIRoute {
    PrometheusRoutes.get(
      path: "/api/v1/label/{name}/values", operationID: "labelValues",
      summary: "The values of a label; its name is as it is, or U__ and escaped", takesLong: true,
      parameters: Self.parameters
    ) { [operations] request in
      let name = EscapedName.unescape(request.segment("name"))
      return try await Self.texts(operations, "values of \(name)", request.form) { matchers, bounds in
        try await operations.source.labelValues(
          of: name, matchers, from: bounds.lowerBound, through: bounds.upperBound)
      }
    }
  }

  /// The union of what `read` gives for each selector, or for everything where there is none.
  private static func texts(
    _ operations: any QueryOperations, _ what: String, _ form: FormFields,
    _ read: @escaping @Sendable ([LabelMatcher], ClosedRange<Timestamp>) async throws -> [String]
  ) async throws -> APIResponse {
    let limit = try form.limit()
    let bounds = try form.bounds()
    let sets: [[LabelMatcher]]
    do throws(FormFields.ParameterProblem) { sets = try form.selectors() } catch {
      throw PrometheusError(.badData, error.message)
    }
    return try await search(operations, what, form) { turn in
      var found: [String] = []
      if let bounds {
        for matchers in sets.isEmpty ? [[]] : sets {
          try turn.check()
          found += try await read(matchers, bounds)
        }
      }
      if sets.count > 1 { found = Set(found).sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) } }
      let shown = found.prefix(limit ?? .max)
      return .prometheus(warnings: shown.count < found.count ? [PrometheusRoutes.truncated] : []) {
        $0.strings(shown)
      }
    }
  }

  private static func search(
    _ operations: any QueryOperations, _ what: String, _ form: FormFields,
    _ work: @escaping @Sendable (QueryTurn) async throws -> APIResponse
  ) async throws -> APIResponse {
    let text = ([what] + form.all("match[]")).joined(separator: " ")
    do {
      return try await operations.run(text, within: nil) { try await work($0) }
    } catch let error as InvalidMatcher {
      throw PrometheusError(.badData, "\(error)")
    } catch is CancellationError {
      throw PrometheusError(.canceled, "the search was canceled")
    }
  }
}

/// Names with characters beyond letters, digits and `_`, as they stand where only those may stand (Prometheus' `model.UnescapeName`
/// with value encoding): `U__http_2e_status`.
enum EscapedName {
  /// The name that `text` stands for; `text` itself where it is not escaped, or not well.
  static func unescape(_ text: String) -> String {
    guard text.hasPrefix("U__") else { return text }
    var name = String.UnicodeScalarView()
    var rest = text.unicodeScalars.dropFirst(3)
    while let scalar = rest.popFirst() {
      guard scalar == "_" else {
        name.append(scalar)
        continue
      }
      if rest.first == "_" {
        name.append("_")
        rest.removeFirst()
        continue
      }
      let digits = rest.prefix { $0 != "_" }
      // No code point has more than six digits.
      guard digits.count <= 6, digits.count < rest.count,
        let code = digits.isEmpty ? 0 : UInt32(String(String.UnicodeScalarView(digits)), radix: 16),
        let decoded = Unicode.Scalar(code)
      else { return text }
      name.append(decoded)
      rest = rest.dropFirst(digits.count + 1)
    }
    return String(name)
  }

  /// `name` with `_` for what only newer readers of the text format understand.
  static func underscored(_ name: String) -> String {
    var result = ""
    for (index, scalar) in name.unicodeScalars.enumerated() {
      let isPlain =
        switch scalar {
        case "a"..."z", "A"..."Z", "_", ":": true
        case "0"..."9": index > 0
        default: false
        }
      result.unicodeScalars.append(isPlain ? scalar : "_")
    }
    return result
  }
}
