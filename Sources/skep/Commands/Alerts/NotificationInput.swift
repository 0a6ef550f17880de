import ControlPlane
import DeployPlan
import FleetModel
import SystemPackage

/// Files that say who is told of which alerts, as the user names them: an `alertmanager.yml` or a system file.
enum NotificationInput {
  /// - Parameter environment: the overlay that is laid onto a system file; an `alertmanager.yml` has none.
  /// - Throws: ``CommandFailure`` if the file cannot be read; what is wrong with what it says is in the result.
  static func reading(
    _ name: String, environment: String? = nil
  ) throws(CommandFailure) -> NotificationFiles.Reading {
    let bytes = try InputFile.read(name)
    let file = FilePath(name == "-" ? "standard input" : name)
    guard SystemFile.isMeant(by: bytes) else { return NotificationFiles(alertmanager: bytes, file: file).read() }
    let system = SystemFile.read(bytes: bytes, file: file.string, environment: environment)
    guard let read = system.system else { return NotificationFiles.Reading(failed: system.diagnostics) }
    var reading = NotificationFiles(read, file: file, places: system.places).read()
    reading.diagnostics = system.diagnostics + reading.diagnostics
    return reading
  }
}
