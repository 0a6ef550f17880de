import DeployPlan
import FleetModel
import TestSupport
import Testing

@testable import ClusterControl

/// What was applied comes back from its Secrets byte by byte, however long it is.
@Suite struct RecordPayloadTests {
  private static func secrets(of payload: RecordPayload) throws -> [LiveObject] {
    try payload.parts().enumerated().map { index, part in
      LiveObject([
        "metadata": ["name": .string("skep-deploy-20261123-010203\(index == 0 ? "" : ".\(index)")")],
        "data": .object(part.map { .init(key: $0.key, value: .string(Base64.encode($0.value))) }),
      ])
    }
  }

  @Test(arguments: [0, 1, 1000, 3_000_000]) func theBytesComeBack(count: Int) throws {
    let random = SeededRandom(seed: 7)
    // Of letters that do not compress to nothing: several parts.
    let text = String(decoding: (0..<count).map { _ in UInt8(32 + random.next() % 90) }, as: UTF8.self)
    let inventory = (0..<50).map {
      Manifest.ID(group: "apps", kind: "Deployment", namespace: "shop", name: "agent-\($0)")
    }
    let payload = RecordPayload(
      manifests: text, own: Array(inventory.prefix(40)), others: Array(inventory.dropFirst(40)),
      dependsOn: ["b": ["a"]])
    let secrets = try Self.secrets(of: payload)
    #expect(secrets.count == (count == 3_000_000 ? 4 : 1))
    for part in try payload.parts() { #expect(part.reduce(0) { $0 + $1.value.count } <= RecordPayload.maximumPart) }
    let again = try RecordPayload(secrets: secrets, digest: RecordPayload.digest(of: text))
    #expect(again == payload)
  }

  @Test func whatIsMissingOrOtherIsSaid() throws {
    let payload = RecordPayload(manifests: "kind: Service\n", own: [])
    let secrets = try Self.secrets(of: payload)
    #expect(throws: RecordPayload.Failure(description: "no Secret holds what was applied")) {
      try RecordPayload(secrets: [], digest: "")
    }
    #expect(throws: RecordPayload.Failure.self) { try RecordPayload(secrets: secrets, digest: "00") }
    let damaged = LiveObject(["metadata": ["name": "s"], "data": ["manifests": "AAAA", "inventory": "AAAA"]])
    let error = #expect(throws: RecordPayload.Failure.self) { try RecordPayload(secrets: [damaged], digest: "00") }
    #expect(error?.description.hasPrefix("the inventory of Secret s is damaged") == true)
  }
}
