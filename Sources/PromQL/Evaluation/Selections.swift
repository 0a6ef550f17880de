public import FleetModel

/// What a query asks of the store: each set of matchers once for each stretch of time.
public struct Selection: Hashable, Sendable {
  public var matchers: [LabelMatcher]
  /// Milliseconds, both included.
  public var from: Int64
  public var through: Int64
}

/// Finds the selections of a query in advance, by walking the expression with the times at which each part is evaluated.
struct SelectionPlan {
  /// A selection and how many selectors read it.
  struct Entry {
    var selection: Selection
    var readers = 1
    /// No more than the last sample of each series is looked at.
    var isLatest = false
  }

  let options: EngineOptions
  let outer: StepGrid
  private(set) var entries: [Entry] = []

  init(_ expression: Expression, _ grid: StepGrid, _ options: EngineOptions) {
    self.options = options
    outer = grid
    walk(expression, grid)
    entries = Self.merged(entries)
  }

  private mutating func walk(_ expression: Expression, _ grid: StepGrid) {
    switch expression {
    case .vector(let node): add(node, node.shift, window: options.lookback, grid, isInstant: true)
    case .matrix(let node): add(node.selector, node.selector.shift, window: node.window, grid)
    case .subquery(let node):
      let times = node.shift.times(of: grid, in: outer)
      walk(node.expression, node.grid(for: times, defaultStep: options.defaultSubqueryStep))
    case .call(let node) where node.function.name == "info":
      walk(node.arguments[0], grid)
      guard grid.count > 0 else { return }
      let query = InfoQuery(node)
      let times = query.shift.times(of: grid, in: outer)
      entries.append(
        Entry(
          selection: Selection(
            matchers: query.matchers, from: times.first - options.lookback + 1, through: times.last)))
    default: for child in expression.children { walk(child, grid) }
    }
  }

  private mutating func add(
    _ node: VectorSelector, _ shift: TimeShift, window: Int64, _ grid: StepGrid, isInstant: Bool = false
  ) {
    guard grid.count > 0 else { return }
    let times = shift.times(of: grid, in: outer)
    // Windows are open on the left.
    var selection = Selection(matchers: node.matchers, from: times.first - window + 1, through: times.last)
    if node.extending != nil { selection.from -= options.lookback }
    if node.extending == .smoothed { selection.through += options.lookback }
    let isLatest = isInstant && times.first == times.last && node.extending == nil
    entries.append(Entry(selection: selection, isLatest: isLatest))
  }

  /// Selections of the same matchers whose times touch become one.
  static func merged(_ entries: [Entry]) -> [Entry] {
    if entries.count < 2 { return entries }
    var order: [[LabelMatcher]] = []
    var byMatchers: [[LabelMatcher]: [Entry]] = [:]
    for entry in entries {
      let matchers = entry.selection.matchers
      if byMatchers[matchers] == nil { order.append(matchers) }
      byMatchers[matchers, default: []].append(entry)
    }
    var result: [Entry] = []
    for matchers in order {
      var open: Entry?
      for next in (byMatchers[matchers] ?? []).sorted(by: { $0.selection.from < $1.selection.from }) {
        if let current = open?.selection, next.selection.from <= current.through + 1 {
          if next.selection != current || !next.isLatest { open?.isLatest = false }
          open?.selection.through = max(current.through, next.selection.through)
          open?.readers += next.readers
        } else {
          if let open { result.append(open) }
          open = next
        }
      }
      if let open { result.append(open) }
    }
    return result
  }
}

extension TimeShift {
  /// The moments that a selector looks at when it is evaluated on `grid`: the first, the last, and how they follow.
  struct Times {
    var first: Int64
    var last: Int64
    /// All steps look at the same moment.
    var isFixed: Bool
  }

  /// - Parameter outer: the grid of the whole query, which `start()` and `end()` mean.
  func times(of grid: StepGrid, in outer: StepGrid) -> Times {
    let fixed: Int64
    switch anchor {
    case .time(let milliseconds): fixed = StepGrid.clamped(milliseconds)
    case .bound(.start): fixed = outer.start
    case .bound(.end): fixed = outer.last
    case nil: return Times(first: grid.start - offset, last: grid.last - offset, isFixed: false)
    }
    return Times(first: fixed - offset, last: fixed - offset, isFixed: true)
  }
}

extension StepGrid {
  /// Times far outside of what anyone means are moved so that sums of them cannot overflow.
  static func clamped(_ milliseconds: Int64) -> Int64 {
    min(max(milliseconds, -(1 << 60)), 1 << 60)
  }
}

extension Subquery {
  /// Where the inner expression is evaluated: multiples of the step within the windows.
  func grid(for times: TimeShift.Times, defaultStep: Int64) -> StepGrid {
    let step = max(1, step ?? defaultStep)
    let open = times.first - window
    let below = open >= 0 ? open / step : -((step - 1 - open) / step)
    return StepGrid(from: (below + 1) * step, through: times.last, step: step)
  }
}

/// The series that a query's selectors gave.
struct SelectedData: Sendable {
  struct Answer: Sendable {
    var selection: Selection
    var series: OpenedSelection
  }

  private(set) var answers: [Answer] = []
  /// Whether any series has native histograms: where none has, nothing asks for them.
  private(set) var hasHistograms = false
  private var places: [[LabelMatcher]: [Int]] = [:]

  mutating func add(_ selection: Selection, _ series: OpenedSelection) {
    places[selection.matchers, default: []].append(answers.count)
    answers.append(Answer(selection: selection, series: series))
    if series.hasHistograms { hasHistograms = true }
  }

  /// The series of a selector; they may have samples before and after the time asked for.
  func series(_ matchers: [LabelMatcher], from: Int64, through: Int64) -> OpenedSelection {
    for index in places[matchers] ?? [] {
      let selection = answers[index].selection
      if selection.from <= from, selection.through >= through { return answers[index].series }
    }
    return .decoded([])
  }
}
