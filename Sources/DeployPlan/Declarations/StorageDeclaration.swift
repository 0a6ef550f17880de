import FleetModel

/// The keys of `storage` and `tracing`.
enum StorageDeclaration {
  static var shape: Shape<StorageOptions> {
    typealias F = Field<StorageOptions>
    return .object(
      StorageOptions(),
      [
        F(
          "fsync_interval", \.fsyncInterval, fsync,
          "between two syncs of the write-ahead log; \"always\" syncs before every acknowledgement"),
        F("out_of_order_window", \.outOfOrderWindow, Shapes.duration(), "how late a sample may come"),
        F(
          "max_exemplars", \.maximumExemplars, Shapes.integer(0...10_000_000),
          "exemplars that are kept, of all series together; 0 keeps none"),
        F("remote_write", \.remoteWrite, Shapes.list(remoteWrite), "engines that samples are also written to"),
        F("query_url", optional: \.queryURL, Shapes.url, "a Prometheus-compatible engine that answers queries"),
        F("query_http_config", \.queryHTTP, HTTPDeclaration.optionsReference(), "how queries to it prove who they are"),
      ])
  }

  private static var fsync: Shape<Duration?> {
    let duration = Shapes.positiveDuration
    return Shape(
      schema: .object(["anyOf": .array([.object(["const": .string("always")]), duration.schema()])]),
      read: { tree, reader, path in
        if case .scalar("always", _) = tree.content { return .some(nil) }
        return duration.read(tree, reader, path).map { .some($0) }
      },
      write: { value in value.map { .string(PrometheusDuration.format($0)) } ?? .string("always") })
  }

  private static var secretHeaders: Shape<[String: SecretText]> {
    Shapes.dictionary(
      Shapes.secret { $0.contains(where: \.isNewline) ? Flaw("holds a line break") : nil }, key: NameRules.headerName)
  }

  private static var remoteWrite: Shape<StorageOptions.RemoteWrite> {
    typealias F = Field<StorageOptions.RemoteWrite>
    return .object(
      StorageOptions.RemoteWrite(),
      [
        F("url", \.url, Shapes.url, required: true, "where to"),
        F("name", optional: \.name, Shapes.text(), "name of it, unique; the URL's host where it is not given"),
        F("timeout", \.timeout, Shapes.positiveDuration, "when one try is given up"),
        F("headers", \.headers, secretHeaders, "further headers"),
        F("queue_size", \.queueSize, Shapes.byteSize, "bytes that may wait on disk"),
        F("http_config", \.http, HTTPDeclaration.optionsReference(), "how the request proves who it is"),
      ])
  }

  static var tracing: Shape<TracingOptions> {
    typealias F = Field<TracingOptions>
    typealias T = Field<TracingOptions.Forward>
    let forward = Shape<TracingOptions.Forward>.object(
      TracingOptions.Forward(),
      [
        T("endpoint", \.endpoint, Shapes.url, required: true, "an OTLP/HTTP back end"),
        T("headers", \.headers, secretHeaders, "further headers"),
        T("timeout", \.timeout, Shapes.positiveDuration, "when one try is given up"),
        T("http_config", \.http, HTTPDeclaration.optionsReference(), "how the request proves who it is"),
      ])
    return .object(
      TracingOptions(),
      [
        F("retention", \.retention, Shapes.positiveDuration, "how long spans are kept"),
        F("retention_size", optional: \.retentionSize, Shapes.byteSize, "bytes of spans that are kept at most"),
        F("forward", \.forward, Shapes.list(forward), "back ends that spans are also sent to"),
      ])
  }
}
