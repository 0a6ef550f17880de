/// What the query of a write says, checked.
struct WriteOptions {
  enum FieldValidation { case ignore, warn, strict }

  var manager: String
  var isDryRun: Bool
  var isForced: Bool
  var validation: FieldValidation

  init(_ request: StandRequest, isApply: Bool, kind: String) throws(StatusError) {
    manager = request.query["fieldManager"] ?? ""
    isDryRun = request.isDryRun
    isForced = request.isSet("force")
    func refuse(_ field: String, _ reason: String, _ message: String) -> StatusError {
      .invalid(kind, group: "meta.k8s.io", "", [.init(reason: reason, message: message, field: field)])
    }
    if let dryRun = request.query["dryRun"], dryRun != "All" {
      throw refuse(
        "dryRun", "FieldValueNotSupported", "Unsupported value: \"\(dryRun)\": supported values: \"All\"")
    }
    switch request.query["fieldValidation"] ?? "" {
    case "Ignore": validation = .ignore
    case "", "Warn": validation = .warn
    case "Strict": validation = .strict
    case let other:
      throw refuse(
        "fieldValidation", "FieldValueNotSupported",
        "Unsupported value: \"\(other)\": supported values: \"\", \"Ignore\", \"Strict\", \"Warn\"")
    }
    if manager.utf8.count > 128 {
      throw refuse("fieldManager", "FieldValueTooLong", "Too long: may not be more than 128 bytes")
    }
    if isApply, manager.isEmpty {
      throw refuse("fieldManager", "FieldValueRequired", "Required value: is required for apply patch")
    }
    if !isApply, request.query["force"] != nil {
      throw refuse("force", "FieldValueForbidden", "Forbidden: may not be specified for non-apply patch")
    }
    if manager.isEmpty {
      manager = String(request.userAgent.prefix { $0 != "/" })
      if manager.isEmpty { manager = "unknown" }
    }
  }
}
