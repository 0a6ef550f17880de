public import DeployPlan
import FleetModel
import PromQL

extension ExpressionReader {
  /// Reads PromQL by Skep's own parser.
  public static let promQL = ExpressionReader { text in
    do throws(ParseError) {
      let query = try ParsedQuery(text)
      return .success(Reading(query.expression))
    } catch {
      let flaw = Flaw(message: error.message, offset: error.range.start)
      guard let query = try? ParsedQuery(text, options: .experimental) else { return .failure(flaw) }
      var reading = Reading(query.expression)
      reading.experiment = flaw
      return .success(reading)
    }
  }
}

extension ExpressionReader.Reading {
  init(_ expression: Expression) {
    var windows: [VectorSelector: Duration] = [:]
    var labels: Set<String> = []
    expression.visit { node in
      switch node {
      case .matrix(let matrix): windows[matrix.selector] = .milliseconds(matrix.window)
      case .aggregation(let aggregation): labels.formUnion(aggregation.grouping)
      case .binary(let operation):
        guard let matching = operation.matching else { return }
        labels.formUnion(matching.labels + matching.included)
      default: return
      }
    }
    self.init(
      selectors: expression.selectors.map {
        ExpressionReader.Selector(matchers: $0.matchers, range: windows[$0], offset: $0.range.start)
      }, namedLabels: labels, resultLabels: expression.labelsAtMost)
  }
}

extension Expression {
  /// Labels that the result can have; `nil` where those of its series pass through.
  fileprivate var labelsAtMost: Set<String>? {
    switch unwrapped {
    case .number, .string: []
    case .aggregation(let node): node.isWithout || node.operator.keepsLabels ? nil : Set(node.grouping)
    case .unary(let node): node.expression.labelsAtMost
    default: nil
    }
  }
}

extension Aggregator {
  /// Whether its result has labels beside those it groups by.
  fileprivate var keepsLabels: Bool {
    switch self {
    case .topk, .bottomk, .limitk, .limitRatio, .countValues: true
    default: false
    }
  }
}
