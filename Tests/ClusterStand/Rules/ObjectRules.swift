/// Collects what is wrong with an object that its schema allows.
struct ObjectRules {
  private(set) var causes: [StatusError.Cause] = []
  let object: Tree
  let resource: Resource
  let live: Tree?

  init(_ object: Tree, _ resource: Resource, live: Tree?) {
    self.object = object
    self.resource = resource
    self.live = live
  }

  mutating func check() {
    checkName()
    checkLabels(object["metadata"]?["labels"], "metadata.labels")
    checkFields(object, resource.schema, "")
    if resource.isCustom, !causes.isEmpty { causes.append(ClusterState.uncheckedRules) }
    switch resource.kind {
    case "Deployment", "ReplicaSet", "StatefulSet": checkWorkload()
    case "Pod": checkContainers(object["spec"], "spec")
    case "Service": checkService()
    case "HorizontalPodAutoscaler": checkAutoscaler()
    case "PodDisruptionBudget": checkBudget()
    case "ConfigMap", "Secret": checkData()
    case "Lease": checkLease()
    case "RoleBinding": immutable("roleRef", says: "cannot change roleRef")
    case "PeerAuthentication" where causes.isEmpty: checkPeerAuthentication()
    default: break
    }
  }

  mutating func add(_ reason: String, _ message: String, _ field: String) {
    causes.append(.init(reason: reason, message: message, field: field))
  }

  mutating func invalid(_ value: Tree?, _ says: String, _ field: String) {
    add("FieldValueInvalid", "Invalid value: \(value ?? .null): \(says)", field)
  }

  private mutating func immutable(_ field: String, says: String = "field is immutable") {
    guard let live else { return }
    let path = field.split(separator: ".").map(String.init)
    let new = path.reduce(Optional(object)) { $0?[$1] }
    if new != path.reduce(Optional(live), { $0?[$1] }) { invalid(new, says, field) }
  }

  private mutating func checkName() {
    let name = object["metadata"]?["name"]?.string ?? ""
    if name.isEmpty {
      return add("FieldValueRequired", "Required value: name or generateName is required", "metadata.name")
    }
    // Roles may have any name that a path takes.
    if resource.group == "rbac.authorization.k8s.io" { return }
    let label = /[a-z0-9]([-a-z0-9]*[a-z0-9])?/
    let subdomain = /[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*/
    if ["Namespace", "Service"].contains(resource.kind) {
      if name.wholeMatch(of: label) == nil {
        invalid(
          .string(name),
          "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end with an "
            + "alphanumeric character (e.g. 'my-name',  or '123-abc', regex used for validation is "
            + "'[a-z0-9]([-a-z0-9]*[a-z0-9])?')", "metadata.name")
      }
      if name.utf8.count > 63 { invalid(.string(name), "must be no more than 63 characters", "metadata.name") }
    } else if name.wholeMatch(of: subdomain) == nil {
      invalid(
        .string(name),
        "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with "
          + "an alphanumeric character (e.g. 'example.com', regex used for validation is "
          + "'[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')", "metadata.name")
    } else if name.utf8.count > 253 {
      invalid(.string(name), "must be no more than 253 characters", "metadata.name")
    }
  }

  mutating func checkLabels(_ labels: Tree?, _ field: String) {
    for (key, value) in (labels?.members ?? [:]).sorted(by: { $0.key < $1.key }) {
      let name = key.split(separator: "/", omittingEmptySubsequences: false).last ?? ""
      if name.utf8.count > 63 || name.wholeMatch(of: /[A-Za-z0-9]([-A-Za-z0-9_.]*[A-Za-z0-9])?/) == nil {
        invalid(
          .string(key),
          "name part must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an "
            + "alphanumeric character", field)
      }
      let text = value.string ?? ""
      if text.utf8.count > 63 { invalid(.string(text), "must be no more than 63 bytes", field) }
      if !text.isEmpty, text.wholeMatch(of: /[A-Za-z0-9]([-A-Za-z0-9_.]*[A-Za-z0-9])?/) == nil {
        invalid(
          .string(text),
          "a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must start and end "
            + "with an alphanumeric character", field)
      }
    }
  }

  /// Required fields, words to choose from and limits, wherever the schema has them.
  private mutating func checkFields(_ value: Tree, _ schema: Schema, _ path: String) {
    switch (schema, value) {
    case (.object(let type), .object(let members)):
      for (key, field) in type.fields.sorted(by: { $0.key < $1.key }) {
        let place = path.isEmpty ? key : "\(path).\(key)"
        guard let inner = members[key], !inner.isNull else {
          if field.isRequired, !path.isEmpty { add("FieldValueRequired", "Required value", place) }
          continue
        }
        if !field.choices.isEmpty, let text = inner.string, !field.choices.contains(text) {
          let choices = field.choices.map { "\"\($0)\"" }.joined(separator: ", ")
          add("FieldValueNotSupported", "Unsupported value: \"\(text)\": supported values: \(choices)", place)
        }
        if let bounds = field.bounds { checkBounds(bounds, inner, place) }
        checkFields(inner, field.schema, place)
      }
    case (.map(let inner, _), .object(let members)):
      for (key, element) in members.sorted(by: { $0.key < $1.key }) { checkFields(element, inner, "\(path).\(key)") }
    case (.list(let inner, _), .array(let elements)):
      for (index, element) in elements.enumerated() { checkFields(element, inner, "\(path)[\(index)]") }
    default: break
    }
  }

  private mutating func checkBounds(_ bounds: ObjectType.Bounds, _ value: Tree, _ path: String) {
    if case .number(let number) = value {
      if let minimum = bounds.minimum, number < minimum {
        invalid(value, "\(path) in body should be greater than or equal to \(Tree.number(minimum))", path)
      }
      if let maximum = bounds.maximum, number > maximum {
        invalid(value, "\(path) in body should be less than or equal to \(Tree.number(maximum))", path)
      }
    }
    if let text = value.string {
      if let minimum = bounds.minimumLength, text.count < minimum {
        invalid(value, "\(path) in body should be at least \(minimum) chars long", path)
      }
      if let maximum = bounds.maximumLength, text.count > maximum {
        add("FieldValueTooLong", "Too long: may not be more than \(maximum) bytes", path)
      }
    }
  }
}
