public import FleetModel

/// Where a field stands in an object: `spec.template.spec.containers[name="web"].image`.
public struct FieldPath: Sendable, Hashable, CustomStringConvertible {
  public enum Step: Sendable, Hashable {
    case field(String)
    /// An item of a list by the fields that tell its items apart.
    case item([JSONValue.Member])
    /// An item of a set.
    case value(JSONValue)
    /// From 0, in lists whose items nothing tells apart.
    case index(Int)
  }

  public var steps: [Step]

  public init(_ steps: [Step] = []) { self.steps = steps }

  func appending(_ step: Step) -> FieldPath { FieldPath(steps + [step]) }

  /// As the API server writes paths, without the leading dot; keys with other characters than letters, digits, `-` and
  /// `_` stand in brackets: `metadata.labels["app.kubernetes.io/name"]`.
  public var description: String {
    var text = ""
    for step in steps {
      switch step {
      case .field(let name) where Self.isPlain(name): text += text.isEmpty ? name : "." + name
      case .field(let name): text += "[\(JSONValue.string(name))]"
      case .item(let keys): text += "[" + keys.map { "\($0.key)=\($0.value)" }.joined(separator: ",") + "]"
      case .value(let value): text += "[=\(value)]"
      case .index(let index): text += "[\(index)]"
      }
    }
    return text
  }

  private static func isPlain(_ name: String) -> Bool {
    !name.isEmpty
      && name.utf8.allSatisfy { byte in
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
          UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "_"):
          true
        default: false
        }
      }
  }
}
