/// Why a kubeconfig file, or what it points to, cannot be used.
public struct KubeconfigError: Error, Sendable, Hashable, CustomStringConvertible {
  /// Empty where there is none.
  public var file: String
  /// From 1; `nil` for what is of no line.
  public var line: Int?
  /// `users[0].user.exec.command`; empty for the file as a whole.
  public var field: String
  /// What is wrong.
  public var problem: String
  public var mend: String?

  public init(file: String, line: Int? = nil, field: String = "", problem: String, mend: String? = nil) {
    self.file = file
    self.line = line
    self.field = field
    self.problem = problem
    self.mend = mend
  }

  public var description: String {
    var place = file
    if let line { place += ":\(line)" }
    let parts = [place, field, problem + (mend.map { "; \($0)" } ?? "")].filter { !$0.isEmpty }
    return parts.joined(separator: ": ")
  }
}
