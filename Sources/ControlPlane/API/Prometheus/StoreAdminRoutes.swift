import FleetModel
import PromQL
import SampleStore

/// Prometheus' operations on the store, done by Skep's own: `/api/v1/admin/tsdb/…`. Where Prometheus asks for
/// `--web.enable-admin-api`, Skep asks for the operator's role.
struct StoreAdminRoutes: Sendable {
  var store: any StoreOperations

  var routes: [APIRoute] { deletion + cleaning + snapshot }

  private static let done = APIRoute.Answer(status: 204, summary: "It is done", content: .none)

  private func routes(
    _ name: String, _ operationID: String, _ summary: String, parameters: [APIRoute.Parameter] = [],
    answers: [APIRoute.Answer] = [done], handle: @escaping @Sendable (APIRequest) async throws -> APIResponse
  ) -> [APIRoute] {
    [(APIRoute.Method.post, ""), (.put, "ByPut")].map { method, suffix in
      APIRoute(
        method: method, path: "/api/v1/admin/tsdb/" + name, operationID: operationID + suffix, summary: summary,
        access: .operate, style: .prometheus, takesLong: true, parameters: parameters, answers: answers, handle: handle)
    }
  }

  private var deletion: [APIRoute] {
    routes(
      "delete_series", "deleteSeries", "Remove the samples of all series that one of the selectors selects, for good",
      parameters: [
        .init(name: "match[]", kind: .text, summary: "A selector; required, may be repeated"),
        .init(name: "start", kind: .text, summary: "The beginning of all times where it is not given"),
        .init(name: "end", kind: .text, summary: "The end of all times where it is not given"),
      ]
    ) { [store] request in
      if request.form.all("match[]").isEmpty { throw PrometheusError(.badData, "no match[] parameter provided") }
      let start = try request.form.time("start", or: Deletion.beginning)
      let end = try request.form.time("end", or: Deletion.end)
      let selectors: [[LabelMatcher]]
      do throws(FormFields.ParameterProblem) { selectors = try request.form.selectors() } catch {
        throw PrometheusError.invalid("match[]", error.message)
      }
      guard start <= end else { return .noContent }
      do {
        for matchers in selectors {
          _ = try await store.delete(
            matchers, from: max(start, Deletion.beginning), through: min(end, Deletion.end))
        }
      } catch let error as CancellationError { throw error } catch {
        throw APIError(store: error)
      }
      return .noContent
    }
  }

  private var cleaning: [APIRoute] {
    routes(
      "clean_tombstones", "cleanTombstones",
      "Give back the space of deleted samples: Skep does so while it deletes, so there is nothing left to do"
    ) { _ in .noContent }
  }

  private var snapshot: [APIRoute] {
    routes(
      "snapshot", "snapshotTSDB", "Make a copy of the store under snapshots in the server's data directory",
      parameters: [.init(name: "skip_head", kind: .text, summary: "Must be false: the copy holds all samples")],
      answers: [PrometheusRoutes.answer]
    ) { [store] request in
      switch request.form["skip_head"] {
      case nil, "0", "f", "F", "false", "FALSE", "False": break
      case "1", "t", "T", "true", "TRUE", "True":
        throw PrometheusError(
          .badData, "skip_head is not supported: a snapshot holds what is in memory too; leave it out")
      case let text?:
        throw PrometheusError.invalid("skip_head", "unable to parse boolean \(GoText.quoted(text))")
      }
      do {
        let summary = try await store.snapshot(named: nil)
        let name = summary.directory.split(separator: "/").last.map(String.init) ?? summary.directory
        return .prometheus(["name": .string(name)])
      } catch let error as CancellationError { throw error } catch {
        throw APIError(store: error)
      }
    }
  }
}

extension PrometheusRoutes {
  /// Everything of Prometheus' API that is not about series and their samples.
  static func status(_ operations: any StatusOperations, store: any StoreOperations) -> [APIRoute] {
    MetadataRoutes(operations: operations).routes + TargetRoutes(operations: operations).routes
      + RuleListRoutes(operations: operations).routes + StatusRoutes(operations: operations, store: store).routes
      + StoreAdminRoutes(store: store).routes
  }
}
