/// Who owns which fields of an object: the entries of `metadata.managedFields`.
struct ManagedFields {
  struct Entry {
    var manager: String
    var isApply: Bool
    var apiVersion: String
    var subresource = ""
    /// `nil` where it has changed no value yet.
    var time: String?
    var fields: FieldSet

    /// Appliers are the same whatever version they apply.
    func isSame(as other: Entry) -> Bool {
      manager == other.manager && isApply == other.isApply && subresource == other.subresource
        && (isApply || apiVersion == other.apiVersion)
    }
  }

  var entries: [Entry] = []

  /// Those of an object.
  init(of object: Tree) {
    entries = (object["metadata"]?["managedFields"]?.elements ?? []).map { entry in
      Entry(
        manager: entry["manager"]?.string ?? "", isApply: entry["operation"] == "Apply",
        apiVersion: entry["apiVersion"]?.string ?? "", subresource: entry["subresource"]?.string ?? "",
        time: entry["time"]?.string, fields: FieldSet(entry["fieldsV1"] ?? [:]))
    }
  }

  var tree: Tree {
    let sorted = entries.sorted { left, right in
      if left.isApply != right.isApply { return left.isApply }
      return (left.time ?? "", left.manager, left.apiVersion, left.subresource)
        < (right.time ?? "", right.manager, right.apiVersion, right.subresource)
    }
    return .array(
      sorted.map { entry in
        var tree: Tree = [
          "manager": .string(entry.manager), "operation": entry.isApply ? "Apply" : "Update",
          "apiVersion": .string(entry.apiVersion), "fieldsType": "FieldsV1", "fieldsV1": entry.fields.tree,
        ]
        if let time = entry.time { tree["time"] = .string(time) }
        if !entry.subresource.isEmpty { tree["subresource"] = .string(entry.subresource) }
        return tree
      })
  }

  /// Fields that the server keeps for itself: nobody owns them.
  static let ownerless: FieldSet = {
    var set = FieldSet()
    for field in ["f:apiVersion", "f:kind", "f:metadata"] { set.insert([field]) }
    for field in [
      "name", "namespace", "creationTimestamp", "selfLink", "uid", "clusterName", "generation", "managedFields",
      "resourceVersion", "deletionTimestamp", "deletionGracePeriodSeconds",
    ] {
      set.insert(["f:metadata", "f:" + field])
    }
    return set
  }()

  /// What an object differs in from its live state goes to whoever wrote it, and from all others.
  ///
  /// - Parameters:
  ///   - live: without managed fields; for a new object what a decoder makes of nothing.
  ///   - time: `nil` for a subresource that keeps none.
  mutating func noteUpdate(
    from live: Tree, to new: Tree, _ schema: Schema, by manager: String, apiVersion: String, subresource: String,
    time: String?
  ) {
    let comparison = Comparison(live, new, schema)
    let taken = comparison.modified.union(comparison.added)
    for index in entries.indices {
      entries[index].fields = entries[index].fields.subtracting(taken).subtracting(comparison.removed)
    }
    let own = taken.subtracting(Self.ownerless)
    if !own.isEmpty {
      var entry = Entry(
        manager: manager, isApply: false, apiVersion: apiVersion, subresource: subresource, time: time, fields: own)
      if let index = entries.firstIndex(where: { $0.isSame(as: entry) }) {
        entry.fields = entry.fields.union(entries[index].fields)
        entries[index] = entry
      } else {
        entries.append(entry)
      }
    }
    entries.removeAll { $0.fields.isEmpty }
  }
}
