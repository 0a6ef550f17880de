/// RFC 6902.
enum JSONPatch {
  static func apply(_ patch: Tree, to document: Tree) throws(StatusError) -> Tree {
    guard case .array(let operations) = patch else {
      throw .badRequest("error decoding patch: it is no list of operations")
    }
    var document = document
    for operation in operations {
      let path = try pointer(operation["path"])
      switch operation["op"]?.string {
      case "add": try change(&document, path[...], inserts: true) { _ in operation["value"] ?? .null }
      case "replace":
        try change(&document, path[...], inserts: false) { old throws(StatusError) in
          guard old != nil else { throw missing(path) }
          return operation["value"] ?? .null
        }
      case "remove":
        try change(&document, path[...], inserts: false) { old throws(StatusError) in
          guard old != nil else { throw missing(path) }
          return nil
        }
      case "test":
        try change(&document, path[...], inserts: false) { old throws(StatusError) in
          guard old == operation["value"] ?? .null else {
            throw StatusError(
              code: 422, reason: "Invalid",
              message: "the server rejected our request due to an error in our request: testing value /"
                + path.joined(separator: "/") + " failed: test failed")
          }
          return old
        }
      case let other: throw .notDone("the operation \(other ?? "without a name") of a JSON patch")
      }
    }
    return document
  }

  private static func missing(_ path: [String]) -> StatusError {
    StatusError(
      code: 422, reason: "Invalid",
      message:
        "the server rejected our request due to an error in our request: /\(path.joined(separator: "/")) is missing")
  }

  private static func pointer(_ value: Tree?) throws(StatusError) -> [String] {
    guard let text = value?.string, text.hasPrefix("/") else {
      throw .badRequest("error decoding patch: a path is missing")
    }
    return text.dropFirst().split(separator: "/", omittingEmptySubsequences: false).map { part in
      part.split(separator: "~1", omittingEmptySubsequences: false).joined(separator: "/")
        .split(separator: "~0", omittingEmptySubsequences: false).joined(separator: "~")
    }
  }

  private static func change(
    _ tree: inout Tree, _ path: ArraySlice<String>, inserts: Bool, _ body: (Tree?) throws(StatusError) -> Tree?
  ) throws(StatusError) {
    guard let first = path.first else { return }
    let isLast = path.count == 1
    switch tree {
    case .object:
      var inner = tree[first]
      if isLast {
        inner = try body(inner)
      } else {
        guard var deeper = inner else { throw missing(Array(path)) }
        try change(&deeper, path.dropFirst(), inserts: inserts, body)
        inner = deeper
      }
      tree[first] = inner
    case .array(var elements):
      let index = first == "-" ? elements.count : Int(first) ?? -1
      guard index >= 0, index < elements.count || (inserts && isLast && index == elements.count) else {
        throw missing(Array(path))
      }
      if !isLast {
        try change(&elements[index], path.dropFirst(), inserts: inserts, body)
      } else if inserts {
        if let value = try body(nil) { elements.insert(value, at: index) }
      } else if let value = try body(elements[index]) {
        elements[index] = value
      } else {
        elements.remove(at: index)
      }
      tree = .array(elements)
    default: throw missing(Array(path))
    }
  }
}
