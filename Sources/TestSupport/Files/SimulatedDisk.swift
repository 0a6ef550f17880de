import Platform
import SystemPackage

/// What lies behind a ``SimulatedFileSystem``: files, names, faults that are to come, and the count of operations.
struct SimulatedDisk {
  typealias Node = SimulatedDirectories.Node
  typealias Operation = SimulatedFileSystem.Operation

  /// What becomes of an operation while the program lives.
  enum Verdict {
    case proceeds
    /// It fails, and the program goes on.
    case fails(FileError)
    /// The end comes in its midst.
    case isInterrupted(FileError)
  }

  struct Plan {
    var operation: Operation
    var suffix: String
    var skipping: Int
    var times: Int
    var errno: Errno
  }

  let random: SeededRandom
  var faults = SimulatedFileSystem.Faults()
  var capacity: UInt64?
  var plans: [Plan] = []
  var operationCount = 0
  /// How it ends, and at which count.
  var interruption: (kind: SimulatedFileSystem.Interruption, at: Int)?
  var isInterrupted = false
  /// Handles of an earlier life are dead.
  private(set) var life = 0

  var directories = SimulatedDirectories()
  private var files: [Node: SimulatedFile] = [:]
  private var nextNode: Node = 1

  init(_ random: SeededRandom) { self.random = random }

  // MARK: Verdicts

  /// - Throws: after an interruption.
  mutating func verdict(on operation: Operation, _ path: FilePath) throws(FileError) -> Verdict {
    let dead = FileError(path: path, operation: operation.rawValue, errno: .init(rawValue: 108), mend: "restart")
    if isInterrupted { throw dead }
    if operation.changesSomething {
      operationCount += 1
      if let interruption, operationCount >= interruption.at {
        isInterrupted = true
        return .isInterrupted(dead)
      }
    }
    guard let errno = fault(of: operation, path) else { return .proceeds }
    return .fails(FileError(path: path, operation: operation.rawValue, errno: errno))
  }

  private mutating func fault(of operation: Operation, _ path: FilePath) -> Errno? {
    if let index = plans.firstIndex(where: { $0.operation == operation && path.string.hasSuffix($0.suffix) }) {
      if plans[index].skipping > 0 {
        plans[index].skipping -= 1
      } else {
        let errno = plans[index].errno
        plans[index].times -= 1
        if plans[index].times == 0 { plans.remove(at: index) }
        return errno
      }
    }
    return random.happens(faults.probability(of: operation)) ? .ioError : nil
  }

  // MARK: The end

  mutating func end(_ kind: SimulatedFileSystem.Interruption) {
    life += 1
    isInterrupted = false
    interruption = nil
    if kind == .powerLoss {
      directories.losePower(random)
      for node in files.keys.sorted() { files[node]?.losePower(random) }
    } else {
      for node in files.keys { files[node]?.handles = 0 }
    }
    collect()
  }

  // MARK: Files

  var usedBytes: UInt64 {
    let named = directories.named
    return files.reduce(0) {
      named.contains($1.key) || $1.value.handles > 0 ? $0 + UInt64($1.value.content.count) : $0
    }
  }

  func file(_ path: FilePath) throws(Errno) -> SimulatedFile {
    guard let file = files[try directories.findFile(path)] else { throw .noSuchFileOrDirectory }
    return file
  }

  mutating func createDirectory(_ path: FilePath) throws(Errno) {
    var parent = FilePath(root: path.root)
    for component in path.components {
      parent.append(component)
      do throws(Errno) {
        guard directories.isDirectory(try directories.find(parent)) else { throw .notDirectory }
      } catch .noSuchFileOrDirectory {
        try directories.addDirectory(parent, newNode())
      } catch {
        throw error
      }
    }
  }

  mutating func create(_ path: FilePath) throws(Errno) -> Node {
    let node = newNode()
    try directories.add(path, node)
    files[node] = SimulatedFile()
    files[node]?.handles = 1
    return node
  }

  /// Puts content in place of what is there, durably.
  mutating func put(_ path: FilePath, _ content: [UInt8]) throws(Errno) {
    let node: Node
    do throws(Errno) {
      node = try directories.findFile(path)
    } catch .noSuchFileOrDirectory {
      node = newNode()
      try directories.add(path, node)
      try directories.sync(path.removingLastComponent())
    } catch {
      throw error
    }
    let handles = files[node]?.handles ?? 0
    files[node] = SimulatedFile(content)
    files[node]?.handles = handles
  }

  mutating func change<Failure: Error>(
    _ node: Node, _ body: (inout SimulatedFile) throws(Failure) -> Void
  ) throws(Failure) {
    guard var file = files.removeValue(forKey: node) else { return }
    defer { files[node] = file }
    try body(&file)
  }

  /// - Returns: how many of the bytes have room.
  mutating func write(_ bytes: UnsafeRawBufferPointer, at offset: UInt64, to node: Node) -> Int {
    guard let size = files[node]?.content.count, let start = Int(exactly: offset) else { return 0 }
    var room = bytes.count
    if let capacity {
      let free = capacity - min(capacity, usedBytes)
      room = min(room, max(0, size + Int(clamping: free) - start))
    }
    change(node) { $0.write(UnsafeRawBufferPointer(rebasing: bytes[..<room]), at: start) }
    if random.happens(faults.writeBack) { change(node) { [random] in $0.writeBack(random) } }
    return room
  }

  mutating func syncAll() {
    directories.syncAll()
    for node in files.keys { files[node]?.sync() }
  }

  /// Forgets what nothing leads to.
  mutating func collect() {
    let reachable = directories.reachable
    files = files.filter { reachable.contains($0.key) || $0.value.handles > 0 }
  }

  private mutating func newNode() -> Node {
    defer { nextNode += 1 }
    return nextNode
  }
}
