import FleetModel

/// The labels that some series can have together. The empty value stands for series without the label.
struct LabelShape: Sendable {
  private(set) var labels: [String: ServedSeries.Values]
  /// Whether there may be others.
  private(set) var isOpen: Bool

  static let none = LabelShape(labels: [:], isOpen: false)
  static let unknown = LabelShape(labels: [:], isOpen: true)

  init(labels: [String: ServedSeries.Values], isOpen: Bool) {
    self.labels = labels
    self.isOpen = isOpen
  }

  /// What a selector gives: O(series × labels).
  init(_ series: [ServedSeries], _ matchers: [LabelMatcher]) {
    var known: [String: Set<String>] = [:]
    var any: Set<String> = []
    var counts: [String: Int] = [:]
    for one in series {
      for (label, values) in one.labels {
        counts[label, default: 0] += 1
        switch values {
        case .any: any.insert(label)
        case .among(let values): known[label, default: []].formUnion(values)
        }
      }
    }
    let isOpen = series.isEmpty || series.contains(where: \.isOpen)
    self.init(labels: [:], isOpen: isOpen)
    for (label, count) in counts {
      let isPartly = count < series.count
      if any.contains(label) || isPartly && isOpen {
        labels[label] = .any
      } else {
        labels[label] = .among((known[label] ?? []).union(isPartly ? [""] : []))
      }
    }
    for matcher in matchers where matcher.operation == .equal && matcher.name != LabelSet.metricName {
      labels[matcher.name] = matcher.value.isEmpty ? nil : .among([matcher.value])
    }
  }

  /// What the label can hold; the empty value alone where it is surely not there.
  func values(_ label: String) -> ServedSeries.Values { labels[label] ?? (isOpen ? .any : .among([""])) }

  func has(_ label: String) -> Bool { isOpen || labels[label] != nil || label == LabelSet.metricName }

  func removing(_ names: some Sequence<String>) -> LabelShape {
    var shape = self
    for name in names {
      // Of an open shape it is known not to have it.
      shape.labels[name] = isOpen ? .among([""]) : nil
    }
    return shape
  }

  func keeping(_ names: some Sequence<String>) -> LabelShape {
    var shape = LabelShape.none
    for name in names where has(name) { shape.labels[name] = values(name) }
    return shape
  }

  func setting(_ label: String, _ values: ServedSeries.Values) -> LabelShape {
    var shape = self
    shape.labels[label] = values
    return shape
  }

  func united(_ other: LabelShape) -> LabelShape {
    var shape = LabelShape(labels: labels, isOpen: isOpen || other.isOpen)
    for label in Set(labels.keys).union(other.labels.keys) {
      if case (.among(let own), .among(let others)) = (values(label), other.values(label)) {
        shape.labels[label] = .among(own.union(others))
      } else {
        shape.labels[label] = .any
      }
    }
    return shape
  }

  /// Whether no value of the label can be that of the other's.
  func excludes(_ other: LabelShape, in label: String) -> Bool {
    guard case (.among(let own), .among(let others)) = (values(label), other.values(label)) else { return false }
    return own.isDisjoint(with: others)
  }
}

/// Works out the labels of an expression's result, and what is wrong on the way.
struct LabelTracing {
  enum Flaw {
    /// None of the series that come to it has the label.
    case missing(String, known: [String])
    /// The sides have no value of the label in common.
    case apart(String)
  }

  private(set) var result = LabelShape.unknown
  private(set) var flaws: [(offset: Int, flaw: Flaw)] = []

  /// - Parameter series: the shapes of the expression's selectors, in their order.
  init(_ flow: LabelFlow, _ series: [LabelShape]) {
    var shapes: [LabelShape] = []
    for step in flow.steps {
      shapes.append(shape(of: step, series) { shapes.indices.contains($0) ? shapes[$0] : .unknown })
    }
    result = shapes.last ?? .unknown
  }

  private mutating func shape(
    of step: LabelFlow.Step, _ series: [LabelShape], _ input: (Int) -> LabelShape
  ) -> LabelShape {
    switch step.operation {
    case .series(let index): return series.indices.contains(index) ? series[index] : .unknown
    case .unlabelled: return .none
    case .unknown: return .unknown
    case .passed(let index, let removed): return input(index).removing(removed)
    case .united(let left, let right): return input(left).united(input(right))
    case .written(let index, let label, let sources):
      let shape = input(index)
      for source in sources { miss(source, shape, step.offset) }
      return shape.setting(label, .any)
    case .grouped(let index, let names, let isWithout, let made):
      let shape = input(index)
      for name in names { miss(name, shape, step.offset) }
      let grouped = isWithout ? shape.removing(names) : shape.keeping(names)
      return made.map { grouped.setting($0, .any) } ?? grouped
    case .matched(let left, let right, let matching):
      compare(input(left), input(right), matching, step.offset)
      return joined(input(left), input(right), matching)
    case .filtered(let left, let right, let matching):
      compare(input(left), input(right), matching, step.offset)
      return input(left)
    }
  }

  private mutating func miss(_ label: String, _ shape: LabelShape, _ offset: Int) {
    if shape.has(label) { return }
    flaws.append((offset, .missing(label, known: shape.labels.keys.sorted())))
  }

  private mutating func compare(
    _ left: LabelShape, _ right: LabelShape, _ matching: LabelFlow.Matching, _ offset: Int
  ) {
    for label in matching.labels where !left.has(label) { miss(label, right, offset) }
    let compared =
      matching.isOn
      ? Set(matching.labels)
      : Set(left.labels.keys).union(right.labels.keys).subtracting(matching.labels)
    if let label = compared.sorted().first(where: { left.excludes(right, in: $0) }) {
      flaws.append((offset, .apart(label)))
    }
  }

  private func joined(_ left: LabelShape, _ right: LabelShape, _ matching: LabelFlow.Matching) -> LabelShape {
    var (many, one) = (left, right)
    switch matching.bearer {
    case .matched: return matching.isOn ? left.keeping(matching.labels) : left.removing(matching.labels)
    case .left: break
    case .right: (many, one) = (right, left)
    }
    for label in matching.included { many = many.setting(label, one.values(label)) }
    return many
  }
}
