import Glibc
import SystemPackage

/// Names on a simulated disk: as programs see them, as they are after a loss of power, and the changes between.
struct SimulatedDirectories {
  /// A file or directory, whatever its names.
  typealias Node = Int

  static let root: Node = 0

  private typealias Names = [Node: [String: Node]]

  private enum Change {
    case add(Node, String, Node)
    case remove(Node, String, Node)
    case move(Node, String, to: Node, String, Node)

    /// Whose sync makes it durable.
    var directory: Node {
      switch self {
      case .add(let directory, _, _), .remove(let directory, _, _), .move(_, _, to: let directory, _, _): directory
      }
    }

    func apply(to names: inout Names) {
      switch self {
      case .add(let directory, let name, let node):
        names[directory, default: [:]][name] = node
      case .remove(let directory, let name, let node):
        // Another change, not kept, may have put something else there.
        if names[directory]?[name] == node { names[directory]?[name] = nil }
      case .move(let old, let oldName, to: let new, let newName, let node):
        if names[old]?[oldName] == node { names[old]?[oldName] = nil }
        names[new, default: [:]][newName] = node
      }
    }
  }

  private var visible: Names = [root: [:]]
  private var durable: Names = [root: [:]]
  private var pending: [Change] = []
  private var directories: Set<Node> = [root]

  func isDirectory(_ node: Node) -> Bool { directories.contains(node) }

  /// All that a name, seen or durable, leads to. What is not in it is gone for good once nobody has it open.
  var reachable: Set<Node> {
    var nodes: Set<Node> = []
    for names in visible.values { nodes.formUnion(names.values) }
    for names in durable.values { nodes.formUnion(names.values) }
    for change in pending {
      switch change {
      case .add(_, _, let node), .remove(_, _, let node), .move(_, _, to: _, _, let node): nodes.insert(node)
      }
    }
    return nodes
  }

  /// All that a name which programs see leads to.
  var named: Set<Node> { visible.values.reduce(into: []) { $0.formUnion($1.values) } }

  func find(_ path: FilePath) throws(Errno) -> Node { try find(Self.names(path)) }

  private func find(_ names: [String]) throws(Errno) -> Node {
    var node = Self.root
    for name in names {
      guard isDirectory(node) else { throw .notDirectory }
      guard let next = visible[node]?[name] else { throw .noSuchFileOrDirectory }
      node = next
    }
    return node
  }

  /// The parts of a path; much quicker than its components where nothing is optimised, as in tests.
  private static func names(_ path: FilePath) -> [String] {
    path.withPlatformString { text in
      var names: [String] = []
      var start = text
      while start.pointee != 0 {
        let length = strcspn(start, "/")
        let name = String(decoding: UnsafeRawBufferPointer(start: start, count: length), as: UTF8.self)
        if !name.isEmpty && name != "." { names.append(name) }
        start += length + (start[length] == 0 ? 0 : 1)
      }
      return names
    }
  }

  func findFile(_ path: FilePath) throws(Errno) -> Node {
    let node = try find(path)
    if isDirectory(node) { throw .isDirectory }
    return node
  }

  func names(in path: FilePath) throws(Errno) -> [String] {
    let node = try find(path)
    guard isDirectory(node) else { throw .notDirectory }
    return (visible[node] ?? [:]).keys.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
  }

  mutating func add(_ path: FilePath, _ node: Node) throws(Errno) {
    let (directory, name) = try place(path)
    if visible[directory]?[name] != nil { throw .fileExists }
    change(.add(directory, name, node))
  }

  mutating func addDirectory(_ path: FilePath, _ node: Node) throws(Errno) {
    try add(path, node)
    directories.insert(node)
    visible[node] = [:]
    durable[node] = [:]
  }

  mutating func remove(_ path: FilePath) throws(Errno) {
    let node = try findFile(path)
    let (directory, name) = try place(path)
    change(.remove(directory, name, node))
  }

  mutating func move(_ old: FilePath, to new: FilePath) throws(Errno) {
    let node = try find(old)
    let (directory, name) = try place(old)
    let (newDirectory, newName) = try place(new)
    if let target = visible[newDirectory]?[newName] {
      if target == node { return }
      if isDirectory(target) { throw isDirectory(node) ? .directoryNotEmpty : .isDirectory }
      if isDirectory(node) { throw .notDirectory }
    }
    change(.move(directory, name, to: newDirectory, newName, node))
  }

  mutating func sync(_ path: FilePath) throws(Errno) {
    let node = try find(path)
    guard isDirectory(node) else { throw .notDirectory }
    syncAll { $0.directory == node }
  }

  /// All changes become durable.
  mutating func syncAll() { syncAll { _ in true } }

  /// Of the changes that were not synced any may be lost, each by itself.
  mutating func losePower(_ random: SeededRandom) {
    let kept = random.subset(of: pending.count)
    for (index, change) in pending.enumerated() where kept[index] { change.apply(to: &durable) }
    pending = []
    visible = durable
  }

  private mutating func syncAll(_ isMeant: (Change) -> Bool) {
    for change in pending where isMeant(change) { change.apply(to: &durable) }
    pending.removeAll(where: isMeant)
  }

  private mutating func change(_ change: Change) {
    change.apply(to: &visible)
    pending.append(change)
  }

  private func place(_ path: FilePath) throws(Errno) -> (Node, String) {
    var names = Self.names(path)
    guard let name = names.popLast() else { throw .invalidArgument }
    let directory = try find(names)
    guard isDirectory(directory) else { throw .notDirectory }
    return (directory, name)
  }
}
