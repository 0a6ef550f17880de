import FleetModel

/// Gathers a body of metric families as entries, for people.
struct FamilyEntries: FamilyVisitor {
  private(set) var entries: [ExpositionDocument.Entry] = []
  let fault: ExpositionFault? = nil
  private let body: UnsafeRawBufferPointer
  private var family: FamilyHeader?
  private var metric: MetricMessage?

  init(_ body: UnsafeRawBufferPointer) { self.body = body }

  mutating func begin(_ family: FamilyHeader) throws(WireFault) {
    try family.check(in: body)
    self.family = family
    let name = family.text(family.name, in: body)
    if !family.help.isEmpty { entries.append(.help(metric: name, text: family.text(family.help, in: body))) }
    entries.append(.type(metric: name, type: family.type))
    if !family.unit.isEmpty { entries.append(.unit(metric: name, text: family.text(family.unit, in: body))) }
  }

  mutating func begin(_ metric: MetricMessage) throws(WireFault) { self.metric = metric }

  mutating func take(_ part: MetricPart, _ bound: Double, value: Double, exemplar: Range<Int>?) throws(WireFault) {
    var series = try series(part, bound)
    series.value = value.isNaN ? .nan : value
    if let exemplar { series.exemplars = [entry(try FamilyExemplar(body, exemplar))] }
    entries.append(.series(series))
  }

  mutating func take(_ histogram: NativeHistogram, exemplars: [Range<Int>]) throws(WireFault) {
    var series = try series(.whole, 0)
    series.value = histogram.count
    series.histogram = histogram
    series.exemplars = try FamilyExemplar.ofHistogram(exemplars, in: body).map(entry)
    entries.append(.series(series))
  }

  private func series(_ part: MetricPart, _ bound: Double) throws(WireFault) -> ExpositionDocument.Series {
    var name = family.map { $0.text($0.name, in: body) } ?? ""
    name += "\(part.suffix)"
    var labels = [Label(LabelSet.metricName, name)]
    try metric?.forEachLabel(in: body) { (label) throws(WireFault) in
      let name = String(decoding: body[label.name], as: UTF8.self)
      labels.append(Label(name, String(decoding: body[label.value], as: UTF8.self)))
    }
    if let label = part.label { labels.append(Label(label, FloatText.formatLabel(bound))) }
    let time = metric.flatMap { $0.time == ParsedSample.noTimestamp ? nil : Timestamp(milliseconds: $0.time) }
    return ExpositionDocument.Series(
      labels: ExpositionDocument.sorted(labels), value: 0, timestamp: time, exemplars: [], histogram: nil)
  }

  private func entry(_ exemplar: FamilyExemplar) -> ExpositionDocument.Exemplar {
    ExpositionDocument.Exemplar(
      labels: ExpositionDocument.sorted(exemplar.labels(in: body)), value: exemplar.value, timestamp: exemplar.time)
  }
}
