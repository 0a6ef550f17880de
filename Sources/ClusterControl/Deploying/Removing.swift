import DeployPlan
import FleetModel
import Platform

/// Takes objects away, what names others first, and sees them go.
struct Removing: Sendable {
  let client: ClusterClient
  let system: String
  let time: any TimeSource
  /// Before each write: whether there may still be one.
  let mayWrite: @Sendable () -> Bool
  let report: @Sendable (DeployProgress) -> Void

  private static let firstPause = Duration.milliseconds(100)
  private static let longestPause = Duration.seconds(2)

  /// - Parameter limit: how long to wait for what was deleted to be gone.
  /// - Returns: what is still there, and why, a line for each.
  func remove(_ removals: [Removal], within limit: Duration) async -> [String] {
    let byID = Dictionary(removals.map { ($0.id, $0) }) { first, _ in first }
    var failures: [String] = []
    var deleted: [Removal] = []
    for batch in DeployOrder.removal(of: removals.map(\.id)) {
      let results = await withTaskGroup(of: (Removal, String?).self) { group in
        for removal in batch.compactMap({ byID[$0] }) {
          group.addTask { (removal, await failure(of: removal)) }
        }
        return await group.reduce(into: []) { $0.append($1) }
      }
      for (removal, failure) in results {
        if let failure { failures.append(failure) } else if case .delete = removal.fate { deleted.append(removal) }
      }
    }
    return failures.sorted() + (await waitUntilGone(deleted, within: limit))
  }

  /// `nil` if it was done, or there was nothing to do.
  private func failure(of removal: Removal) async -> String? {
    guard mayWrite() else { return "\(removal.id): not removed: interrupted" }
    do throws(ClusterError) {
      switch removal.fate {
      case .gone, .leave: return nil
      case .delete(let uid):
        // So that its pods are gone when it is.
        let hasPods = removal.id.kind == "Deployment" || removal.id.kind == "StatefulSet"
        try await client.deleteIfThere(removal.id, propagation: hasPods ? .foreground : .background, uid: uid)
      case .release(let uid, let apiVersion):
        try await release(removal.id, uid: uid, apiVersion: apiVersion)
      }
      report(.removed(removal.id))
      return nil
    } catch {
      return "\(removal.id): not removed: \(error.words)"
    }
  }

  /// An apply that names no field: what Skep alone owns goes, what others own stays. With the `uid` it makes nothing anew.
  private func release(_ id: Manifest.ID, uid: String, apiVersion: String) async throws(ClusterError) {
    var metadata: JSONValue = ["name": .string(id.name), "uid": .string(uid)]
    if !id.namespace.isEmpty { metadata = metadata.setting("namespace", .string(id.namespace)) }
    do throws(ClusterError) {
      _ = try await client.apply(["apiVersion": .string(apiVersion), "kind": .string(id.kind), "metadata": metadata])
    } catch {
      switch error.kind {
      // It is gone, or another.
      case .conflict, .notFound: return
      // It cannot be without a value that Skep took from its owner.
      case .invalid: try await disown(id, uid: uid)
      default: throw error
      }
    }
  }

  /// Leaves all values, and takes Skep's labels and its ownership away.
  private func disown(_ id: Manifest.ID, uid: String) async throws(ClusterError) {
    var attempts = 3
    while true {
      guard let live = try await client.get(id), live.uid == uid else { return }
      do throws(ClusterError) {
        _ = try await client.replace(live.disowned(by: "skep"))
        return
      } catch {
        attempts -= 1
        guard error.kind == .conflict, attempts > 0 else { throw error }
      }
    }
  }

  private func waitUntilGone(_ removals: [Removal], within limit: Duration) async -> [String] {
    var waiting: [LiveReading.Place: [Manifest.ID: String]] = [:]
    for removal in removals {
      guard case .delete(let uid) = removal.fate else { continue }
      let place = LiveReading.Place(kind: ResourceKind(removal.id), namespace: removal.id.namespace)
      waiting[place, default: [:]][removal.id] = uid
    }
    let end = time.monotonic() + limit
    var pause = Self.firstPause
    while true {
      var left: [LiveObject] = []
      do throws(ClusterError) {
        let lists = try await concurrently(waiting.map { ($0.key, $0.value) }) { place, ids throws(ClusterError) in
          try await remaining(ids, at: place)
        }
        for (place, objects) in lists {
          left += objects
          let ids = Set(objects.map(\.id))
          waiting[place] = objects.isEmpty ? nil : waiting[place]?.filter { ids.contains($0.key) }
        }
      } catch {
        return ["whether all is gone is not known: \(error)"]
      }
      if left.isEmpty { return [] }
      let now = time.monotonic()
      guard now < end, mayWrite() else {
        return left.map { object in
          let finalizers = (object.metadata["finalizers"]?.elements ?? []).compactMap(\.string)
          return "\(object.id): is being deleted"
            + (finalizers.isEmpty ? "" : ", and waits for finalizers \(finalizers.joined(separator: ", "))")
        }
      }
      do { try await time.sleep(for: min(pause, end - now)) } catch { return ["interrupted before all was gone"] }
      pause = min(pause * 2, Self.longestPause)
    }
  }

  /// Those that are still the ones that were deleted.
  private func remaining(_ uids: [Manifest.ID: String], at place: LiveReading.Place) async throws(ClusterError)
    -> [LiveObject]
  {
    var objects: [LiveObject] = []
    do throws(ClusterError) {
      if uids.count > 2 {
        let namespace = place.namespace.isEmpty ? nil : place.namespace
        objects = try await client.list(place.kind, namespace: namespace, labels: LiveReading.labels(of: system)).items
      } else {
        for id in uids.keys { if let object = try await client.get(id) { objects.append(object) } }
      }
    } catch  where error.kind == .kindNotServed {
      return []
    }
    return objects.filter { uids[$0.id] == $0.uid }
  }
}
