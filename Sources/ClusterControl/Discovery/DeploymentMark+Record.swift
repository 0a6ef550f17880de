public import DeployPlan
public import FleetModel

extension DeploymentMark {
  /// What of a record is shown.
  public init(_ record: DeployRecord) {
    self.init(
      id: record.id.text, system: record.system, state: record.state.text, by: record.by,
      startedAt: record.startedAt, endedAt: record.endedAt, rollbackOf: record.rollbackOf?.text,
      agents: record.agents.mapValues {
        Agent(revision: $0.revision, image: $0.image, state: $0.state.rawValue)
      })
  }

  /// The key of a record's ConfigMap.
  static let recordKey = "record.json"

  /// What a record's ConfigMap says.
  ///
  /// - Throws: ``DeployRecordError`` for what is no record.
  public init(configMap: LiveObject) throws(DeployRecordError) {
    guard let text = configMap.json["data"]?[Self.recordKey]?.string else {
      throw DeployRecordError(key: Self.recordKey, problem: "ConfigMap \(configMap.name) has no such key")
    }
    let json: JSONValue
    do throws(JSONParser.Failure) { json = try JSONParser.parse(Array(text.utf8)) } catch {
      throw DeployRecordError(key: Self.recordKey, problem: "ConfigMap \(configMap.name): \(error)")
    }
    self.init(try DeployRecord(json: json))
  }
}
