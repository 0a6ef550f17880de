import FleetModel

/// What must hold between receivers, routes and time intervals.
enum AlertingChecks {
  static func run(_ system: inout FleetSystem, _ reader: Reader) {
    if let path = system.alertmanagerConfig.map({ _ in "alertmanager_config" }) {
      for key in alertmanagerKeys where reader.isGiven(key) {
        reader.error(
          key, "cannot stand beside \"\(path)\", whose file says it", mend: "remove one of the two", spoils: [])
      }
    }
    reader.allowOne(of: ["route", "routes"], in: "")
    if reader.isSound("global") { system.receivers = system.globals.filled(into: system.receivers) }
    run(system.notificationKeys, reader)
  }

  /// The keys of a system file that an `alertmanager.yml` has too.
  static let alertmanagerKeys = [
    "global", "route", "routes", "receivers", "inhibit_rules", "time_intervals", "mute_time_intervals", "templates",
  ]

  /// - Parameter keys: the receivers with what they leave to `global` filled in.
  static func run(_ keys: NotificationKeys, _ reader: Reader) {
    let receivers = names(keys.receivers.map(\.name), in: "receivers", "receiver", reader)
    let intervals = checkIntervals(keys, reader)
    if reader.isSound("global") { ReceiverChecks.run(keys.receivers, in: "receivers", reader) }
    if let root = keys.route, reader.isSound("route") { checkRoot(root, receivers, intervals, reader) }
    guard reader.isSound("routes") else { return }
    for (index, route) in keys.routes.enumerated() {
      let path = Path.index(index, in: "routes")
      if route.receiver == nil, reader.isSound(path, Path.key("receiver", in: path)) {
        reader.error(path, "lacks the key \"receiver\"", mend: "name a receiver; only routes below another inherit it")
      }
      check(route, path, receivers, intervals, reader)
    }
  }

  /// `nil` where the list is too broken to be referred to.
  private static func names(_ names: [String], in path: String, _ word: String, _ reader: Reader) -> Set<String>? {
    guard reader.isSound(path) else { return nil }
    SystemChecks.reportDuplicates(names, key: "name", in: path, word, reader)
    return Set(names)
  }

  private static func checkIntervals(_ keys: NotificationKeys, _ reader: Reader) -> Set<String>? {
    guard let new = names(keys.timeIntervals.map(\.name), in: "time_intervals", "interval", reader),
      let old = names(keys.muteTimeIntervals.map(\.name), in: "mute_time_intervals", "interval", reader)
    else { return nil }
    for (index, interval) in keys.timeIntervals.enumerated() where old.contains(interval.name) {
      let path = Path.key("name", in: Path.index(index, in: "time_intervals"))
      guard reader.isSound(path) else { continue }
      reader.error(
        path, "\"\(YAMLTree.shortened(interval.name))\" is the name of one of mute_time_intervals too",
        mend: "give each interval a name of its own")
    }
    return new.union(old)
  }

  /// The root takes every alert at every time.
  private static func checkRoot(
    _ root: Route, _ receivers: Set<String>?, _ intervals: Set<String>?, _ reader: Reader
  ) {
    if root.receiver == nil, reader.isSound("route.receiver") {
      reader.error("route", "lacks the key \"receiver\"", mend: "name the receiver of what no route takes", spoils: [])
    }
    for key in ["matchers", "match", "match_re"] where !root.matchers.isEmpty {
      let path = Path.key(key, in: "route")
      guard reader.isGiven(path), reader.isSound(path) else { continue }
      reader.error(path, "cannot stand at the root, which takes every alert", mend: "move it to a route below")
      break
    }
    if root.continues {
      reader.error("route.continue", "cannot stand at the root, after which nothing comes", mend: "remove it")
    }
    for (key, names) in [
      ("mute_time_intervals", root.muteTimeIntervals), ("active_time_intervals", root.activeTimeIntervals),
    ] where !names.isEmpty {
      reader.error(
        Path.key(key, in: "route"), "cannot stand at the root, which is there at every time",
        mend: "move it to a route below")
    }
    check(root, "route", receivers, intervals, reader)
  }

  private static func check(
    _ route: Route, _ path: String, _ receivers: Set<String>?, _ intervals: Set<String>?, _ reader: Reader
  ) {
    let receiverPath = Path.key("receiver", in: path)
    if let receiver = route.receiver, reader.isSound(receiverPath) {
      refer(to: receiver, among: receivers, "receiver", receiverPath, reader)
    }
    for (key, names) in [
      ("mute_time_intervals", route.muteTimeIntervals), ("active_time_intervals", route.activeTimeIntervals),
    ] {
      let listPath = Path.key(key, in: path)
      guard reader.isSound(listPath) else { continue }
      for (index, name) in names.enumerated() {
        refer(to: name, among: intervals, "time interval", Path.index(index, in: listPath), reader)
      }
    }
    checkGroup(route, path, reader)
    let routesPath = Path.key("routes", in: path)
    guard reader.isSound(routesPath) else { return }
    for (index, child) in route.routes.enumerated() {
      check(child, Path.index(index, in: routesPath), receivers, intervals, reader)
    }
  }

  private static func refer(
    to name: String, among known: Set<String>?, _ word: String, _ path: String, _ reader: Reader
  ) {
    guard let known, !known.contains(name) else { return }
    let list = known.subtracting([""]).sorted()
    reader.error(
      path, "there is no \(word) \"\(YAMLTree.shortened(name))\"",
      mend: KeyDistance.nearest(to: name, among: list).map { "did you mean \"\($0)\"?" }
        ?? (list.isEmpty ? "define it" : "known are \(list.joined(separator: ", "))"))
  }

  private static func checkGroup(_ route: Route, _ path: String, _ reader: Reader) {
    let groupPath = Path.key("group_by", in: path)
    if let groupBy = route.groupBy, reader.isSound(groupPath) {
      var seen: Set<String> = []
      for (index, label) in groupBy.enumerated() where !seen.insert(label).inserted && label != "..." {
        reader.error(
          Path.index(index, in: groupPath), "\"\(YAMLTree.shortened(label))\" is given twice",
          mend: "remove one of the two")
      }
      if groupBy.contains("..."), groupBy.contains(where: { $0 != "..." }) {
        reader.error(groupPath, "has labels beside \"...\", which means all", mend: "give \"...\" alone")
      }
    }
    let repeatPath = Path.key("repeat_interval", in: path)
    if let repeatInterval = route.repeatInterval, let groupInterval = route.groupInterval,
      repeatInterval < groupInterval, reader.isSound(repeatPath)
    {
      reader.warn(
        repeatPath,
        "\(PrometheusDuration.format(repeatInterval)) is below group_interval "
          + "\(PrometheusDuration.format(groupInterval)), "
          + "which counts",
        mend: "raise it")
    }
  }
}
