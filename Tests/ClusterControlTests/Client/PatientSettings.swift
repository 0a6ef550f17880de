import ClusterControl

extension ClusterClientSettings {
  /// As the default ones, but that they give a busy machine the time to connect and to answer.
  static func patient(attempts: Int = 6) -> Self {
    ClusterClientSettings(connectTimeout: .seconds(300), requestTimeout: .seconds(3_600), attempts: attempts)
  }
}
