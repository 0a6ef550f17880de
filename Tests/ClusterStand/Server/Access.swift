/// Who may do what.
public struct StandAccess: Sendable {
  /// What somebody wants to do.
  public struct Wish: Sendable, Hashable {
    public var user: String
    public var verb: String
    public var group: String
    public var resource: String
    /// Empty for the whole cluster.
    public var namespace: String
    public var name: String
  }

  /// Names of users by their bearer token. With none, whoever asks without credentials is the administrator.
  public var tokens: [String: String] = [:]
  /// Names of users by the DER bytes of their certificate, for a stand with TLS.
  public var certificates: [[UInt8]: String] = [:]
  /// Whether it is allowed, asked for everybody but the anonymous, who may do nothing.
  public var allows: @Sendable (Wish) -> Bool = { _ in true }

  public init() {}
}

extension StandAccess {
  /// - Throws: 401.
  func user(authorization: String?, certificate: [UInt8]?) throws(StatusError) -> StandUser {
    if let authorization {
      let token = authorization.hasPrefix("Bearer ") ? String(authorization.dropFirst(7)) : ""
      guard let name = tokens[token] else { throw .unauthorized }
      return StandUser(name: name)
    }
    if let certificate, let name = certificates[certificate] { return StandUser(name: name) }
    return tokens.isEmpty && certificates.isEmpty ? .administrator : .anonymous
  }

  func isAllowed(_ wish: Wish) -> Bool { wish.user != StandUser.anonymous.name && allows(wish) }

  /// - Throws: 403 as the server words it.
  func check(_ request: StandRequest, _ target: Target, verb: String) throws(StatusError) {
    // Apply is a patch to whoever gives rights.
    let verb = verb == "apply" ? "patch" : verb
    let resource = target.resource
    let path = target.subresource.isEmpty ? resource.plural : "\(resource.plural)/\(target.subresource)"
    let wish = Wish(
      user: request.user.name, verb: verb, group: resource.group, resource: path, namespace: target.namespace ?? "",
      name: target.name ?? "")
    if isAllowed(wish) { return }
    let place = target.namespace.map { "in the namespace \"\($0)\"" } ?? "at the cluster scope"
    throw .forbidden(
      resource, verb == "create" ? "" : target.name ?? "",
      "User \"\(request.user.name)\" cannot \(verb) resource \"\(path)\" in API group \"\(resource.group)\" \(place)")
  }
}
