import AlertLogic
import Alerting
import DeployPlan
import FleetModel
import Platform
import SystemPackage

/// Checks of a policy that need more than its own file: templates, the texts that use them, time zones, the whole tree.
struct NotificationCheck {
  /// More than this is no template.
  private static let maximumBytes: Int64 = 4 << 20

  let places: NotificationPlaces
  private(set) var diagnostics: [Diagnostic]

  init(places: NotificationPlaces, diagnostics: [Diagnostic]) {
    self.places = places
    self.diagnostics = diagnostics
  }

  var hasErrors: Bool { diagnostics.contains { $0.level == .error } }

  /// In the order of the files.
  var sortedDiagnostics: [Diagnostic] {
    diagnostics.enumerated().sorted { left, right in
      (left.element.file ?? "", left.element.line ?? 0, left.element.column ?? 0, left.offset)
        < (right.element.file ?? "", right.element.line ?? 0, right.element.column ?? 0, right.offset)
    }.map(\.element)
  }

  /// Parses the template files; `nil` if one cannot be used.
  mutating func texts(_ patterns: FilePatterns) -> NotificationTexts? {
    var files: [NotificationTexts.File] = []
    var isWhole = true
    for found in patterns.paths {
      guard let file = template(found.path, at: "templates[\(found.pattern)]") else { continue }
      // Each by itself first: one that is broken does not hide the next.
      do throws(NotificationTemplateError) {
        _ = try NotificationTexts(files: [file])
        files.append(file)
      } catch {
        isWhole = false
        diagnostics.append(
          Diagnostic(file: file.path, line: error.line, message: error.problem, mend: error.mend))
      }
    }
    do throws(NotificationTemplateError) {
      return isWhole ? try NotificationTexts(files: files) : nil
    } catch {
      diagnostics.append(Diagnostic(file: error.file, line: error.line, message: error.problem, mend: error.mend))
      return nil
    }
  }

  private mutating func template(_ path: String, at key: String) -> NotificationTexts.File? {
    guard let size = FileIdentity(path)?.size else {
      // Alertmanager takes a pattern that nothing fits, with or without a wildcard.
      diagnostics.append(
        places.diagnostic(.warning, at: key, "there is no file \(path)", mend: "write it, or mend the path"))
      return nil
    }
    guard size <= Self.maximumBytes else {
      diagnostics.append(Diagnostic(file: path, message: "has \(size) bytes, over the limit of \(Self.maximumBytes)"))
      return nil
    }
    do throws(FileError) {
      guard let text = String(validating: try StateFile(FilePath(path)).read() ?? [], as: UTF8.self) else {
        diagnostics.append(Diagnostic(file: path, message: "is no UTF-8", mend: "save the file as UTF-8"))
        return nil
      }
      return NotificationTexts.File(path: path, text: text)
    } catch {
      diagnostics.append(Diagnostic(file: path, message: "cannot be read: \(error)"))
      return nil
    }
  }

  /// The texts of all receivers.
  mutating func receivers(_ policy: NotificationPolicy, _ texts: NotificationTexts) {
    for (index, receiver) in policy.receivers.enumerated() {
      let own = Dictionary(receiver.texts.map { ($0.path, $0.text) }, uniquingKeysWith: { first, _ in first })
      for problem in texts.problems(in: receiver) {
        let path = "receivers[\(index)].\(problem.path)"
        diagnostics.append(
          places.diagnostic(
            line: problem.error.line, of: own[problem.path] ?? "", at: path, problem.error.problem,
            mend: problem.error.mend))
      }
    }
  }

  /// The places of time intervals.
  mutating func zones(_ policy: NotificationPolicy) {
    let files = ZoneFiles()
    var known: [String: String?] = [:]
    for (index, interval) in policy.timeIntervals.enumerated() {
      for (number, span) in interval.spans.enumerated() {
        let flaw: String?
        if let seen = known[span.location] {
          flaw = seen
        } else {
          do {
            _ = try files.rules(of: span.location)
            flaw = nil
          } catch {
            flaw = "\(error)"
          }
          known[span.location] = .some(flaw)
        }
        guard let flaw else { continue }
        diagnostics.append(
          places.diagnostic(at: "\(places.interval(index)).time_intervals[\(number)].location", flaw))
      }
    }
  }

  /// Whether the tree can be walked, its time zones aside.
  mutating func tree(_ policy: NotificationPolicy) {
    do throws(PolicyError) {
      _ = try CompiledPolicy(policy) { _ in .utc }
    } catch {
      diagnostics.append(places.diagnostic(at: error.path, error.problem))
    }
  }
}
