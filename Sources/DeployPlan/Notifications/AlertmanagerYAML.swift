public import FleetModel

extension NotificationPolicy {
  /// The policy as an `alertmanager.yml` that Alertmanager from 0.25 loads: with `<secret>` in place of every secret, with
  /// what receivers take from `global` written out in them, and without what Alertmanager 0.25 does not know (receivers of
  /// Skep's own, Microsoft Teams, rates, timeouts).
  ///
  /// It is for reading and for programs that ask how alerts are routed; secrets cannot be had back from it.
  public func alertmanagerYAML() -> String {
    var document = YAMLMapping()
    document.add("global", YAMLMapping([("resolve_timeout", .text(PrometheusDuration.format(resolveTimeout)))]).tree)
    document.add("route", Self.tree(of: route))
    document.add("inhibit_rules", list: inhibitRules.map(Self.tree))
    document.add("receivers", list: receivers.map(\.alertmanagerTree))
    document.add("templates", texts: templates)
    document.add("time_intervals", list: timeIntervals.map(\.alertmanagerTree))
    return YAMLWriting.text(of: document.tree) ?? ""
  }

  /// Recursion is bounded by the depth to which files are read.
  private static func tree(of route: Route) -> YAMLTree {
    var mapping = YAMLMapping()
    mapping.add("receiver", route.receiver)
    if let groupBy = route.groupBy { mapping.add("group_by", .sequence(groupBy.map { .text($0) })) }
    mapping.add("matchers", texts: route.matchers.map(\.alertmanagerText))
    mapping.add("mute_time_intervals", texts: route.muteTimeIntervals)
    mapping.add("active_time_intervals", texts: route.activeTimeIntervals)
    if route.continues { mapping.add("continue", .boolean(true)) }
    mapping.add("group_wait", route.groupWait.map(PrometheusDuration.format))
    mapping.add("group_interval", route.groupInterval.map(PrometheusDuration.format))
    mapping.add("repeat_interval", route.repeatInterval.map(PrometheusDuration.format))
    mapping.add("routes", list: route.routes.map(tree))
    return mapping.tree
  }

  private static func tree(of rule: InhibitRule) -> YAMLTree {
    var mapping = YAMLMapping()
    mapping.add("source_matchers", texts: rule.sourceMatchers.map(\.alertmanagerText))
    mapping.add("target_matchers", texts: rule.targetMatchers.map(\.alertmanagerText))
    mapping.add("equal", texts: rule.equal)
    return mapping.tree
  }
}

extension TimeInterval {
  fileprivate var alertmanagerTree: YAMLTree {
    var mapping = YAMLMapping([("name", .text(name))])
    mapping.add("time_intervals", list: spans.map(\.alertmanagerTree))
    return mapping.tree
  }
}

extension TimeInterval.Span {
  fileprivate var alertmanagerTree: YAMLTree {
    var mapping = YAMLMapping()
    mapping.add(
      "times",
      list: times.map { time in
        YAMLMapping([
          ("start_time", .text(Self.clock(time.lowerBound))), ("end_time", .text(Self.clock(time.upperBound))),
        ]).tree
      })
    mapping.add("weekdays", texts: weekdays.map { Self.range($0.lowerBound, $0.upperBound, CalendarRange.weekdays) })
    mapping.add("days_of_month", texts: daysOfMonth.map { Self.range($0.first, $0.last, []) })
    mapping.add(
      "months", texts: months.map { Self.range($0.lowerBound, $0.upperBound, [""] + CalendarRange.months) })
    mapping.add("years", texts: years.map { Self.range($0.lowerBound, $0.upperBound, []) })
    if location != Self().location { mapping.add("location", location) }
    return mapping.tree
  }

  private static func clock(_ minutes: Int) -> String {
    func twoDigits(_ number: Int) -> String { number < 10 ? "0\(number)" : "\(number)" }
    return "\(twoDigits(minutes / 60)):\(twoDigits(minutes % 60))"
  }

  private static func range(_ first: Int, _ last: Int, _ names: [String]) -> String {
    func word(_ number: Int) -> String { names.indices.contains(number) ? names[number] : "\(number)" }
    return first == last ? word(first) : "\(word(first)):\(word(last))"
  }
}
