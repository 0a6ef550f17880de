import FleetModel
public import GoTemplate

/// All templates that texts of notifications may use: the default ones under Alertmanager's names and those of the
/// user's files, which may take their place
/// (<https://prometheus.io/docs/alerting/latest/notifications/>).
///
/// 1. The files are parsed (``init(files:)``). 2. Each text of a receiver is compiled (``compile(_:isHTML:)``), which
/// finds what can be known to fail. 3. A ``NotificationText`` writes about any number of notifications.
public struct NotificationTexts: Sendable {
  /// A file of the user's, with any number of `{{ define }}`.
  public struct File: Sendable, Hashable {
    /// As errors name it.
    public var path: String
    public var text: String

    public init(path: String, text: String) {
      self.path = path
      self.text = text
    }
  }

  /// What a text may cost: bytes that come out, and steps.
  static let limits = TemplateSet.Limits(size: 4 << 20, steps: 4_000_000)

  private let templates: TemplateSet

  /// - Throws: ``NotificationTemplateError`` for the first file that cannot be parsed.
  public init(files: [File] = []) throws(NotificationTemplateError) {
    var templates = TemplateSet(
      functions: NotificationTemplateFunctions.all, missing: .zero, limits: Self.limits)
    for (name, text) in DefaultTemplates.all {
      do {
        try templates.add(text, name: name)
      } catch {
        throw NotificationTemplateError(file: name, error)
      }
    }
    for file in files {
      do {
        try templates.add(file.text, name: Self.baseName(file.path))
      } catch {
        throw NotificationTemplateError(file: file.path, error)
      }
    }
    self.templates = templates
  }

  private static func baseName(_ path: String) -> String {
    path.split(separator: "/").last.map(String.init) ?? path
  }

  /// The names that `{{ template }}` knows.
  public var names: Set<String> { templates.names }

  /// A text ready to be written. O(length).
  ///
  /// - Throws: ``NotificationTemplateError`` for what does not parse, for templates that are not defined, and for fields,
  ///   functions and arguments that no notification has: both kinds of sample are written.
  public func compile(_ text: String, isHTML: Bool = false) throws(NotificationTemplateError) -> NotificationText {
    guard text.contains("{{") else { return NotificationText(plain: text) }
    var templates = templates
    do {
      try templates.add(text, name: "")
    } catch {
      throw NotificationTemplateError(file: nil, error)
    }
    if let missing = templates.undefinedInvocations(from: "").first {
      throw NotificationTemplateError(file: nil, missing)
    }
    let compiled = NotificationText(templates: templates, isHTML: isHTML)
    for sample in NotificationSample.all {
      do {
        _ = try compiled.write(sample)
      } catch  where NotificationTemplateError.isCertain(error) {
        throw NotificationTemplateError(file: nil, error)
      } catch {
        // It may be well with other labels.
        continue
      }
    }
    return compiled
  }
}

/// A text of a receiver, to be written about notifications.
public struct NotificationText: Sendable {
  private let plain: String
  private let templates: TemplateSet?
  private let isHTML: Bool

  init(plain: String) {
    self.plain = plain
    templates = nil
    isHTML = false
  }

  init(templates: TemplateSet, isHTML: Bool) {
    plain = ""
    self.templates = templates
    self.isHTML = isHTML
  }

  /// Nothing comes out, whatever the notification.
  public var isEmpty: Bool { templates == nil && plain.isEmpty }

  /// - Throws: where the template fails on these alerts, or writes more than 4 MiB.
  public func write(_ data: NotificationTemplateData) throws(TemplateError) -> String {
    guard let templates else { return plain }
    do {
      return try templates.execute("", with: data.value, functions: data.functions, isHTML: isHTML)
    } catch {
      switch error {
      case .failed(let error): throw error
      case .stopped(let reason): throw TemplateError(line: 1, problem: "\(reason)", message: "template: \(reason)")
      }
    }
  }
}
