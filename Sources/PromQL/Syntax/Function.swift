/// A function of the language: its name and the types of what it takes and gives.
public struct Function: Hashable, Sendable {
  public var name: String
  public var arguments: [ValueType]
  /// How many more than the last argument may follow it: 0 for all of `arguments` exactly, -1 for any number. The last
  /// argument itself may then be missing.
  public var variadic: Int
  public var result: ValueType
  public var isExperimental: Bool

  public static func named(_ name: String) -> Function? { all[name] }

  public static let all: [String: Function] = {
    var all: [String: Function] = [:]
    func add(
      _ names: String, _ arguments: [ValueType], variadic: Int = 0, result: ValueType = .vector,
      experimental: Bool = false
    ) {
      for name in names.split(separator: " ").map(String.init) {
        all[name] = Function(
          name: name, arguments: arguments, variadic: variadic, result: result, isExperimental: experimental)
      }
    }
    add("abs absent acos acosh asin asinh atan atanh ceil cos cosh deg exp floor ln log10 log2 rad sgn sin", [.vector])
    add("sinh sort sort_desc sqrt tan tanh timestamp", [.vector])
    add("histogram_avg histogram_count histogram_sum histogram_stddev histogram_stdvar", [.vector])
    add("absent_over_time avg_over_time changes count_over_time delta deriv first_over_time idelta", [.matrix])
    add("increase irate last_over_time max_over_time min_over_time present_over_time rate resets", [.matrix])
    add("stddev_over_time stdvar_over_time sum_over_time", [.matrix])
    add("days_in_month day_of_month day_of_week day_of_year hour minute month year", [.vector], variadic: 1)
    add("clamp", [.vector, .scalar, .scalar])
    add("clamp_max clamp_min", [.vector, .scalar])
    add("histogram_fraction", [.scalar, .scalar, .vector])
    add("histogram_quantile", [.scalar, .vector])
    add("label_replace", [.vector, .string, .string, .string, .string])
    add("label_join", [.vector, .string, .string, .string], variadic: -1)
    add("pi time", [], result: .scalar)
    add("predict_linear", [.matrix, .scalar])
    add("quantile_over_time", [.scalar, .matrix])
    add("round", [.vector, .scalar], variadic: 1)
    add("scalar", [.vector], result: .scalar)
    add("vector", [.scalar])
    add("double_exponential_smoothing", [.matrix, .scalar, .scalar], experimental: true)
    add("mad_over_time ts_of_first_over_time ts_of_last_over_time", [.matrix], experimental: true)
    add("ts_of_max_over_time ts_of_min_over_time", [.matrix], experimental: true)
    add("sort_by_label sort_by_label_desc", [.vector, .string], variadic: -1, experimental: true)
    add("info", [.vector, .vector], variadic: 1, experimental: true)
    add("histogram_quantiles", [.vector, .string, .scalar], variadic: 9, experimental: true)
    add("start end range step", [], result: .scalar, experimental: true)
    add("min_of max_of", [.scalar, .scalar], result: .scalar, experimental: true)
    return all
  }()
}
