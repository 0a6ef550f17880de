import AlertLogic
import FleetModel
import GoTemplate
import Logging

/// The texts of one integration, compiled once.
struct MessageTexts: Sendable {
  /// What people read: rather something than nothing.
  private static let forPeople: Set = [
    "title", "text", "message", "description", "summary", "subject", "headers.subject", "fallback", "html",
  ]

  private let texts: [String: NotificationText]
  private let html: Set<String>
  private let headline: NotificationText
  private let logger: Logger?

  /// - Parameter own: by their keys; a text that is `nil` is empty.
  /// - Throws: ``ReceiverError`` naming the key.
  init(
    _ own: [String: String?], html: Set<String> = [], in kind: String, of receiver: String,
    _ templates: NotificationTexts, logger: Logger? = nil
  ) throws(ReceiverError) {
    do {
      headline = try templates.compile("{{ .Headline }}")
    } catch {
      throw ReceiverError(receiver: receiver, problem: "\(kind): \(error)")
    }
    self.html = html
    self.logger = logger
    var texts: [String: NotificationText] = [:]
    for (key, text) in own.sorted(by: { $0.key < $1.key }) {
      do {
        texts[key] = try templates.compile(text ?? "", isHTML: html.contains(key))
      } catch {
        throw ReceiverError(receiver: receiver, problem: "\(kind): \(key): \(error)")
      }
    }
    self.texts = texts
  }

  /// A text that people read says, where its template fails on these alerts, what they are about and that it failed.
  ///
  /// - Throws: ``DeliveryFailure`` where any other template fails: it would again.
  func write(_ key: String, _ data: NotificationTemplateData) throws(DeliveryFailure) -> String {
    guard let text = texts[key] else { return "" }
    do {
      return try text.write(data)
    } catch {
      guard Self.forPeople.contains(key.lowercased()), let headline = try? headline.write(data) else {
        throw DeliveryFailure("the text of \(key) cannot be written: \(error.message)", .giveUp)
      }
      logger?.error("a template failed", metadata: ["text": "\(key)", "problem": "\(error.message)"])
      let plain = "\(headline) (the template of \(key) failed: \(error.message))"
      return html.contains(key) ? "<p>\(Self.escaped(plain))</p>" : plain
    }
  }

  private static func escaped(_ text: String) -> String {
    text.replacing("&", with: "&amp;").replacing("<", with: "&lt;").replacing(">", with: "&gt;")
  }

  /// Checks a template that stands in a secret, without a word of it.
  ///
  /// - Throws: ``ReceiverError`` naming the key.
  static func check(
    secret: SecretText?, named key: String, at place: String, of receiver: String, _ templates: NotificationTexts
  ) throws(ReceiverError) {
    guard let text = secret?.reveal(), text.contains("{{") else { return }
    do {
      _ = try templates.compile(text)
    } catch {
      throw ReceiverError(receiver: receiver, problem: "\(place): \(key) (not shown) is a template that cannot be read")
    }
  }

  /// A template that stands in a secret: an error tells nothing of it.
  static func secret(
    _ text: String, named key: String, _ templates: NotificationTexts, _ data: NotificationTemplateData
  ) throws(DeliveryFailure) -> String {
    guard text.contains("{{") else { return text }
    do {
      return try templates.compile(text).write(data)
    } catch {
      throw DeliveryFailure("the template in \(key) cannot be written", .giveUp)
    }
  }
}

extension NotificationJSON {
  /// An object without the members that are empty texts.
  static func object(
    _ members: KeyValuePairs<String, NotificationJSON>, omittingEmpty omitted: Set<String>
  ) -> NotificationJSON {
    .object(
      members.filter { name, value in !(omitted.contains(name) && value.isEmpty) }
        .map { Member(name: $0.key, value: $0.value) })
  }

  var isEmpty: Bool {
    switch self {
    case .null: true
    case .string(let text): text.isEmpty
    case .array(let items): items.isEmpty
    case .object(let members): members.isEmpty
    case .bool(let value): !value
    case .int, .number: false
    }
  }
}
