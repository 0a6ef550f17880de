import FleetModel

extension ParsedExemplar {
  /// Bytes of an exemplar's labels beyond which there are more characters than may be, whatever they are.
  static let maximumLabelBytes = ExemplarLimits.labelCharacters * 4

  /// The exemplar of the line that was read last; `nil` where it has none, or one with labels that no store keeps.
  init?(of grammar: borrowing ExpositionGrammar, _ sample: ParsedSample) {
    guard let exemplar = grammar.exemplar else { return nil }
    var length = 0
    for label in grammar.exemplarLabels { length += label.name.count + label.value.count }
    guard length <= Self.maximumLabelBytes else { return nil }
    // Prometheus leaves the escapes in an exemplar's labels as they are.
    let labels = LabelSet(
      grammar.exemplarLabels.map { label in
        Label(
          String(decoding: grammar.bytes(label.name), as: UTF8.self),
          String(decoding: grammar.bytes(label.value), as: UTF8.self))
      })
    self.init(
      slot: sample.slot,
      exemplar: Exemplar(
        labels: labels, value: exemplar.value, time: exemplar.timestamp.map { Timestamp(milliseconds: $0) }),
      sampleTime: sample.timestamp)
  }
}
