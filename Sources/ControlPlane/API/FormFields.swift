import NIOCore

/// The parameters of a request as HTML forms write them: those of the body first, then those of the query, as Go's
/// `http.Request.Form` has them.
struct FormFields: Sendable, Hashable {
  private var values: [String: [String]] = [:]

  init() {}

  /// Adds what `text` (`name=value&name=value`) holds.
  ///
  /// - Throws: ``APIError`` if an escape does not decode.
  mutating func add(encoded text: Substring) throws(APIError) {
    for item in text.split(separator: "&") {
      let name = item.prefix { $0 != "=" }
      guard let plainName = PercentEscapes.decode(name, plusIsSpace: true),
        let value = PercentEscapes.decode(item.dropFirst(name.count + 1), plusIsSpace: true)
      else {
        throw APIError(.invalidRequest, "parameter \"\(name.prefix(100))\" is not UTF-8 text; escape it as UTF-8")
      }
      values[plainName, default: []].append(value)
    }
  }

  /// The first value of `name`; `nil` if there is none or it is empty.
  subscript(name: String) -> String? { values[name]?.first.flatMap { $0.isEmpty ? nil : $0 } }

  /// All values of `name`, in the order sent.
  func all(_ name: String) -> [String] { values[name] ?? [] }
}
