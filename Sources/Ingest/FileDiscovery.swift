import FleetModel
import Glibc
import Logging
import Platform
import SystemPackage

/// Follows `file_sd` files: looks at them every few seconds and hands the targets of those that changed to the
/// registry.
///
/// A file that is gone takes its targets with it. A file that cannot be understood keeps those it had, and its first
/// problem is logged once, with its place.
struct FileDiscovery: Sendable {
  static let interval: Duration = .seconds(5)
  /// More than this is no list of targets.
  private static let maximumBytes = 16 << 20

  private let patterns: [String]
  private let registry: AgentRegistry
  private let time: any TimeSource
  private let logger: Logger
  private var known: [String: FileState] = [:]

  /// What tells a file from its next version.
  private struct FileState: Sendable, Hashable {
    var inode: UInt64
    var size: Int64
    var seconds: Int
    var nanoseconds: Int
  }

  private struct Found: Sendable {
    var path: String
    var state: FileState
    /// `nil` if it is as it was.
    var content: Result<[UInt8], Problem>?
  }

  private struct Problem: Error, Sendable { var text: String }

  init(_ patterns: [String], registry: AgentRegistry, time: any TimeSource, logger: Logger) {
    self.patterns = patterns
    self.registry = registry
    self.time = time
    self.logger = logger
  }

  /// Runs until the task is cancelled.
  mutating func run() async {
    while true {
      await look()
      do { try await time.sleep(for: Self.interval) } catch { return }
    }
  }

  /// Looks once.
  mutating func look() async {
    let known = known
    let patterns = patterns
    let found = await BlockingWork.files.run { Self.scan(patterns, known) }
    for file in found {
      if let content = file.content { take(content, of: file.path) }
      self.known[file.path] = file.state
    }
    let present = Set(found.map(\.path))
    for path in known.keys where !present.contains(path) {
      self.known[path] = nil
      registry.replaceTargets(of: .fileDiscovery(path), with: [])
      logger.warning("discovery file is gone; its agents are no longer watched", metadata: ["file": "\(path)"])
    }
  }

  private func take(_ content: Result<[UInt8], Problem>, of path: String) {
    do {
      let targets = try DiscoveryFile.targets(try content.get(), path: path)
      let refused = registry.replaceTargets(of: .fileDiscovery(path), with: targets)
      for target in refused { logger.warning("discovered target refused", metadata: ["reason": "\(target)"]) }
      logger.info("discovery file read", metadata: ["file": "\(path)", "targets": "\(targets.count - refused.count)"])
    } catch let problem as DiscoveryFile.Problem {
      logger.error(
        "discovery file not understood; its former targets stay", metadata: ["problem": "\(problem.diagnostic)"])
    } catch {
      let text = (error as? Problem)?.text ?? "\(error)"
      logger.error("discovery file not read; its former targets stay", metadata: ["problem": "\(text)"])
    }
  }

  // MARK: - Blocking

  private static func scan(_ patterns: [String], _ known: [String: FileState]) -> [Found] {
    var found: [String: Found] = [:]
    for path in patterns.flatMap(expand) where found[path] == nil {
      guard let state = state(of: path) else { continue }
      guard state != known[path] else {
        found[path] = Found(path: path, state: state)
        continue
      }
      found[path] = Found(path: path, state: state, content: read(path, state))
    }
    return found.values.sorted { $0.path < $1.path }
  }

  private static func read(_ path: String, _ state: FileState) -> Result<[UInt8], Problem> {
    guard state.size <= maximumBytes else {
      return .failure(Problem(text: "\(path) has \(state.size) bytes, over the limit of \(maximumBytes)"))
    }
    do throws(FileError) {
      return .success(try StateFile(FilePath(path)).read() ?? [])
    } catch {
      return .failure(Problem(text: "\(error)"))
    }
  }

  /// Only regular files: reading a pipe would wait for its writer.
  private static func state(of path: String) -> FileState? {
    var status = stat()
    guard stat(path, &status) == 0, status.st_mode & S_IFMT == S_IFREG else { return nil }
    return FileState(
      inode: UInt64(status.st_ino), size: Int64(status.st_size), seconds: status.st_mtim.tv_sec,
      nanoseconds: status.st_mtim.tv_nsec)
  }

  private static func expand(_ pattern: String) -> [String] {
    guard pattern.contains(where: { "*?[".contains($0) }) else { return [pattern] }
    var result = glob_t()
    defer { globfree(&result) }
    guard glob(pattern, 0, nil, &result) == 0, let paths = result.gl_pathv else { return [] }
    return (0..<Int(result.gl_pathc)).compactMap { paths[$0].map { String(cString: $0) } }
  }
}
