/// The messages of remote write, by the names that a sender's `Content-Type` gives them after `proto=`
/// (<https://prometheus.io/docs/specs/prw/remote_write_spec_2_0/#content-type>).
public enum WriteMessage: String, Sendable, Hashable, CaseIterable {
  /// Of remote write 1.0; meant too where a sender names none.
  case version1 = "prometheus.WriteRequest"
  /// Of remote write 2.0.
  case version2 = "io.prometheus.write.v2.Request"
}
