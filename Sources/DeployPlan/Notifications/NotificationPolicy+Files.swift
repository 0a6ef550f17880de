public import FleetModel

extension NotificationPolicy {
  /// The policy with those paths that begin beside an `alertmanager.yml` joined with its folder, as Alertmanager joins them:
  /// the files of `http_config`. Others begin at the working directory.
  public func joiningFiles(with folder: String) -> NotificationPolicy {
    var policy = self
    for index in policy.receivers.indices {
      let receiver = policy.receivers[index]
      for item in receiver.webhooks.indices { policy.receivers[index].webhooks[item].http?.joinFiles(with: folder) }
      for item in receiver.slacks.indices { policy.receivers[index].slacks[item].http?.joinFiles(with: folder) }
      for item in receiver.pagerDuties.indices {
        policy.receivers[index].pagerDuties[item].http?.joinFiles(with: folder)
      }
      for item in receiver.opsgenies.indices { policy.receivers[index].opsgenies[item].http?.joinFiles(with: folder) }
      for item in receiver.msTeams.indices { policy.receivers[index].msTeams[item].http?.joinFiles(with: folder) }
      for item in receiver.msTeamsV2.indices { policy.receivers[index].msTeamsV2[item].http?.joinFiles(with: folder) }
      for item in receiver.alertmanagers.indices {
        policy.receivers[index].alertmanagers[item].http?.joinFiles(with: folder)
      }
    }
    return policy
  }
}

extension HTTPClientOptions {
  fileprivate mutating func joinFiles(with folder: String) {
    func join(_ path: inout String?) {
      guard let given = path, !given.isEmpty, !given.hasPrefix("/"), !folder.isEmpty else { return }
      path = folder.hasSuffix("/") ? folder + given : "\(folder)/\(given)"
    }
    join(&bearerTokenFile)
    join(&tls.caFile)
    join(&tls.certFile)
    join(&tls.keyFile)
    if var given = authorization {
      join(&given.credentialsFile)
      authorization = given
    }
    if var given = basicAuth {
      join(&given.passwordFile)
      basicAuth = given
    }
    headers = headers.mapValues { header in
      var header = header
      header.files = header.files.map { file in
        var path: String? = file
        join(&path)
        return path ?? file
      }
      return header
    }
  }
}
