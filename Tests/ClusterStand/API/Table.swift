import FleetModel
import Platform

extension ClusterState {
  /// What `kubectl get` prints: <https://kubernetes.io/docs/reference/using-api/api-concepts/#receiving-resources-as-tables>.
  func table(_ objects: [Tree], _ target: Target, version: Int?, includesObject: String) -> Tree {
    let columns = TableColumns(target.resource)
    let moment = time.now()
    let rows = objects.map { object -> Tree in
      var row: Tree = ["cells": .array(columns.cells(of: object, at: moment))]
      switch includesObject {
      case "None": break
      case "Object": row["object"] = shown(object, target)
      default: row["object"] = Self.partial(object)
      }
      return row
    }
    var metadata: Tree = [:]
    if let version { metadata["resourceVersion"] = .string("\(version)") }
    return [
      "kind": "Table", "apiVersion": "meta.k8s.io/v1", "metadata": metadata, "columnDefinitions": columns.definitions,
      "rows": .array(rows),
    ]
  }
}

/// The columns of a kind.
struct TableColumns {
  private struct Column {
    var name: String
    var type = "string"
    var format = ""
    var cell: (Tree, Timestamp) -> Tree
  }

  private var columns: [Column]

  init(_ resource: Resource) {
    columns = [Column(name: "Name", format: "name") { object, _ in object["metadata"]?["name"] ?? "" }]
    func number(_ name: String, _ path: [String]) -> Column {
      Column(name: name, type: "integer") { object, _ in path.reduce(Optional(object)) { $0?[$1] } ?? 0 }
    }
    func text(_ name: String, _ path: [String], none: String = "<none>") -> Column {
      Column(name: name) { object, _ in
        let value = path.reduce(Optional(object)) { $0?[$1] }
        return .string(value?.string ?? value.map { $0.description } ?? none)
      }
    }
    switch resource.kind {
    case "Deployment":
      columns += [
        Column(name: "Ready") { object, _ in
          let ready = object["status"]?["readyReplicas"]?.integer ?? 0
          return .string("\(ready)/\(object["spec"]?["replicas"]?.integer ?? 0)")
        },
        number("Up-to-date", ["status", "updatedReplicas"]), number("Available", ["status", "availableReplicas"]),
      ]
    case "ReplicaSet":
      columns += [
        number("Desired", ["spec", "replicas"]), number("Current", ["status", "replicas"]),
        number("Ready", ["status", "readyReplicas"]),
      ]
    case "Pod":
      columns += [
        Column(name: "Ready") { object, _ in
          let states = object["status"]?["containerStatuses"]?.elements ?? []
          let all = object["spec"]?["containers"]?.elements.count ?? 0
          return .string("\(states.count { $0["ready"] == true })/\(all)")
        },
        Column(name: "Status") { object, _ in .string(Self.phase(of: object)) },
        Column(name: "Restarts") { object, _ in
          let states = object["status"]?["containerStatuses"]?.elements ?? []
          return .string("\(states.reduce(0) { $0 + ($1["restartCount"]?.integer ?? 0) })")
        },
      ]
    case "Namespace": columns.append(text("Status", ["status", "phase"]))
    case "Service":
      columns += [
        text("Type", ["spec", "type"]), text("Cluster-IP", ["spec", "clusterIP"]),
        Column(name: "External-IP") { _, _ in "<none>" },
        Column(name: "Port(s)") { object, _ in
          let ports = object["spec"]?["ports"]?.elements ?? []
          return .string(
            ports.map { "\($0["port"]?.integer ?? 0)/\($0["protocol"]?.string ?? "")" }.joined(separator: ","))
        },
      ]
    case "ConfigMap", "Secret":
      if resource.kind == "Secret" { columns.append(text("Type", ["type"])) }
      columns.append(
        Column(name: "Data", type: "integer") { object, _ in
          .number(Double((object["data"]?.members.count ?? 0) + (object["binaryData"]?.members.count ?? 0)))
        })
    case "Lease": columns.append(text("Holder", ["spec", "holderIdentity"]))
    default:
      columns += resource.columns.map { column in
        Column(name: column.name) { object, _ in
          let value = column.path.reduce(Optional(object)) { $0?[$1] }
          return value?.string.map { .string($0) } ?? value.map { .string($0.description) } ?? .null
        }
      }
    }
    let age = resource.isCustom ? "date" : "string"
    columns.append(
      Column(name: "Age", type: age) { object, moment in .string(Self.age(of: object, at: moment)) })
  }

  var definitions: Tree {
    .array(
      columns.map { column in
        [
          "name": .string(column.name), "type": .string(column.type), "format": .string(column.format),
          "description": "", "priority": 0,
        ]
      })
  }

  func cells(of object: Tree, at moment: Timestamp) -> [Tree] { columns.map { $0.cell(object, moment) } }

  private static func phase(of pod: Tree) -> String {
    if pod["metadata"]?["deletionTimestamp"] != nil { return "Terminating" }
    let waiting = (pod["status"]?["containerStatuses"]?.elements ?? []).compactMap {
      $0["state"]?["waiting"]?["reason"]?.string
    }
    return waiting.first ?? pod["status"]?["phase"]?.string ?? "Unknown"
  }

  private static func age(of object: Tree, at moment: Timestamp) -> String {
    guard let born = object["metadata"]?["creationTimestamp"]?.string.flatMap({ RFC3339.parse($0) }) else {
      return "<unknown>"
    }
    let seconds = max(0, (moment.milliseconds - born.milliseconds) / 1000)
    switch seconds {
    case ..<120: return "\(seconds)s"
    case ..<600: return seconds % 60 == 0 ? "\(seconds / 60)m" : "\(seconds / 60)m\(seconds % 60)s"
    case ..<10_800: return "\(seconds / 60)m"
    case ..<172_800: return "\(seconds / 3600)h"
    default: return "\(seconds / 86_400)d"
    }
  }
}
