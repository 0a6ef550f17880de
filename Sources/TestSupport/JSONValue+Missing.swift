public import FleetModel

extension JSONValue {
  /// The place of the first value of `wanted` that this one does not have: members may be more here, items of arrays not. `nil` if
  /// all is there.
  public func firstMissing(of wanted: JSONValue, path: String) -> String? {
    switch (wanted, self) {
    case (.object(let members), .object):
      for member in members {
        let place = "\(path).\(member.key)"
        guard let value = self[member.key] else { return place }
        if let missing = value.firstMissing(of: member.value, path: place) { return missing }
      }
      return nil
    case (.array(let items), .array(let others)):
      guard items.count == others.count else { return path }
      for (index, (item, other)) in zip(items, others).enumerated() {
        if let missing = other.firstMissing(of: item, path: "\(path)[\(index)]") { return missing }
      }
      return nil
    default: return wanted == self ? nil : "\(path): \(wanted) is \(self)"
    }
  }
}
