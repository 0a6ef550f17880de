import Alerting
import DeployPlan
public import FleetModel
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

  private let patterns: FilePatterns

  /// - Parameter systemFile: beside which relative patterns begin; `nil` for the working directory.
  public init(_ patterns: [String], beside systemFile: FilePath?) {
    self.patterns = FilePatterns(patterns, beside: systemFile)
  }

  public var isEmpty: Bool { patterns.patterns.isEmpty }

  /// Reads and checks all files. Blocks for as long as that takes.
  ///
  /// A pattern with a wildcard may match nothing; a file that is named outright must be there.
  ///
  /// - Parameter linter: what else is to be said of expressions.
  public func read(linter: ExpressionLinter? = nil) -> Reading {
    let check = linter.map { RuleCheck(lint: $0.findings) } ?? RuleCheck()
    var reading = Reading()
    for found in patterns.paths { read(found.path, named: "rule_files[\(found.pattern)]", check, &reading) }
    return reading
  }

  /// What tells these files, as they are now, from later ones. Blocks for as long as looking at each takes.
  func state() -> [String: FileIdentity] { patterns.state() }

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
}
