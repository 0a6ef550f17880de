import Alerting
import DeployPlan
public import FleetModel
import Glibc
import Platform
public import PromQL
public import SystemPackage

/// The Prometheus rule files that a system file names under `rule_files`: paths or globs, relative ones beside the system file.
public struct RuleFileSet: Sendable {
  /// What they say.
  public struct Reading: Sendable, Hashable {
    /// In the order of the patterns, then of the paths.
    public var groups: [RuleGroup] = []
    public var diagnostics: [Diagnostic] = []

    public var isValid: Bool { !diagnostics.contains { $0.level == .error } }
  }

  /// More than this is no rule file.
  private static let maximumBytes = 64 << 20

  private let patterns: [String]
  private let directory: FilePath

  /// - Parameter systemFile: beside which relative patterns begin; `nil` for the working directory.
  public init(_ patterns: [String], beside systemFile: FilePath?) {
    self.patterns = patterns
    // What a rule is called must not hang on how its file was named or from where.
    directory = (systemFile?.removingLastComponent() ?? FilePath()).absolute
  }

  public var isEmpty: Bool { patterns.isEmpty }

  /// Reads and checks all files. Blocks for as long as that takes.
  ///
  /// A pattern with a wildcard may match nothing; a file that is named outright must be there.
  ///
  /// - Parameter linter: what else is to be said of expressions.
  public func read(linter: ExpressionLinter? = nil) -> Reading {
    let check = linter.map { RuleCheck(lint: $0.findings) } ?? RuleCheck()
    var reading = Reading()
    var seen: Set<String> = []
    for (index, pattern) in patterns.enumerated() {
      let isGlob = pattern.contains { "*?[".contains($0) }
      for path in isGlob ? expand(pattern) : [absolute(pattern)] where seen.insert(path).inserted {
        read(path, named: "rule_files[\(index)]", check, &reading)
      }
    }
    return reading
  }

  /// What tells these files, as they are now, from later ones. Blocks for as long as looking at each takes.
  func state() -> [String: FileIdentity] {
    var state: [String: FileIdentity] = [:]
    for pattern in patterns {
      for path in expand(pattern) { state[path] = FileIdentity(path) }
    }
    return state
  }

  private func read(_ path: String, named key: String, _ check: RuleCheck, _ reading: inout Reading) {
    guard let size = FileIdentity(path)?.size else {
      reading.diagnostics.append(
        Diagnostic(path: key, message: "there is no file \(path)", mend: "write it, or mend the path"))
      return
    }
    guard size <= Self.maximumBytes else {
      reading.diagnostics.append(
        Diagnostic(file: path, message: "has \(size) bytes, over the limit of \(Self.maximumBytes)"))
      return
    }
    do throws(FileError) {
      let checked = CheckedRuleFile(bytes: try StateFile(FilePath(path)).read() ?? [], file: path, check: check)
      reading.diagnostics += checked.diagnostics
      reading.groups += checked.groups ?? []
    } catch {
      reading.diagnostics.append(Diagnostic(file: path, message: "cannot be read: \(error)"))
    }
  }

  private func absolute(_ path: String) -> String {
    path.hasPrefix("/") ? path : directory.appending(path).string
  }

  private func expand(_ pattern: String) -> [String] {
    var result = glob_t()
    defer { globfree(&result) }
    guard glob(absolute(pattern), 0, nil, &result) == 0, let paths = result.gl_pathv else { return [] }
    return (0..<Int(result.gl_pathc)).compactMap { paths[$0].map { String(cString: $0) } }
  }
}

/// What tells a regular file from its next version.
struct FileIdentity: Sendable, Hashable {
  let size: Int64
  private let inode: UInt64
  private let modified: [Int]

  init?(_ path: String) {
    var status = stat()
    guard stat(path, &status) == 0, status.st_mode & S_IFMT == S_IFREG else { return nil }
    size = Int64(status.st_size)
    inode = UInt64(status.st_ino)
    modified = [
      status.st_mtim.tv_sec, status.st_mtim.tv_nsec, status.st_ctim.tv_sec, status.st_ctim.tv_nsec,
    ]
  }
}
