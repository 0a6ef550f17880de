import FleetModel
import GoTemplate

/// The functions of Alertmanager's templates (<https://prometheus.io/docs/alerting/latest/notifications/#functions>), and
/// those of Skep's own texts.
enum NotificationTemplateFunctions {
  static let all = pure.merging(about(Timestamp(milliseconds: 0))) { _, new in new }

  /// Those that know of the notification.
  static func about(_ now: Timestamp) -> [String: TemplateFunction] {
    [
      "since": TemplateFunction([.named(GoTime.typeName)]) { values in
        let passed = Self.time(values[0]).map { now - $0 } ?? .zero
        let (nanoseconds, overflow) = passed.wholeMilliseconds.multipliedReportingOverflow(by: 1_000_000)
        return GoDuration(nanoseconds: overflow ? .max : Int(nanoseconds)).value()
      }
    ]
  }

  private static func time(_ value: TemplateValue) -> Timestamp? {
    guard case .object(let object) = value, let time = object.native as? GoTime else { return nil }
    return Timestamp(milliseconds: time.seconds * 1000 + Int64(time.nanoseconds / 1_000_000))
  }

  private static func text(_ value: TemplateValue) -> String { RuleTemplateFunctions.text(value) }

  private static func ofText(_ change: @escaping @Sendable (String) -> String) -> TemplateFunction {
    TemplateFunction([.string]) { values in .string(change(text(values[0]))) }
  }

  private static let pure: [String: TemplateFunction] = [
    "toUpper": ofText(RuleWording.uppercased),
    "toLower": ofText(RuleWording.lowercased),
    "title": ofText(NotificationWords.titled),
    "trimSpace": ofText(NotificationWords.trimmed),
    "join": TemplateFunction([.string, .collection(NotificationTemplateData.strings)]) { values in
      .string(NotificationTemplateData.texts(values[1]).joined(separator: text(values[0])))
    },
    "match": TemplateFunction([.string, .string]) { values throws(TemplateCallFailure) in
      do {
        return .bool(try SearchPattern(text(values[0])).matches(text(values[1])))
      } catch {
        throw .message("error parsing regexp: \(error)")
      }
    },
    "reReplaceAll": TemplateFunction([.string, .string, .string]) { values throws(TemplateCallFailure) in
      do {
        return .string(try SearchPattern(text(values[0])).replacing(in: text(values[2]), with: text(values[1])))
      } catch {
        throw .message("regexp: Compile(`\(text(values[0]))`): error parsing regexp: \(error)")
      }
    },
    "safeHtml": TemplateFunction([.string]) { values in
      .object(TemplateObject(typeName: "template.HTML", content: .value(values[0])))
    },
    "safeUrl": TemplateFunction([.string]) { values in
      .object(TemplateObject(typeName: "template.URL", content: .value(values[0])))
    },
    "urlUnescape": TemplateFunction([.string]) { values throws(TemplateCallFailure) in
      guard let plain = NotificationWords.queryUnescaped(text(values[0])) else {
        throw .message("invalid URL escape in \(GoFormatting.quoted(text(values[0])))")
      }
      return .string(plain)
    },
    "stringSlice": TemplateFunction(rest: .string) { values in
      .list(TemplateList(values, typeName: NotificationTemplateData.strings))
    },
    "date": TemplateFunction([.string, .named(GoTime.typeName)]) { values in
      guard case .object(let object) = values[1], let time = object.native as? GoTime else { return .string("") }
      return .string(time.formatted(text(values[0])))
    },
    "humanizeDuration": TemplateFunction([.any]) { values throws(TemplateCallFailure) in
      .string(RuleNumber.humanizeDuration(try RuleNumber.float(values[0])))
    },
    "toJson": TemplateFunction([.any]) { values throws(TemplateCallFailure) in
      guard let json = NotificationJSON(values[0]) else {
        throw .message("\(values[0].typeName) cannot be written as JSON")
      }
      return .string(json.text)
    },
    "slackText": ofText(NotificationWords.slackText),
    "urlText": ofText(NotificationWords.urlText),
    "markdownText": ofText(NotificationWords.markdownText),
    "shorten": TemplateFunction([.int, .string]) { values in
      guard case .int(let limit) = values[0] else { return values[1] }
      return .string(NotificationWords.shortened(text(values[1]), to: limit))
    },
  ]
}
