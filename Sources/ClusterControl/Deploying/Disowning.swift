import DeployPlan
import FleetModel

extension LiveObject {
  /// The object as it is to be written where it cannot be without the values that an applier has put in: all values stay, and
  /// the applier, its labels and its annotations go.
  ///
  /// - Parameter manager: an applier, by its name as a field manager.
  func disowned(by manager: String) -> JSONValue {
    let own = managedFields.filter { $0["manager"]?.string == manager }
    let others = managedFields.filter { $0["manager"]?.string != manager }
    var metadata = self.metadata
    for (key, fields) in [("labels", "f:labels"), ("annotations", "f:annotations")] {
      let mine = Self.keys(fields, of: own).subtracting(Self.keys(fields, of: others))
      guard let value = metadata[key], !mine.isEmpty else { continue }
      metadata = metadata.setting(key, .object(value.members.filter { !mine.contains($0.key) }))
    }
    // An empty list would be taken for one that nobody wanted to change.
    if !others.isEmpty { metadata = metadata.setting("managedFields", .array(others)) }
    return json.setting("metadata", metadata)
  }

  /// The names of labels or annotations in what managers own.
  private static func keys(_ fields: String, of entries: [JSONValue]) -> Set<String> {
    let members = entries.flatMap { $0["fieldsV1"]?["f:metadata"]?[fields]?.members ?? [] }
    return Set(members.map(\.key).filter { $0.hasPrefix("f:") }.map { String($0.dropFirst(2)) })
  }
}
