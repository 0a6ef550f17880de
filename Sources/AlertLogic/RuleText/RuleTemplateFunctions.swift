import FleetModel
import GoTemplate
import Synchronization

/// The functions of Prometheus' templates
/// (<https://prometheus.io/docs/prometheus/latest/configuration/template_reference/#functions>).
enum RuleTemplateFunctions {
  /// Stops an execution: this query has no answer yet.
  struct NeededQuery: Error {
    var query: String
  }

  /// Calls of `query` in one expansion: a template is expanded again for each that has no answer yet.
  static let maximumQueries = 100

  /// Counts the calls of a function.
  private final class Calls: Sendable {
    private let count = Mutex(0)

    func next() -> Int {
      count.withLock { count in
        count += 1
        return count
      }
    }
  }

  private static let resultType = "template.queryResult"
  private static let sampleType = "template.sample"
  private static let sample = TemplateFunction.Parameter.named("*template.sample")
  private static let result = TemplateFunction.Parameter.collection(resultType)

  /// Those that know of the evaluation.
  static func about(
    _ facts: RuleTemplateFacts, answers: [String: QueryTemplateAnswer]
  ) -> [String: TemplateFunction] {
    let (time, url) = (facts.time, facts.externalURL)
    let asked = Calls()
    return [
      "query": TemplateFunction([.string]) { values throws(TemplateCallFailure) in
        let query = text(values[0])
        if asked.next() > maximumQueries { throw .message("a template may query \(maximumQueries) times") }
        switch answers[query] {
        case nil: throw .stop(NeededQuery(query: query))
        case .failure(let problem): throw .message(problem)
        case .samples(let samples):
          return .list(TemplateList(samples.map { value($0) }, typeName: resultType))
        }
      },
      "now": TemplateFunction { _ in .float(Double(time.milliseconds) / 1000) },
      "externalURL": TemplateFunction { _ in .string(url) },
      "pathPrefix": TemplateFunction { _ in .string(path(of: url)) },
    ]
  }

  /// Those of which the result hangs on the arguments alone, and the names of the others.
  static let pure: [String: TemplateFunction] =
    about(RuleTemplateFacts(labels: LabelSet(), value: .float(0), time: Timestamp(milliseconds: 0)), answers: [:])
    .merging(ofResults) { _, new in new }.merging(ofTexts) { _, new in new }.merging(ofNumbers) { _, new in new }

  private static func value(_ answer: QueryTemplateSample) -> TemplateValue {
    .object(
      TemplateObject(
        typeName: sampleType, isPointer: true,
        content: .fields([
          ("Labels", .map(TemplateMap(strings: answer.labels.dictionary))), ("Value", .float(answer.value)),
        ]), native: answer))
  }

  static func text(_ value: TemplateValue) -> String {
    if case .string(let text) = value { return text }
    return ""
  }

  /// - Throws: what Go says of a nil pointer.
  private static func answer(_ value: TemplateValue) throws(TemplateCallFailure) -> QueryTemplateSample {
    guard case .object(let object) = value, let sample = object.native as? QueryTemplateSample else {
      throw .message("runtime error: invalid memory address or nil pointer dereference")
    }
    return sample
  }

  private static func elements(_ value: TemplateValue) -> [TemplateValue] {
    if case .list(let list) = value { return list.elements }
    return []
  }

  private static let ofResults: [String: TemplateFunction] = [
    "first": TemplateFunction([result]) { values throws(TemplateCallFailure) in
      guard let first = elements(values[0]).first else {
        throw .message("first() called on vector with no elements")
      }
      return first
    },
    "label": TemplateFunction([.string, sample]) { values throws(TemplateCallFailure) in
      .string(try answer(values[1]).labels[text(values[0])] ?? "")
    },
    "value": TemplateFunction([sample]) { values throws(TemplateCallFailure) in
      .float(try answer(values[0]).value)
    },
    "strvalue": TemplateFunction([sample]) { values throws(TemplateCallFailure) in
      .string(try answer(values[0]).labels["__value__"] ?? "")
    },
    "sortByLabel": TemplateFunction([.string, result]) { values throws(TemplateCallFailure) in
      let label = text(values[0])
      var keyed: [(key: String, index: Int, element: TemplateValue)] = []
      for (index, element) in elements(values[1]).enumerated() {
        keyed.append((try answer(element).labels[label] ?? "", index, element))
      }
      keyed.sort { one, other in
        one.key == other.key ? one.index < other.index : one.key.utf8.lexicographicallyPrecedes(other.key.utf8)
      }
      return .list(TemplateList(keyed.map(\.element), typeName: resultType))
    },
    "args": TemplateFunction(rest: .any) { values in
      .map(TemplateMap(Dictionary(uniqueKeysWithValues: values.enumerated().map { ("arg\($0)", $1) })))
    },
  ]

  private static let ofTexts: [String: TemplateFunction] = [
    "reReplaceAll": TemplateFunction([.string, .string, .string]) { values throws(TemplateCallFailure) in
      do {
        return .string(try SearchPattern(text(values[0])).replacing(in: text(values[2]), with: text(values[1])))
      } catch {
        throw .message("error parsing regexp: \(error)")
      }
    },
    "match": TemplateFunction([.string, .string]) { values throws(TemplateCallFailure) in
      do {
        return .bool(try SearchPattern(text(values[0])).matches(text(values[1])))
      } catch {
        throw .message("error parsing regexp: \(error)")
      }
    },
    "safeHtml": TemplateFunction([.string]) { values in
      .object(TemplateObject(typeName: "template.HTML", content: .value(values[0])))
    },
    "title": TemplateFunction([.string]) { values in .string(RuleWording.title(text(values[0]))) },
    "toUpper": TemplateFunction([.string]) { values in .string(RuleWording.uppercased(text(values[0]))) },
    "toLower": TemplateFunction([.string]) { values in .string(RuleWording.lowercased(text(values[0]))) },
    "graphLink": TemplateFunction([.string]) { values in
      .string("/graph?g0.expr=\(GoEscaping.query(text(values[0])))&g0.tab=0")
    },
    "tableLink": TemplateFunction([.string]) { values in
      .string("/graph?g0.expr=\(GoEscaping.query(text(values[0])))&g0.tab=1")
    },
    "stripPort": TemplateFunction([.string]) { values in .string(HostText.withoutPort(text(values[0]))) },
    "stripDomain": TemplateFunction([.string]) { values in .string(HostText.withoutDomain(text(values[0]))) },
    "urlQueryEscape": TemplateFunction([.string]) { values in .string(GoEscaping.query(text(values[0]))) },
  ]

  /// A function that takes a number of any kind, or a text that is one.
  private static func ofNumber(
    _ body: @escaping @Sendable (Double) throws(TemplateCallFailure) -> TemplateValue
  ) -> TemplateFunction {
    TemplateFunction([.any]) { values throws(TemplateCallFailure) in try body(try RuleNumber.float(values[0])) }
  }

  private static let ofNumbers: [String: TemplateFunction] = [
    "humanize": ofNumber { number in .string(RuleNumber.humanize(number)) },
    "humanize1024": ofNumber { number in .string(RuleNumber.humanize1024(number)) },
    "humanizeDuration": ofNumber { number in .string(RuleNumber.humanizeDuration(number)) },
    "humanizePercentage": ofNumber { number in .string(RuleNumber.short(number * 100) + "%") },
    "humanizeTimestamp": ofNumber { number throws(TemplateCallFailure) in
      guard number.isFinite else { return .string(RuleNumber.short(number)) }
      return .string(try RuleNumber.time(number).description)
    },
    "toTime": ofNumber { number throws(TemplateCallFailure) in try RuleNumber.time(number).value(isPointer: true) },
    "toDuration": ofNumber { number in
      GoDuration(nanoseconds: RuleNumber.integer(number * 1e9)).value(isPointer: true)
    },
    "parseDuration": TemplateFunction([.string]) { values throws(TemplateCallFailure) in
      let text = text(values[0])
      guard let duration = PrometheusDuration.parse(text) else {
        if text.isEmpty { throw .message("empty duration string") }
        if let form = durationForm, (try? form.matches(text)) == true { throw .message("duration out of range") }
        throw .message("not a valid duration string: \(GoFormatting.quoted(text))")
      }
      return .float(duration.seconds)
    },
  ]

  private static let durationForm = try? SearchPattern(
    "^([0-9]+y)?([0-9]+w)?([0-9]+d)?([0-9]+h)?([0-9]+m)?([0-9]+s)?([0-9]+ms)?$")

  /// What stands between the host of a URL and its query.
  private static func path(of url: String) -> String {
    var rest = Substring(url)
    if let scheme = rest.firstRange(of: "://") {
      rest = rest[scheme.upperBound...].drop { !"/?#".contains($0) }
    }
    return String(rest.prefix { $0 != "?" && $0 != "#" })
  }
}
