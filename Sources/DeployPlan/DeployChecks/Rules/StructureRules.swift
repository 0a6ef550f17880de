import FleetModel

extension CheckRule {
  static let structure = [
    headless, unservedKind, uncheckedKind, unknownField, wrongType, missingField, notOneOf, outOfBounds, wrongFormat,
    duplicateKey, exclusiveFields, nullValue,
  ]

  private static func refused(_ id: ID, _ title: String, _ reason: String, _ mend: String) -> CheckRule {
    CheckRule(id, .error, title, reason: reason, mend: mend, isWaivable: false)
  }

  static let headless = refused(
    "SKEP-S001", "no apiVersion or kind", "the API server cannot tell what the object is", "give apiVersion and kind")
  static let unservedKind = refused(
    "SKEP-S002", "a kind that the version does not have",
    "the API server answers 404: the version was removed, or the kind belongs to another group",
    "write the version that serves the kind")
  static let uncheckedKind = CheckRule(
    "SKEP-S003", .warning, "a kind that is not checked",
    reason: "Skep has no table of its fields, so nothing is said of what stands in it",
    mend: "check it with the definition's own tools", isWaivable: true)
  static let unknownField = refused(
    "SKEP-S004", "a field that the kind does not have",
    "server-side apply and strict validation refuse it; a lenient server drops it and does something else than what is written",
    "use a field of the kind")
  static let wrongType = refused(
    "SKEP-S005", "a value of the wrong type",
    "the API server refuses it; texts that look like numbers or booleans to YAML need quotes",
    "write the type that the field has")
  static let missingField = refused(
    "SKEP-S006", "a required field is missing", "the API server refuses the object", "give the field")
  static let notOneOf = refused(
    "SKEP-S007", "a text that is none of the few allowed", "the API server refuses it; case matters",
    "write one of them")
  static let outOfBounds = refused(
    "SKEP-S008", "a number, length or count out of bounds", "the API server refuses it", "keep within the bounds")
  static let wrongFormat = refused(
    "SKEP-S009", "a text of the wrong form",
    "the API server refuses durations, quantities, times and base64 that do not parse",
    "write the form that the field has")
  static let duplicateKey = refused(
    "SKEP-S010", "a list element given twice",
    "lists such as containers, ports and env are merged by key: server-side apply refuses one that stands twice",
    "give each element its own key")
  static let exclusiveFields = refused(
    "SKEP-S011", "fields that the definition does not allow together",
    "the definition's own rules (oneOf, CEL) refuse the object", "keep one of them")
  static let nullValue = refused(
    "SKEP-S012", "a field without a value in a custom resource",
    "server-side apply refuses null there, unlike in Kubernetes' own kinds", "give it a value, or remove the field")
}
