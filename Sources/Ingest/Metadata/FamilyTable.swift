import FleetModel

/// Descriptions of families, each once, by number, and how often each is used; one that nobody uses is gone.
struct FamilyTable: Sendable {
  typealias Family = MetadataStore.Family

  private struct Record: Sendable {
    var family: Family
    var uses: Int
  }

  private var records: [Record] = []
  private var free: [Int32] = []
  private var byName: [String: [Int32]] = [:]

  var count: Int { records.count - free.count }
  var names: Dictionary<String, [Int32]>.Keys { byName.keys }
  /// In no order: of many families that is for the caller to make, who holds no lock.
  var all: [Family] { byName.values.flatMap { $0.map { records[Int($0)].family } } }

  subscript(number: Int32) -> Family { records[Int(number)].family }

  func families(named name: String) -> [Family] { (byName[name] ?? []).map { records[Int($0)].family } }

  /// The number of the description, which is used once more; `nil` if it is new and `limit` are there already.
  mutating func use(_ name: String, _ metadata: MetricMetadata, limit: Int) -> Int32? {
    if let known = byName[name]?.first(where: { records[Int($0)].family.metadata == metadata }) {
      records[Int(known)].uses += 1
      return known
    }
    guard count < limit else { return nil }
    let record = Record(family: Family(name, metadata), uses: 1)
    let number: Int32
    if let place = free.popLast() {
      number = place
      records[Int(place)] = record
    } else {
      number = Int32(records.count)
      records.append(record)
    }
    byName[name, default: []].append(number)
    return number
  }

  mutating func release(_ number: Int32) {
    let place = Int(number)
    records[place].uses -= 1
    guard records[place].uses == 0 else { return }
    let name = records[place].family.name
    byName[name]?.removeAll { $0 == number }
    if byName[name]?.isEmpty == true { byName[name] = nil }
    // The texts are given back, not only the place.
    records[place].family = Family("", MetricMetadata())
    free.append(number)
  }

  /// The type that is used most, any before `unknown`; of equals the first in the order of `MetricType`.
  func type(of name: String) -> MetricType? {
    guard let numbers = byName[name] else { return nil }
    if numbers.count == 1 { return records[Int(numbers[0])].family.metadata.type }
    var uses: [MetricType: Int] = [:]
    for number in numbers { uses[records[Int(number)].family.metadata.type, default: 0] += records[Int(number)].uses }
    let known = MetricType.allCases.filter { $0 != .unknown && uses[$0] != nil }
    return known.max { uses[$0, default: 0] < uses[$1, default: 0] } ?? .unknown
  }

  func invariantViolations(uses: [Int32: Int]) -> [String] {
    var problems: [String] = []
    for (name, numbers) in byName {
      for number in numbers where self[number].name != name { problems.append("\(number) is not of \(name)") }
      if Set(numbers.map { self[$0].metadata }).count != numbers.count { problems.append("\(name) has one twice") }
    }
    let live = Set(byName.values.joined())
    if live.count != count { problems.append("\(live.count) are named, \(count) counted") }
    for (place, record) in records.enumerated() where live.contains(Int32(place)) {
      if uses[Int32(place)] != record.uses { problems.append("\(place): \(record.uses) uses counted") }
    }
    if uses.keys.contains(where: { !live.contains($0) }) { problems.append("one that is used is gone") }
    return problems
  }
}
