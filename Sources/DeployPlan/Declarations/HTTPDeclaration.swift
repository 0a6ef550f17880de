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
        F("proxy_url", optional: \.proxyURL, Shapes.url, "proxy to go through"),
      ],
      check: { _, reader, path in
        reader.allowOne(of: ["bearer_token", "bearer_token_file", "authorization", "basic_auth"], in: path)
        reader.adviseFile(for: "bearer_token", in: path)
      })
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
        reader.requireOne(of: ["password", "password_file"], in: path)
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
