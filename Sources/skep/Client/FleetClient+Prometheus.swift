import AsyncHTTPClient
import ControlPlane
import FoundationEssentials
import NIOCore
import NIOHTTP1
import PromQL

extension FleetClient {
  /// Asks the Prometheus API; warnings and infos go to standard error.
  ///
  /// - Parameters:
  ///   - form: sent as the body: a query may be long.
  ///   - query: the expression that is asked, to show where in it an error lies.
  func prometheus<Payload: Decodable>(
    _ type: Payload.Type, _ path: String, form: [(String, String?)], query: String? = nil
  ) async throws -> Payload {
    let items = form.compactMap { name, value in value.map { "\(name)=\(Self.percentEncode($0))" } }
    var request = request(.POST, path, query: [])
    request.headers.add(name: "Content-Type", value: "application/x-www-form-urlencoded")
    request.body = .bytes(Array(items.joined(separator: "&").utf8))
    return try await answer(type, request, query: query)
  }

  /// The same by GET, for paths that take nothing else.
  func prometheus<Payload: Decodable>(
    _ type: Payload.Type, get path: String, parameters: [(String, String?)]
  ) async throws -> Payload {
    try await answer(type, request(.GET, path, query: parameters), query: nil)
  }

  private func answer<Payload: Decodable>(
    _ type: Payload.Type, _ request: HTTPClientRequest, query: String?
  ) async throws -> Payload {
    // The server bounds how long a query takes.
    let response = try await execute(request, deadline: .distantFuture)
    let body = Array(try await response.body.collect(upTo: 1 << 30).readableBytesView)
    guard let answer = try? JSONDecoder().decode(PrometheusAnswer<Payload>.self, from: Data(body)) else {
      if response.status == .ok {
        throw CommandFailure.failed(
          "\(base) gave an answer that this version does not understand; is it a Skep or a Prometheus?")
      }
      throw refusal(response.status, body)
    }
    for text in answer.warnings ?? [] { StandardError.print(Terminal.paintError(Terminal.safe(text), .yellow)) }
    for text in answer.infos ?? [] { StandardError.print(Terminal.paintError(Terminal.safe(text), .dim)) }
    if answer.status == "success", let data = answer.data { return data }
    let message = answer.error ?? "\(base) answered \(response.status.code)"
    throw CommandFailure(
      exitCode: answer.errorType == "bad_data" ? 2 : 1,
      lines: ["skep: \(Terminal.safe(message))"] + (query.map { Caret.lines(for: message, in: $0) } ?? []))
  }
}

/// Shows a place in an expression.
enum Caret {
  /// The line of `query` that an error names (`1:5: parse error: …`) and a caret under the place; empty where it names none.
  static func lines(for message: String, in query: String) -> [String] {
    // The parser says how long the wrong part is. A server may know another language: then only its own place counts.
    do throws(ParseError) {
      _ = try ParsedQuery(query)
    } catch {
      if message.contains(error.description) { return lines(at: error.range, in: query) }
    }
    guard let mark = message.firstRange(of: ": parse error: ") else { return [] }
    let digits = message[..<mark.lowerBound].reversed().prefix { $0.isNumber || $0 == ":" }.reversed()
    let parts = String(digits).split(separator: ":").compactMap { Int($0) }
    guard parts.count == 2, parts[0] > 0, parts[1] > 0 else { return [] }
    var start = 0
    for line in query.utf8.split(separator: 10, omittingEmptySubsequences: false).prefix(parts[0] - 1) {
      start += line.count + 1
    }
    return lines(at: SourceRange(start + parts[1] - 1, start + parts[1]), in: query)
  }

  /// The line of `query` where `range` begins, and carets under what of the range lies on it.
  static func lines(at range: SourceRange, in query: String) -> [String] {
    let bytes = Array(query.utf8)
    let start = min(max(0, range.start), bytes.count)
    let lineStart = bytes[..<start].lastIndex(of: 10).map { $0 + 1 } ?? 0
    let lineEnd = bytes[start...].firstIndex(of: 10) ?? bytes.count
    let end = min(max(start, range.end), lineEnd)
    let line = String(decoding: bytes[lineStart..<lineEnd], as: UTF8.self)
    let before = String(decoding: bytes[lineStart..<start], as: UTF8.self)
    let marked = String(decoding: bytes[start..<end], as: UTF8.self)
    let blanks = String(before.map { $0 == "\t" ? "\t" : " " })
    let carets = String(repeating: "^", count: max(1, marked.count))
    return ["  \(Terminal.safeLines(line))", "  \(blanks)\(Terminal.paintError(carets, .red))"]
  }
}
