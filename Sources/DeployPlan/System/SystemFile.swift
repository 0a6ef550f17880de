public import FleetModel

/// Reads system files (`system.yaml`).
public enum SystemFile {
  /// Everything that one reading gives: the system, unless there was an error, and all problems found.
  public struct Reading: Sendable {
    /// `nil` if `diagnostics` has an error.
    public var system: FleetSystem?
    public var diagnostics: [Diagnostic]
  }

  /// - Parameter file: its name for messages.
  public static func read(_ text: String, file: String) -> Reading { fatalError("to be written") }
}
