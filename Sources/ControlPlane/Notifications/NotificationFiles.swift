public import AlertLogic
public import DeployPlan
public import FleetModel
import Platform
public import SystemPackage

/// The files that say who is told of which alerts, and in which words: a system file or an `alertmanager.yml`, and the
/// templates that it names.
///
/// 1. The `alertmanager.yml` is read, where a system file names one (`DeployPlan`). 2. The files of `templates` are parsed.
/// 3. What only shows with all of them at hand is checked: texts of receivers, time zones, the tree as a whole.
public struct NotificationFiles: Sendable {
  public struct Reading: Sendable {
    /// `nil` if there is an error.
    public var policy: NotificationPolicy?
    /// The templates that texts of receivers may use; `nil` if there is an error.
    public var texts: NotificationTexts?
    public var diagnostics: [Diagnostic]
    /// The files of templates that were read.
    var templates: FilePatterns?

    public var isValid: Bool { policy != nil }

    /// Of a file that gives nothing.
    public init(failed diagnostics: [Diagnostic]) { self.diagnostics = diagnostics }
  }

  /// Where the policy stands.
  private enum Source {
    /// In an `alertmanager.yml`.
    case alertmanager(FilePath)
    case bytes([UInt8])
    /// In a system file that has been read without an error.
    case system(NotificationPolicy, SourcePlaces)
  }

  private let source: Source
  /// As messages name it; where relative paths begin.
  private let file: FilePath?
  private let templates: FilePatterns?

  /// What a system says.
  ///
  /// - Parameters:
  ///   - file: where it was read from; relative paths begin beside it.
  ///   - places: where its values stand, for messages.
  public init(_ system: FleetSystem, file: FilePath?, places: SourcePlaces = SourcePlaces(text: "", places: [:])) {
    if let path = system.alertmanagerConfig {
      let folder = file?.removingLastComponent() ?? FilePath()
      let config = path.hasPrefix("/") ? FilePath(path) : folder.appending(path)
      source = .alertmanager(config)
      self.file = config
      templates = nil
    } else {
      source = .system(system.notificationPolicy, places)
      self.file = file
      templates = FilePatterns(system.templates, beside: file)
    }
  }

  /// An `alertmanager.yml`.
  ///
  /// - Parameters:
  ///   - bytes: what it holds.
  ///   - file: its name for messages; relative paths begin beside it.
  public init(alertmanager bytes: [UInt8], file: FilePath) {
    source = .bytes(bytes)
    self.file = file
    templates = nil
  }

  /// Reads and checks all files. Blocks for as long as that takes.
  public func read() -> Reading {
    switch source {
    case .system(let policy, let places):
      return check(policy, NotificationPlaces(places, file: file?.string), diagnostics: [])
    case .bytes(let bytes): return read(bytes)
    case .alertmanager(let path):
      do throws(FileError) {
        guard let bytes = try StateFile(path).read() else {
          return failed("there is no file \(path)", mend: "write it, or mend the path")
        }
        return read(bytes)
      } catch {
        return failed("\(path) cannot be read: \(error)", mend: nil)
      }
    }
  }

  private func failed(_ message: String, mend: String?) -> Reading {
    Reading(failed: [Diagnostic(path: "alertmanager_config", message: message, mend: mend)])
  }

  private func read(_ bytes: [UInt8]) -> Reading {
    let name = file?.string ?? ""
    let reading = AlertmanagerFile.read(bytes: bytes, file: name)
    let places = NotificationPlaces(reading.places, file: name)
    guard let found = reading.found else { return Reading(failed: reading.diagnostics) }
    let folder = file?.removingLastComponent().string ?? ""
    return check(found.joiningFiles(with: folder), places, diagnostics: reading.diagnostics)
  }

  private func check(
    _ policy: NotificationPolicy, _ places: NotificationPlaces, diagnostics: [Diagnostic]
  ) -> Reading {
    var check = NotificationCheck(places: places, diagnostics: diagnostics)
    let templates = templates ?? FilePatterns(policy.templates, beside: file)
    let texts = check.texts(templates)
    if let texts { check.receivers(policy, texts) }
    check.zones(policy)
    if !check.hasErrors { check.tree(policy) }
    var reading = Reading(failed: check.sortedDiagnostics)
    reading.templates = templates
    if !check.hasErrors {
      reading.policy = policy
      reading.texts = texts
    }
    return reading
  }

  /// What tells these files, as they are now, from later ones. Blocks for as long as looking at each takes.
  ///
  /// - Parameter reading: the last one, which says what templates there are.
  func state(after reading: Reading) -> [String: FileIdentity] {
    var state = reading.templates?.state() ?? [:]
    if case .alertmanager(let path) = source { state[path.string] = FileIdentity(path.string) }
    return state
  }
}
