/// One client that follows a kind.
struct Watcher {
  var target: Target
  var selection: Selection
  var isPartial: Bool
  var takesBookmarks: Bool
  var lines: AsyncStream<[UInt8]>.Continuation
}

/// How a stream begins: its lines so far, then what comes.
struct WatchStart: Sendable {
  var id: Int
  var lines: AsyncStream<[UInt8]>
  /// After which the server ends it.
  var timeout: Duration?
}

extension ClusterState {
  mutating func watch(_ request: StandRequest, _ target: Target) throws(StatusError) -> StandAnswer {
    let form = try Representation(accept: request.accept, includeObject: "")
    let isPartial: Bool
    switch form {
    case .whole: isPartial = false
    case .partial: isPartial = true
    // kubectl asks for tables first and takes JSON.
    case .table where request.accept.contains(",application/json"): isPartial = false
    case .table, .yaml: throw .notDone("a watch in this form: \(request.accept)")
    }
    let selection = try self.selection(request, target)
    let sendsInitial = request.isSet("sendInitialEvents")
    if request.query["sendInitialEvents"] != nil, request.query["resourceVersionMatch"] != "NotOlderThan" {
      throw .invalid(
        "ListOptions", group: "meta.k8s.io", "",
        [
          .init(
            reason: "FieldValueForbidden",
            message: "Forbidden: sendInitialEvents requires setting resourceVersionMatch to NotOlderThan",
            field: "resourceVersionMatch")
        ])
    }
    let given = request.query["resourceVersion"] ?? ""
    guard let from = given.isEmpty ? 0 : Int(given), from >= 0 else {
      throw .withoutReason(
        "resourceVersion: Invalid value: \"\(given)\": strconv.ParseUint: parsing \"\(given)\": invalid syntax")
    }
    let (lines, continuation) = AsyncStream.makeStream(of: [UInt8].self)
    nextWatcher += 1
    let watcher = Watcher(
      target: target, selection: selection, isPartial: isPartial,
      takesBookmarks: request.isSet("allowWatchBookmarks"), lines: continuation)
    let timeout = request.query["timeoutSeconds"].flatMap { Int($0) }.map { Duration.seconds($0) }
    let start = WatchStart(id: nextWatcher, lines: lines, timeout: timeout)
    if sendsInitial || from == 0 {
      for object in store.list(target.resource, namespace: target.namespace) where selection.matches(object) {
        watcher.lines.yield(line("ADDED", object, watcher))
      }
      if sendsInitial, watcher.takesBookmarks {
        watcher.lines.yield(bookmark(watcher, endsInitialEvents: true))
      }
    } else if from < store.compacted {
      let expired = StatusError(
        code: 410, reason: "Expired", message: "too old resource version: \(from) (\(store.compacted))")
      let tree: Tree = ["type": "ERROR", "object": expired.tree]
      continuation.yield(tree.jsonBytes + [0x0A])
      continuation.finish()
      return .watch(start)
    } else {
      for change in store.changes(of: target.resource, after: from) { tell(change, watcher) }
    }
    watchers[nextWatcher] = watcher
    return .watch(start)
  }

  /// Tells everybody who follows the kind.
  func tell(_ change: ObjectStore.Change) {
    for watcher in watchers.values where watcher.target.resource.qualified == change.resource { tell(change, watcher) }
  }

  private func tell(_ change: ObjectStore.Change, _ watcher: Watcher) {
    if let namespace = watcher.target.namespace, namespace != change.key.namespace { return }
    let before = change.before.flatMap { watcher.selection.matches($0) ? $0 : nil }
    let after = change.after.flatMap { watcher.selection.matches($0) ? $0 : nil }
    switch (before, after) {
    case (nil, nil): return
    case (nil, let after?): watcher.lines.yield(line("ADDED", after, watcher))
    case (_?, let after?): watcher.lines.yield(line("MODIFIED", after, watcher))
    case (let before?, nil):
      // The last state that matched, under the version at which it stopped to.
      var gone = before
      gone[path: "metadata", "resourceVersion"] = .string("\(change.version)")
      watcher.lines.yield(line("DELETED", gone, watcher))
    }
  }

  private func line(_ type: String, _ object: Tree, _ watcher: Watcher) -> [UInt8] {
    let shown = watcher.isPartial ? Self.partial(object) : self.shown(object, watcher.target)
    return Tree.object(["type": .string(type), "object": shown]).jsonBytes + [0x0A]
  }

  private func bookmark(_ watcher: Watcher, endsInitialEvents: Bool = false) -> [UInt8] {
    var object = watcher.isPartial ? [:] : watcher.target.resource.nothing
    object["apiVersion"] = watcher.isPartial ? "meta.k8s.io/v1" : .string(watcher.target.apiVersion)
    object["kind"] = watcher.isPartial ? "PartialObjectMetadata" : .string(watcher.target.resource.kind)
    object[path: "metadata", "resourceVersion"] = .string("\(store.version)")
    if endsInitialEvents { object[path: "metadata", "annotations"] = ["k8s.io/initial-events-end": "true"] }
    return Tree.object(["type": "BOOKMARK", "object": object]).jsonBytes + [0x0A]
  }

  /// To all who take them, as the server does about once a minute.
  func sendBookmarks() {
    // Events are not kept in the cache that sends them.
    for watcher in watchers.values where watcher.takesBookmarks && watcher.target.resource.kind != "Event" {
      watcher.lines.yield(bookmark(watcher))
    }
  }

  /// Ends a stream at its time, with a bookmark.
  mutating func endWatch(_ id: Int, withBookmark: Bool) {
    guard let watcher = watchers.removeValue(forKey: id) else { return }
    if withBookmark, watcher.takesBookmarks, watcher.target.resource.kind != "Event" {
      watcher.lines.yield(bookmark(watcher))
    }
    watcher.lines.finish()
  }

  /// Ends every stream with no more than its last line, as a restart of the server does.
  mutating func endWatches() {
    for watcher in watchers.values { watcher.lines.finish() }
    watchers.removeAll()
  }
}
