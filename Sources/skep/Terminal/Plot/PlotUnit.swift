import Glibc
import PromQL

/// What the numbers of a plot count, as far as the names in its expression tell.
struct PlotUnit: Equatable {
  enum Base: Equatable {
    case none
    case bytes
    case seconds
    case ratio
  }

  var base = Base.none
  /// Whether they are rates.
  var isPerSecond = false

  static let none = PlotUnit()

  /// How numbers up to `most` are written: divided by `divisor`, with `suffix`.
  func scale(upTo most: Double) -> (divisor: Double, suffix: String) {
    let (divisor, suffix) = plainScale(most)
    return isPerSecond ? (divisor, suffix + "/s") : (divisor, suffix)
  }

  private func plainScale(_ most: Double) -> (Double, String) {
    switch base {
    case .none:
      for (size, suffix) in [(1e15, "P"), (1e12, "T"), (1e9, "G"), (1e6, "M"), (1e4, "k")] where most >= size {
        return (suffix == "k" ? 1e3 : size, suffix)
      }
      return (1, "")
    case .bytes:
      for (power, suffix) in [(50.0, " PiB"), (40, " TiB"), (30, " GiB"), (20, " MiB"), (10, " KiB")]
      where most >= exp2(power) {
        return (exp2(power), suffix)
      }
      return (1, " B")
    case .seconds:
      switch most {
      case ..<1e-3: return (1e-6, " µs")
      case ..<1: return (1e-3, " ms")
      case ..<300: return (1, " s")
      case ..<18_000: return (60, " min")
      case ..<432_000: return (3600, " h")
      default: return (86_400, " d")
      }
    case .ratio: return (0.01, " %")
    }
  }

  /// From the names of the metrics, which end in their unit (<https://prometheus.io/docs/practices/naming/#base-units>), and the
  /// functions that they go through.
  static func of(_ expression: Expression) -> PlotUnit {
    switch expression {
    case .number, .string: return .none
    case .vector(let node): return ofMetric(node.metricName ?? "")
    case .matrix(let node): return of(.vector(node.selector))
    case .subquery(let node): return of(node.expression)
    case .parentheses(let node): return of(node.expression)
    case .unary(let node): return of(node.expression)
    case .aggregation(let node):
      switch node.operator {
      case .count, .countValues, .group, .stdvar: return .none
      default: return of(node.expression)
      }
    case .call(let node): return of(node)
    case .binary(let node):
      switch node.operator {
      case .add, .subtract:
        if node.left.type == .scalar { return of(node.right) }
        return node.right.type == .scalar || of(node.left) == of(node.right) ? of(node.left) : .none
      case .and, .or, .unless: return of(node.left)
      case _ where node.operator.isComparison && !node.returnsBool:
        return of(node.left.type == .scalar ? node.right : node.left)
      default: return .none
      }
    }
  }

  private static func of(_ node: FunctionCall) -> PlotUnit {
    let argument = node.arguments.last { $0.type == .vector || $0.type == .matrix }.map(of) ?? .none
    switch node.function.name {
    case "rate", "irate", "deriv":
      // Seconds in a second are a plain number: so many at one time.
      return argument.base == .seconds ? .none : PlotUnit(base: argument.base, isPerSecond: true)
    case "histogram_quantile": return PlotUnit(base: quantile(node))
    case "increase", "delta", "idelta", "abs", "ceil", "floor", "round", "clamp", "clamp_max", "clamp_min", "sort",
      "sort_desc", "avg_over_time", "min_over_time", "max_over_time", "sum_over_time", "last_over_time",
      "quantile_over_time", "label_replace", "label_join", "predict_linear", "vector":
      return argument
    default: return .none
    }
  }

  /// The unit of the observations, whatever became of the counts of the buckets.
  private static func quantile(_ node: FunctionCall) -> Base {
    let names = node.arguments.last?.selectors.compactMap(\.metricName) ?? []
    return Set(names).count == 1 ? named(names[0], counts: ["_bucket"]) : .none
  }

  private static func ofMetric(_ name: String) -> PlotUnit {
    name.hasSuffix("_count") || name.hasSuffix("_bucket") || name.hasSuffix("_timestamp_seconds")
      ? .none : PlotUnit(base: named(name, counts: ["_total", "_sum"]))
  }

  private static func named(_ name: String, counts: [String]) -> Base {
    var name = Substring(name)
    for suffix in counts where name.hasSuffix(suffix) { name = name.dropLast(suffix.count) }
    for (suffix, base) in [("_bytes", Base.bytes), ("_seconds", .seconds), ("_ratio", .ratio)]
    where name.hasSuffix(suffix) {
      return base
    }
    return .none
  }
}
