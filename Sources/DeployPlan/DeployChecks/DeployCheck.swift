/// The check of objects before anything is applied: structure → meaning → references → policy → waivers.
public enum DeployCheck {
  /// All that is wrong with `manifests`, in their order and that of their lines; the same for the same input.
  ///
  /// O(objects × size): references are looked up, never searched for.
  /// - Parameters:
  ///   - system: what they were rendered from, with what is declared external and the waivers; `nil` for objects of
  ///     somebody else's, where a name that none of them has may well be in the cluster.
  ///   - expressions: reads PromQL.
  public static func findings(
    in manifests: [Manifest], of system: FleetSystem?, expressions: ExpressionReader
  ) -> [CheckFinding] {
    let all = manifests.flatMap { manifest in
      var findings = ObjectFindings(manifest)
      StructureCheck.run(&findings)
      return findings.sorted
    }
    return all
  }
}
