import FleetModel

/// The labels that a target gives to every series of its instance, and what happens when the agent has them too.
struct TargetLabels: Sendable, Hashable {
  /// Sorted by name.
  let labels: [Label]
  let honorLabels: Bool

  init(_ target: CollectionTarget) {
    var all = target.labels
    all["agent_id"] = target.agentID.name
    all["instance"] = target.instance
    labels = all.filter { !$0.value.isEmpty }.sorted { $0.key < $1.key }.map { Label($0.key, $0.value) }
    honorLabels = target.honorLabels
  }

  /// The labels under which a served series is stored.
  ///
  /// Where both have a label, the target's wins and the agent's is kept as `exported_NAME`, prefixed again until the
  /// name is free, shorter names first; with `honor_labels` the agent's wins (Prometheus, `scrape/scrape.go`,
  /// `mutateSampleLabels`).
  func merged(with served: LabelSet) -> [Label] {
    var result = Array(served)
    var clashing: [Label] = []
    for label in labels {
      guard let position = result.firstIndex(where: { $0.name == label.name }) else {
        result.append(label)
        continue
      }
      if honorLabels { continue }
      clashing.append(result[position])
      result[position] = label
    }
    // Stable, as the labels come sorted by name: equal lengths keep that order.
    let ordered = clashing.enumerated().sorted {
      ($0.element.name.utf8.count, $0.offset) < ($1.element.name.utf8.count, $1.offset)
    }
    for (_, label) in ordered {
      var name = label.name
      repeat { name = "exported_" + name } while result.contains { $0.name == name }
      result.append(Label(name, label.value))
    }
    return result
  }

  /// The labels of a series that Skep itself makes of this instance.
  func own(_ metric: String, _ further: [Label] = []) -> LabelSet {
    let names = Set(further.map(\.name)).union([LabelSet.metricName])
    return LabelSet(labels.filter { !names.contains($0.name) } + further + [Label(LabelSet.metricName, metric)])
  }
}

extension IngestLimits {
  /// What is wrong with a series' labels; `nil` if nothing is.
  func problem(in labels: [Label]) -> CollectionFailure? {
    func series() -> String { LabelSet(labels).metricName }
    if labels.count - 1 > labelsPerSeries {
      return CollectionFailure(
        over: .labelsPerSeries,
        "series \(series()) has \(labels.count - 1) labels, over the limit of \(labelsPerSeries); drop some or raise "
          + "limits.labels_per_series")
    }
    for label in labels {
      if label.name.utf8.count > labelNameBytes {
        return CollectionFailure(
          over: .labelNameBytes,
          "series \(series()) has a label name of \(label.name.utf8.count) bytes, over the limit of \(labelNameBytes); "
            + "shorten it or raise limits.label_name_length")
      }
      if label.value.utf8.count > labelValueBytes {
        return CollectionFailure(
          over: .labelValueBytes,
          "label \(label.name) of series \(series().prefix(200)) has \(label.value.utf8.count) bytes, over the limit "
            + "of \(labelValueBytes); shorten it or raise limits.label_value_length")
      }
    }
    return nil
  }
}
