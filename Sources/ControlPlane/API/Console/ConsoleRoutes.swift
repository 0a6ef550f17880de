import Console
import HTTPTypes
import NIOCore

/// The console's page. Its files hold no data, so that everybody may have them; what they show is asked for with a session.
struct ConsoleRoutes: Sendable {
  /// Nothing from elsewhere, nothing inline, no frame of another site
  /// (<https://www.w3.org/TR/CSP3/>).
  static let contentSecurityPolicy = [
    "default-src 'none'", "script-src 'self'", "style-src 'self'", "img-src 'self' data:", "connect-src 'self'",
    "base-uri 'none'", "form-action 'self'", "frame-ancestors 'none'",
  ].joined(separator: "; ")

  var routes: [APIRoute] { [page, file] }

  private var page: APIRoute {
    APIRoute(
      method: .get, path: "/", operationID: "console", summary: "The console, for browsers", access: .open,
      answers: Self.answers
    ) { request in try Self.answer("index.html", request) }
  }

  private var file: APIRoute {
    APIRoute(
      method: .get, path: "/console/{file}", operationID: "consoleFile", summary: "A file of the console's page",
      access: .open, answers: Self.answers
    ) { request in try Self.answer(request.segment("file"), request) }
  }

  private static let answers: [APIRoute.Answer] = [
    .init(status: 200, summary: "The file", content: .text("text/html")),
    .init(status: 304, summary: "The file that the client has is the same", content: .none),
  ]

  private static func answer(_ name: String, _ request: APIRequest) throws -> APIResponse {
    guard let asset = ConsoleAsset.named(name) else {
      throw APIError(.notFound, "the console has no file \"\(name.prefix(100))\"")
    }
    var response = APIResponse(
      status: .ok, contentType: asset.contentType, content: .bytes(ByteBuffer(bytes: asset.bytes)))
    if EntityTags.match(request.entityTags, asset.entityTag) {
      response.status = .notModified
      response.content = .bytes(ByteBuffer())
    }
    response.headers[.eTag] = asset.entityTag
    // Asked about each time: after an update of Skep no browser shows half of the old page.
    response.headers[.cacheControl] = "no-cache"
    response.headers[.contentSecurityPolicy] = contentSecurityPolicy
    response.headers[.referrerPolicy] = "no-referrer"
    return response
  }
}

/// `If-None-Match` (RFC 9110, section 13.1.2).
enum EntityTags {
  /// Whether the header names the tag, weakly or not, or any.
  static func match(_ header: String?, _ tag: String) -> Bool {
    guard let header else { return false }
    return header.split(separator: ",").contains { item in
      var item = item.drop { $0 == " " }
      while item.last == " " { item.removeLast() }
      return item == "*" || item == tag[...] || item == "W/" + tag
    }
  }
}

extension HTTPTypes.HTTPField.Name {
  fileprivate static let referrerPolicy: HTTPTypes.HTTPField.Name = {
    guard let name = HTTPTypes.HTTPField.Name("Referrer-Policy") else {
      preconditionFailure("BUG: Referrer-Policy is a token")
    }
    return name
  }()
}
