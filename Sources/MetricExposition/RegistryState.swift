/// What a registry knows, behind its lock: families by name, series by labels, and the order in which to render them.
struct RegistryState {
  enum Kind: String, Sendable {
    case counter, gauge, histogram
  }

  /// Why a new series was refused; the raw value is the label `reason`.
  enum Refusal: String, CaseIterable {
    case limit
    case typeConflict = "type_conflict"
  }

  struct Family {
    let kind: Kind
    /// What its samples are called, before `_bucket` and the like.
    let sampleName: String
    /// Every sample and family name that it occupies.
    let names: [String]
    var help: String?
    var series: [String: any Instrument] = [:]
  }

  /// One family ready to be written.
  struct Section: Sendable {
    let textHead: [UInt8]
    let openMetricsHead: [UInt8]
    let series: [any Instrument]
  }

  var families: [String: Family] = [:]
  /// Name of a sample or family → the family that occupies it.
  var occupied: [String: String] = [:]
  var help: [String: String] = [:]
  var bounds: [String: [Double]] = [:]
  var seriesCount = 0
  private var sections: [Section]?

  /// The series at that place, made by `make` if there is none yet.
  ///
  /// - Parameters:
  ///   - name: sanitised, as the caller named it.
  ///   - limit: how many series there may be; `nil` for the registry's own.
  mutating func instrument(
    _ kind: Kind, name: String, labels: String, limit: Int?,
    make: (SeriesPlace, String, RegistryState) -> any Instrument
  ) -> Result<any Instrument, RefusalError> {
    let (familyName, sampleName) = Self.names(for: kind, name)
    let place = SeriesPlace(family: familyName, labels: labels)
    if let family = families[familyName] {
      guard family.kind == kind else { return .failure(RefusalError(reason: .typeConflict, clash: family.kind)) }
      if let known = family.series[labels] { return .success(known) }
    }
    if let limit, seriesCount >= limit { return .failure(RefusalError(reason: .limit, clash: nil)) }
    if families[familyName] == nil {
      let names = Self.occupiedNames(for: kind, familyName)
      if let clash = firstClash(names) {
        return .failure(RefusalError(reason: .typeConflict, clash: families[clash]?.kind))
      }
      for occupiedName in names { occupied[occupiedName] = familyName }
      let text = help[name] ?? help[sampleName] ?? help[familyName] ?? Self.timerLabel(familyName).flatMap { help[$0] }
      families[familyName] = Family(kind: kind, sampleName: sampleName, names: names, help: text)
    }
    let new = make(place, sampleName, self)
    families[familyName]?.series[labels] = new
    seriesCount += 1
    sections = nil
    return .success(new)
  }

  private func firstClash(_ names: [String]) -> String? {
    for name in names {
      if let family = occupied[name] { return family }
    }
    return nil
  }

  struct RefusalError: Error {
    let reason: Refusal
    let clash: Kind?
  }

  mutating func remove(_ instrument: any Instrument) {
    let place = instrument.place
    guard let family = families[place.family], family.series[place.labels] === instrument else { return }
    families[place.family]?.series[place.labels] = nil
    seriesCount -= 1
    sections = nil
    if family.series.count == 1 {
      families[place.family] = nil
      for name in family.names { occupied[name] = nil }
    }
  }

  mutating func describe(_ name: String, help text: String) {
    help[name] = text
    for (kind, name) in [
      (Kind.counter, name), (.gauge, name), (.histogram, name), (.histogram, name + Self.timerSuffix),
    ] {
      let (familyName, _) = Self.names(for: kind, name)
      if families[familyName]?.kind == kind { families[familyName]?.help = text }
    }
    sections = nil
  }

  /// All families and their series, each sorted by name. Kept until something is added or removed.
  mutating func layout() -> [Section] {
    if let sections { return sections }
    let made = families.sorted { $0.key < $1.key }.map { name, family in
      Section(
        textHead: Self.head(family, name: family.sampleName, format: .prometheusText),
        openMetricsHead: Self.head(family, name: name, format: .openMetrics),
        series: family.series.sorted { $0.key < $1.key }.map(\.value))
    }
    sections = made
    return made
  }

  private static func head(_ family: Family, name: String, format: ExpositionFormat) -> [UInt8] {
    let type = "# TYPE \(name) \(family.kind.rawValue)\n"
    let help = family.help.map { "# HELP \(name) \(MetricNames.escapedHelp($0, format: format))\n" } ?? ""
    // OpenMetrics puts no order on the two; the older format's readers expect the help first.
    return Array((help + type).utf8)
  }

  /// OpenMetrics names a family without `_total` and its samples with it; both formats must give the same samples.
  private static func names(for kind: Kind, _ name: String) -> (family: String, sample: String) {
    guard kind == .counter else { return (name, name) }
    let suffix = "_total"
    let family = name.hasSuffix(suffix) && name != suffix ? String(name.dropLast(suffix.count)) : name
    return (family, family + suffix)
  }

  /// What timers are called with, whatever their label.
  static let timerSuffix = "_seconds"

  private static func timerLabel(_ family: String) -> String? {
    family.hasSuffix(timerSuffix) ? String(family.dropLast(timerSuffix.count)) : nil
  }

  private static func occupiedNames(for kind: Kind, _ family: String) -> [String] {
    switch kind {
    case .counter: [family, family + "_total"]
    case .gauge: [family]
    case .histogram: [family, family + "_bucket", family + "_sum", family + "_count"]
    }
  }
}
