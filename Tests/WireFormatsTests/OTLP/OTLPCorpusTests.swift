import FleetModel
import Foundation
import TestSupport
import Testing

@testable import WireFormats

/// The examples that come with OTLP's definitions (open-telemetry/opentelemetry-proto, `examples`), where they are at hand;
/// `SKEP_CORPORA` names the folder.
@Suite struct OTLPCorpusTests {
  private static let folder: URL = {
    let named = ProcessInfo.processInfo.environment["SKEP_CORPORA"].map { URL(filePath: $0) }
    let beside = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
      .appending(path: "shared/corpora")
    return (named ?? beside).appending(path: "otlp-proto/examples")
  }()

  private static let isThere = FileManager.default.fileExists(atPath: folder.path)

  private static func example(_ name: String) throws -> [UInt8] {
    try Array(Data(contentsOf: folder.appending(path: name)))
  }

  @Test(.enabled(if: isThere, "the corpora are not at hand"))
  func theTrace() throws {
    let result = try OTLPTraceDecoder().decode(try Self.example("trace.json"), as: .json)
    #expect(result.rejections.isEmpty && result.batch.isSound && !result.batch.isEmpty)
    #expect(result.batch.span(at: 0).agent == "my.service")
    let again = try OTLPTraceDecoder().decode(OTLPTraceEncoder.encode(result.batch, as: .protobuf), as: .protobuf)
    #expect(OTLPPropertyTests.all(again.batch) == OTLPPropertyTests.all(result.batch))
  }

  @Test(.enabled(if: isThere, "the corpora are not at hand"))
  func theMetrics() throws {
    let json = try Self.example("metrics.json")
    let writes = try OTLPMetricsDecoder().decode(json, as: .json)
    #expect(writes.rejections.count + writes.points >= 4, "\(writes.rejections)")
    let protobuf = try OTLPJSON.protobuf(json, as: .metricsRequest)
    #expect(try OTLPMetricsDecoder().decode(protobuf, as: .protobuf).message == writes.message)
    // As JSON again, the message is the same.
    let text = try OTLPJSONText.text(protobuf, as: .metricsRequest)
    #expect(try OTLPMetricsDecoder().decode(text, as: .json).message == writes.message)
    for line in try OTLPMetricsTests.lines(writes) { #expect(line.contains("my_") || line.contains("target_info")) }
  }
}
