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
    expression.visit { node in
      if case .matrix(let matrix) = node { windows[matrix.selector] = .milliseconds(matrix.window) }
    }
    self.init(
      selectors: expression.selectors.map {
        ExpressionReader.Selector(matchers: $0.matchers, range: windows[$0], offset: $0.range.start)
      }, flow: LabelFlowBuilder(expression).flow)
  }
}
