import FleetModel

/// The check of objects before anything is applied: structure → meaning → references → policy → waivers.
public enum DeployCheck {
  /// All that is wrong with `manifests`, in their order and that of their lines; the same for the same input.
  ///
  /// O(objects × size): references are looked up, never searched for.
  /// - Parameters:
  ///   - system: what they were rendered from, with what is declared external and the waivers; `nil` for objects of
  ///     somebody else's, where a name that none of them has may well be in the cluster.
  ///   - expressions: reads PromQL.
  ///   - wiring: what the wiring proof found, which waivers are for as well. It comes behind the rest.
  public static func findings(
    in manifests: [Manifest], of system: FleetSystem?, expressions: ExpressionReader, wiring: [CheckFinding] = []
  ) -> [CheckFinding] {
    let structures = manifests.map { manifest in
      var findings = ObjectFindings(manifest)
      StructureCheck.run(&findings)
      return findings
    }
    let manifests = structures.map(\.manifest)
    let index = ObjectIndex(manifests)
    let references = ReferenceCheck(index, system: system)
    let policy = PodPolicy(index: index)
    var all: [CheckFinding] = []
    var places: [Manifest.ID: Manifest] = [:]
    for var findings in structures {
      let manifest = findings.manifest
      if !manifest.name.isEmpty, let first = places.updateValue(manifest, forKey: manifest.id) {
        let place = first.file.map { " in \($0):\(first.tree.place.line)" } ?? ""
        findings.add(.repeatedObject, at: findings.root["metadata"], "is given already\(place)")
      }
      Meaning.run(&findings, expressions: expressions)
      references.run(&findings)
      if let workload = Workload(manifest) { policy.run(workload, &findings) }
      ObjectPolicy.run(&findings)
      all += findings.sorted
    }
    return WaiverCheck.apply(to: all + wiring, manifests: manifests, system: system)
  }
}
