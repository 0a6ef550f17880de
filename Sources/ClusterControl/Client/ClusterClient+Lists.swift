public import DeployPlan
import FleetModel

/// The objects of a kind at one moment.
public struct Listing: Sendable, Hashable {
  public var items: [LiveObject]
  /// Where a watch goes on.
  public var resourceVersion: String

  public init(items: [LiveObject], resourceVersion: String) {
    self.items = items
    self.resourceVersion = resourceVersion
  }
}

extension ClusterClient {
  /// How often a list begins again whose pages have become too old.
  private static let listAttempts = 4

  /// All objects of a kind, page by page, all of one moment.
  ///
  /// - Parameters:
  ///   - namespace: `nil` for all; ignored for kinds that belong to the cluster.
  ///   - labels: a label selector: `app=web,tier in (front,back)`.
  ///   - fields: a field selector: `metadata.name=web`.
  /// - Throws: ``ClusterError``: `kindNotServed` if the server does not know the kind.
  public func list(
    _ kind: ResourceKind, namespace: String?, labels: String? = nil, fields: String? = nil
  ) async throws(ClusterError) -> Listing {
    var attempt = 1
    while true {
      do throws(ClusterError) {
        return try await listOnce(kind, ListScope(namespace: namespace, labels: labels, fields: fields))
      } catch  where error.kind == .expired && attempt < Self.listAttempts {
        attempt += 1
      }
    }
  }

  private func listOnce(_ kind: ResourceKind, _ scope: ListScope) async throws(ClusterError) -> Listing {
    var listing = Listing(items: [], resourceVersion: "")
    var next: String?
    while true {
      let token = next
      var resource: APIResource?
      let limit = settings.pageSize
      let (answer, request) = try await asking(kind) { found throws(ClusterError) in
        resource = found
        return ClusterRequest(
          method: .get,
          path: found.path(namespace: scope.namespace)
            + RequestPath.query([
              "limit": "\(limit)", "continue": token, "labelSelector": scope.labels, "fieldSelector": scope.fields,
            ]),
          subject: scope.subject(found), repetition: .harmless, isSecret: found.isSecret)
      }
      let page = try await json(answer, of: request)
      guard case .array(let items)? = page["items"] ?? (page["kind"]?.string?.hasSuffix("List") == true ? [] : nil)
      else { throw request.error(.malformedAnswer, "the answer is no list; check the server's address") }
      if let resource {
        listing.items.reserveCapacity(listing.items.count + items.count)
        for item in items { listing.items.append(LiveObject(Self.naming(item, resource))) }
      }
      listing.resourceVersion = page["metadata"]?["resourceVersion"]?.string ?? ""
      // Lists of custom resources have an empty one at their end.
      guard let more = page["metadata"]?["continue"]?.string, !more.isEmpty else { return listing }
      next = more
    }
  }

  /// With kind and version, which lists of built-in kinds leave out.
  private static func naming(_ item: JSONValue, _ resource: APIResource) -> JSONValue {
    guard case .object(let members) = item, item["kind"] == nil else { return item }
    return .object(
      [
        .init(key: "kind", value: .string(resource.kind)),
        .init(key: "apiVersion", value: .string(resource.apiVersion)),
      ] + members)
  }
}

/// What of a kind is meant.
struct ListScope: Sendable, Hashable {
  var namespace: String?
  var labels: String?
  var fields: String?

  /// `Pods shop`, for errors.
  func subject(_ resource: APIResource) -> String {
    guard resource.isNamespaced else { return resource.plural }
    return "\(resource.plural) of \(namespace.map { "namespace \($0)" } ?? "all namespaces")"
  }
}

extension APIResource {
  var isSecret: Bool { group.isEmpty && kind == "Secret" }
}
