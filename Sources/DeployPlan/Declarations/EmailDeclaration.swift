import FleetModel

/// The keys of `email_configs`.
enum EmailDeclaration {
  static var shape: Shape<Receiver.Email> {
    typealias F = Field<Receiver.Email>
    let text = Shapes.text()
    return .object(
      Receiver.Email(),
      [
        F("send_resolved", \.sendResolved, Shapes.boolean, "whether the end of an alert is told too"),
        F("to", \.to, Shapes.text(check: addresses), required: true, "addresses, separated by commas"),
        F("from", optional: \.from, Shapes.text(check: addresses), "the sender's address"),
        F("smarthost", \.smarthost, Shapes.text(check: hostAndPort), "HOST:PORT of the SMTP server"),
        F("hello", \.hello, text, "the name that is said to the server"),
        F("auth_username", optional: \.authUsername, Shapes.looseText(), "user name"),
        F("auth_password", optional: \.authPassword, Shapes.secret(), "password; better in auth_password_file"),
        F("auth_password_file", optional: \.authPasswordFile, text, "file that holds the password"),
        F("require_tls", \.requireTLS, Shapes.boolean, "whether an unencrypted server is refused"),
        F(
          "headers", \.headers, Shapes.dictionary(Shapes.looseText(emptyAllowed: true), key: NameRules.headerName),
          "further headers"),
        F("text", optional: \.text, text, "body as plain text"),
        F("html", optional: \.html, text, "body as HTML"),
        F("timeout", \.timeout, Shapes.positiveDuration, "when one try is given up"),
        F("tls_config", \.tls, HTTPDeclaration.tlsReference(), "whom the connection trusts"),
      ],
      check: { email, reader, path in
        reader.allowOne(of: ["auth_password", "auth_password_file"], in: path)
        reader.adviseFile(for: "auth_password", in: path)
        for header in email.headers where header.value.contains(where: \.isNewline) {
          reader.error(
            Path.key(header.key, in: Path.key("headers", in: path)), "holds a line break", mend: "write it on one line")
        }
      })
  }

  private static func addresses(_ text: String) -> Flaw? {
    for address in text.split(separator: ",", omittingEmptySubsequences: false) {
      let parts = address.split(separator: "@", omittingEmptySubsequences: false)
      let isAddress =
        parts.count == 2 && parts.allSatisfy { part in part.contains { $0 != " " && $0 != ">" && $0 != "<" } }
      if !isAddress || address.contains(where: \.isNewline) {
        return Flaw("is no e-mail address", mend: "write one such as team@example.org")
      }
    }
    return nil
  }

  private static func hostAndPort(_ text: String) -> Flaw? {
    if !text.contains(":") { return Flaw("has no port", mend: "write HOST:PORT, such as \"\(text):587\"") }
    return WebAddress.hostFlaw(text[...])
  }
}
