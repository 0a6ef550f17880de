import DeployPlan
import FleetModel

/// `--explain KEY`: what the values of a system file are, and where each comes from.
struct KeyExplanation {
  let file: String
  let bytes: [UInt8]
  let environment: String?

  func print(_ key: String, _ format: OutputFormat) throws {
    let name = file == "-" ? "standard input" : file
    let values: [ExplainedValue]
    do throws(Diagnostic) {
      guard let text = String(validating: bytes, as: UTF8.self) else {
        throw Diagnostic(file: name, message: "is no UTF-8", mend: "save the file as UTF-8")
      }
      values = try SystemFile.explain(key, in: text, file: name, environment: environment)
    } catch {
      throw CommandFailure.badInput([error])
    }
    switch format {
    case .json: Terminal.print(try JSONText.of(values.map { Entry($0, file: name) }))
    case .text: for value in values { Terminal.print(Terminal.safeLines(text(value, name))) }
    }
  }

  private func text(_ value: ExplainedValue, _ name: String) -> String {
    func place(_ place: ExplainedValue.Place) -> String { "\(name):\(place.line):\(place.column)" }
    func before(_ replaced: ExplainedValue.Replaced) -> String { "\(replaced.value) (\(place(replaced.place)))" }
    let overlay = "environment \(environment ?? "")"
    var lines = ["\(value.name): \(value.value ?? "not set")"]
    switch value.origin {
    case .file(let at): lines.append("from \(place(at))")
    case .overlay(let at, let replaced):
      lines.append("from \(place(at)), \(overlay)" + (replaced.map { ", in place of " + before($0) } ?? ""))
    case .standard(let because): lines.append("the default" + (because.map { ": \($0)" } ?? ""))
    case .notSet: lines.append("no one says it, and it has no default")
    }
    if let away = value.takenAway {
      lines.append("\(overlay) takes away \(before(away.replaced)) at \(place(away.place))")
    }
    if !value.meaning.isEmpty { lines.append("meaning: \(value.meaning)") }
    return lines.joined(separator: "\n  ")
  }

  private struct Entry: Encodable {
    struct Place: Encodable {
      let line: Int
      let column: Int

      init(_ place: ExplainedValue.Place) {
        line = place.line
        column = place.column
      }
    }
    struct Replaced: Encodable {
      let value: String
      let place: Place

      init(_ replaced: ExplainedValue.Replaced) {
        value = replaced.value
        place = Place(replaced.place)
      }
    }

    let path: String
    let name: String
    let value: String?
    /// `file`, `overlay`, `default` or `not_set`.
    let origin: String
    let file: String
    var place: Place?
    var replaces: Replaced?
    var because: String?
    let takenAway: Replaced?
    let meaning: String

    init(_ value: ExplainedValue, file: String) {
      path = value.path
      name = value.name
      self.value = value.value
      self.file = file
      meaning = value.meaning
      takenAway = value.takenAway.map { Replaced($0.replaced) }
      switch value.origin {
      case .file(let at):
        origin = "file"
        place = Place(at)
      case .overlay(let at, let replaced):
        origin = "overlay"
        place = Place(at)
        replaces = replaced.map(Replaced.init)
      case .standard(let reason):
        origin = "default"
        because = reason
      case .notSet: origin = "not_set"
      }
    }

    enum CodingKeys: String, CodingKey {
      case path, name, value, origin, file, place, replaces, because, meaning
      case takenAway = "taken_away"
    }
  }
}
