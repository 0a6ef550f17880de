import FleetModel

/// A ``Diagnostic`` as `--output json` prints it.
struct DiagnosticEntry: Encodable {
  let level: String
  /// It may be another than the one that was named: a template, a rule file.
  let file: String?
  let line: Int?
  let column: Int?
  let path: String
  let message: String
  let mend: String?

  init(_ diagnostic: Diagnostic) {
    level = diagnostic.level.rawValue
    file = diagnostic.file
    line = diagnostic.line
    column = diagnostic.column
    path = diagnostic.path
    message = diagnostic.message
    mend = diagnostic.mend
  }
}
