import FleetModel

/// The keys of `http_config` and `tls_config`, as Alertmanager and Prometheus have them.
enum HTTPDeclaration {
  static func optionsReference() -> Shape<HTTPClientOptions> { Shapes.reference("http_config") { options } }

  static func tlsReference() -> Shape<TLSClientOptions> { Shapes.reference("tls_config") { tls } }

  static var options: Shape<HTTPClientOptions> {
    typealias F = Field<HTTPClientOptions>
    return .object(
      HTTPClientOptions(),
      [
        F("bearer_token", optional: \.bearerToken, Shapes.secret(), "bearer token; better in bearer_token_file"),
        F("bearer_token_file", optional: \.bearerTokenFile, Shapes.text(), "file that holds the bearer token"),
        F("authorization", optional: \.authorization, authorization, "the Authorization header"),
        F("basic_auth", optional: \.basicAuth, basic, "user name and password"),
        F("tls_config", \.tls, tlsReference(), "whom the connection trusts"),
        F("follow_redirects", \.followRedirects, Shapes.boolean, "whether redirects are followed"),
        F("enable_http2", \.enableHTTP2, Shapes.boolean, "whether HTTP/2 may be spoken"),
        F("proxy_url", optional: \.proxyURL, Shapes.proxyURL, "proxy to go through, by http or socks5"),
        F(
          "http_headers", \.headers, Shapes.dictionary(headerValues, key: ownHeader),
          "further headers of every request"),
      ],
      refused: [
        "oauth2": Flaw("is not supported", mend: "give a token that others renew: authorization with credentials_file"),
        "no_proxy": Flaw("is not supported", mend: "give proxy_url only where the proxy is to be used"),
        "proxy_from_environment": Flaw("is not supported", mend: "name the proxy by proxy_url"),
        "proxy_connect_header": Flaw("is not supported", mend: "use a proxy that asks for none"),
      ],
      check: { _, reader, path in
        reader.allowOne(of: ["bearer_token", "bearer_token_file", "authorization", "basic_auth"], in: path)
        reader.adviseFile(for: "bearer_token", in: path)
      })
  }

  private static var headerValues: Shape<HTTPClientOptions.HeaderValues> {
    typealias F = Field<HTTPClientOptions.HeaderValues>
    return .object(
      HTTPClientOptions.HeaderValues(),
      [
        F("values", \.values, Shapes.list(Shapes.looseText(check: oneLine)), "values"),
        F("secrets", \.secrets, Shapes.list(Shapes.secret(check: oneLine)), "values that are never shown"),
        F("files", \.files, Shapes.list(Shapes.text()), "files that hold one value each"),
      ])
  }

  private static func oneLine(_ text: String) -> Flaw? {
    text.utf8.contains { $0 < 0x20 && $0 != 0x09 || $0 == 0x7f } ? Flaw("holds a control character") : nil
  }

  /// Those that the client sets itself cannot be given.
  private static func ownHeader(_ name: String) -> Flaw? {
    let reserved = [
      "accept-encoding", "authorization", "connection", "content-encoding", "content-length", "content-type", "host",
      "proxy-authorization", "transfer-encoding", "upgrade", "user-agent",
    ]
    if reserved.contains(name.lowercased()) {
      return Flaw("is set by Skep itself", mend: "remove it; credentials go into authorization or basic_auth")
    }
    return NameRules.headerName(name)
  }

  private static var authorization: Shape<HTTPClientOptions.Authorization> {
    typealias F = Field<HTTPClientOptions.Authorization>
    return .object(
      HTTPClientOptions.Authorization(),
      [
        F("type", \.type, Shapes.text(), "the scheme"),
        F("credentials", optional: \.credentials, Shapes.secret(), "the credentials; better in credentials_file"),
        F("credentials_file", optional: \.credentialsFile, Shapes.text(), "file that holds the credentials"),
      ],
      check: { value, reader, path in
        if value.type.lowercased() == "basic" {
          reader.error(Path.key("type", in: path), "\"\(value.type)\" cannot be used here", mend: "use basic_auth")
        }
        reader.requireOne(of: ["credentials", "credentials_file"], in: path)
        reader.adviseFile(for: "credentials", in: path)
      })
  }

  private static var basic: Shape<HTTPClientOptions.BasicAuth> {
    typealias F = Field<HTTPClientOptions.BasicAuth>
    return .object(
      HTTPClientOptions.BasicAuth(),
      [
        F("username", \.username, Shapes.looseText(), required: true, "user name"),
        F("password", optional: \.password, Shapes.secret(), "password; better in password_file"),
        F("password_file", optional: \.passwordFile, Shapes.text(), "file that holds the password"),
      ],
      check: { _, reader, path in
        reader.allowOne(of: ["password", "password_file"], in: path)
        reader.adviseFile(for: "password", in: path)
      })
  }

  static var tls: Shape<TLSClientOptions> {
    typealias F = Field<TLSClientOptions>
    return .object(
      TLSClientOptions(),
      [
        F(
          "ca_file", optional: \.caFile, Shapes.text(),
          "certificates that are trusted; those of the system where not given"),
        F("cert_file", optional: \.certFile, Shapes.text(), "own certificate"),
        F("key_file", optional: \.keyFile, Shapes.text(), "own key"),
        F("server_name", optional: \.serverName, Shapes.text(), "name that the other side's certificate must have"),
        F("insecure_skip_verify", \.insecureSkipVerify, Shapes.boolean, "whether certificates go unchecked"),
        F(
          "min_version", optional: \.minVersion, Shapes.choice(),
          "the oldest version spoken; TLS12 if not given"),
        F("max_version", optional: \.maxVersion, Shapes.choice(), "the newest version spoken"),
      ],
      check: { _, reader, path in
        let certificate = reader.isGiven(Path.key("cert_file", in: path))
        if certificate != reader.isGiven(Path.key("key_file", in: path)) {
          reader.error(
            path, "has \(certificate ? "cert_file without key_file" : "key_file without cert_file")",
            mend: "give both or neither", spoils: [])
        }
      })
  }
}

extension Reader {
  /// A secret that stands in the file itself is taken, with a warning.
  func adviseFile(for key: String, in path: String) {
    let path = Path.key(key, in: path)
    if isGiven(path), isSound(path) {
      warn(path, "a secret stands in this file", mend: "put it into a file of its own and give \(key)_file")
    }
  }
}
