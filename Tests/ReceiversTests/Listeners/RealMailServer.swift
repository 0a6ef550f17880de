import Foundation
import Subprocess
import SystemPackage
import TestSupport

/// PyPI's `aiosmtpd`, as a process of its own.
final class RealMailServer: Sendable {
  static func isThere() async -> Bool {
    let result = try? await Subprocess.run(
      .name("python3"), arguments: ["-c", "import aiosmtpd"], output: .discarded, error: .discarded)
    return result?.terminationStatus.isSuccess ?? false
  }

  /// How it behaves.
  struct Options: Encodable, Sendable {
    var certificate: String?
    var key: String?
    /// TLS from the first byte.
    var implicit = false
    var requiresTLS = false
    /// Mechanisms that it offers.
    var mechanisms: [String] = []
    var requiresLogin = false
    /// Replies to recipients, by address.
    var recipients: [String: String] = [:]
    /// The reply to the mail.
    var mail = "250 taken"
    var utf8 = false
  }

  struct Mail: Decodable, Hashable, Sendable {
    var from: String
    var to: [String]
    var data: String
    var isEncrypted: Bool
    var login: String?
    var host: String
    var options: [String]
  }

  let port: Int
  private let directory: ScratchDirectory

  private init(port: Int, directory: ScratchDirectory) {
    self.port = port
    self.directory = directory
  }

  /// Serves while `body` runs.
  static func with(_ options: Options = Options(), _ body: (RealMailServer) async throws -> Void) async throws {
    let directory = try ScratchDirectory()
    let script = try directory.write("server.py", script)
    let mails = directory.path.appending("mails")
    let words = String(decoding: try JSONEncoder().encode(options), as: UTF8.self)
    _ = try await Subprocess.run(
      .name("python3"), arguments: [script.string, words, mails.string], input: .none, output: .sequence,
      error: .discarded
    ) { execution in
      defer { try? execution.send(signal: .kill) }
      for try await line in execution.standardOutput.strings() {
        guard let port = Int(line.trimmingCharacters(in: .whitespacesAndNewlines)) else { continue }
        return try await body(RealMailServer(port: port, directory: directory))
      }
      throw CancellationError()
    }
  }

  /// All mails that it took or refused, each written down before the answer to it.
  func mails() throws -> [Mail] {
    try (directory.read("mails") ?? "").split(separator: "\n").map {
      try JSONDecoder().decode(Mail.self, from: Data($0.utf8))
    }
  }

  /// The last one.
  func mail() throws -> Mail {
    guard let last = try mails().last else { throw CancellationError() }
    return last
  }

  private static let script = #"""
    import asyncio, base64, hmac, json, ssl, sys, warnings
    from aiosmtpd.smtp import SMTP, AuthResult, LoginPassword, MISSING

    warnings.simplefilter("ignore")
    options = json.loads(sys.argv[1])

    class Handler:
        async def handle_RCPT(self, server, session, envelope, address, parameters):
            reply = options["recipients"].get(address)
            if reply:
                return reply
            envelope.rcpt_tos.append(address)
            return "250 ok"

        async def handle_DATA(self, server, session, envelope):
            mail = json.dumps({
                "from": envelope.mail_from, "to": envelope.rcpt_tos, "host": session.host_name,
                "data": envelope.original_content.decode("latin-1"), "options": envelope.mail_options or [],
                "isEncrypted": session.ssl is not None or options["implicit"],
                "login": getattr(session, "mechanism", None) if session.authenticated else None,
            })
            with open(sys.argv[2], "a") as file:
                file.write(mail + "\n")
            return options["mail"]

        async def auth_CRAM__MD5(self, server, arguments):
            challenge = b"<1.2@test>"
            answer = await server.challenge_auth(challenge)
            if answer is MISSING:
                return AuthResult(success=False, handled=False)
            user, _, digest = answer.partition(b" ")
            expected = hmac.new(b"tanstaaftanstaaf", challenge, "md5").hexdigest().encode()
            server.session.mechanism = "CRAM-MD5"
            return AuthResult(success=user == b"skep" and digest == expected, handled=False, auth_data=user)

    def authenticate(server, session, envelope, mechanism, data):
        session.mechanism = mechanism
        right = isinstance(data, LoginPassword) and data.login == b"skep" and data.password == b"h\xc3\xaf ve"
        return AuthResult(success=right, handled=False, auth_data=data)

    def make(context):
        known = {"PLAIN", "LOGIN", "CRAM-MD5"}
        return lambda: SMTP(
            Handler(), hostname="test", enable_SMTPUTF8=options["utf8"],
            tls_context=None if options["implicit"] else context, require_starttls=options["requiresTLS"],
            authenticator=authenticate, auth_required=options["requiresLogin"],
            auth_require_tls=False, auth_exclude_mechanism=known - set(options["mechanisms"]))

    async def main():
        context = None
        if options.get("certificate"):
            context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
            context.load_cert_chain(options["certificate"], options["key"])
        loop = asyncio.get_running_loop()
        server = await loop.create_server(
            make(context), "127.0.0.1", 0, ssl=context if options["implicit"] else None)
        print(server.sockets[0].getsockname()[1], flush=True)
        await server.serve_forever()

    asyncio.run(main())
    """#
}
