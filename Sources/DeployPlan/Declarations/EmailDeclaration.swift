import FleetModel

/// The keys of `email_configs`.
enum EmailDeclaration {
  static var shape: Shape<Receiver.Email> {
    typealias F = Field<Receiver.Email>
    let text = Shapes.text()
    let template = Shapes.template()
    return .object(
      Receiver.Email(),
      [
        ReceiverDeclaration.sendResolved(\.sendResolved),
        F("to", \.to, addressesShape, required: true, "addresses, separated by commas"),
        F("from", optional: \.from, addressesShape, "the sender's address"),
        F("smarthost", optional: \.smarthost, Shapes.text(check: hostAndPort), "HOST:PORT of the SMTP server"),
        F("hello", optional: \.hello, text, "the name that is said to the server; localhost if not given"),
        F("auth_username", optional: \.authUsername, Shapes.looseText(emptyAllowed: true), "user name"),
        F("auth_password", optional: \.authPassword, Shapes.secret(), "password; better in auth_password_file"),
        F("auth_password_file", optional: \.authPasswordFile, text, "file that holds the password"),
        F("auth_secret", optional: \.authSecret, Shapes.secret(), "secret for CRAM-MD5"),
        F("auth_identity", optional: \.authIdentity, Shapes.looseText(emptyAllowed: true), "identity for PLAIN"),
        F(
          "require_tls", optional: \.requireTLS, Shapes.boolean,
          "whether an unencrypted server is refused; true if not given"),
        F(
          "headers", \.headers, Shapes.dictionary(template, key: NameRules.headerName),
          "further headers, or others in the place of Skep's"),
        F("text", optional: \.text, template, "body as plain text"),
        F("html", optional: \.html, template, "body as HTML"),
        F("tls_config", optional: \.tls, HTTPDeclaration.tlsReference(), "whom the connection trusts"),
      ] + ReceiverDeclaration.paced(\.timeout, \.rateLimit),
      check: { email, reader, path in
        reader.allowOne(of: ["auth_password", "auth_password_file"], in: path)
        reader.adviseFile(for: "auth_password", in: path)
        var seen: Set<String> = []
        for name in email.headers.keys.sorted() where !seen.insert(name.lowercased()).inserted {
          reader.error(
            Path.key(name, in: Path.key("headers", in: path)), "the header is given twice, in other letters",
            mend: "remove one of the two")
        }
      })
  }

  private static var addressesShape: Shape<String> {
    Shapes.text { text in text.contains("{{") ? nil : addresses(text) }
  }

  static func addresses(_ text: String) -> Flaw? {
    for part in parts(of: text) {
      var address = part[...]
      while address.first == " " { address.removeFirst() }
      while address.last == " " { address.removeLast() }
      if address.last == ">", let open = address.lastIndex(of: "<") {
        address = address[address.index(after: open)...].dropLast()
      }
      let sides = address.split(separator: "@", omittingEmptySubsequences: false)
      let isAddress =
        sides.count == 2
        && sides.allSatisfy { side in
          !side.isEmpty && side.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7f && !"\"(),:;<>[\\]".utf8.contains($0) }
        }
      if !isAddress || part.contains(where: \.isNewline) {
        return Flaw("is no e-mail address", mend: "write one such as team@example.org")
      }
    }
    return nil
  }

  /// Cuts at commas that stand neither in quotes nor in angle brackets (RFC 5322, section 3.4).
  private static func parts(of text: String) -> [String] {
    var parts = [""]
    var (isQuoted, isEscaped, isBracketed) = (false, false, false)
    for character in text {
      if character == ",", !isQuoted, !isBracketed {
        parts.append("")
        continue
      }
      if isEscaped {
        isEscaped = false
      } else if character == "\"" {
        isQuoted.toggle()
      } else if character == "\\", isQuoted {
        isEscaped = true
      } else if !isQuoted, character == "<" || character == ">" {
        isBracketed = character == "<"
      }
      parts[parts.count - 1].append(character)
    }
    return parts
  }

  static func hostAndPort(_ text: String) -> Flaw? {
    if !text.contains(":") { return Flaw("has no port", mend: "write HOST:PORT, such as \"\(text):587\"") }
    return WebAddress.hostFlaw(text[...])
  }
}
