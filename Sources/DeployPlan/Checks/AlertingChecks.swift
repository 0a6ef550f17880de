import FleetModel

/// What must hold between receivers, routes and time intervals.
enum AlertingChecks {
  static func run(_ system: FleetSystem, _ reader: Reader) {
    let receivers = names(system.receivers.map(\.name), in: "receivers", reader)
    let intervals = names(system.timeIntervals.map(\.name), in: "time_intervals", reader)
    if receivers != nil {
      SystemChecks.reportDuplicates(system.receivers.map(\.name), key: "name", in: "receivers", "receiver", reader)
    }
    if intervals != nil {
      SystemChecks.reportDuplicates(
        system.timeIntervals.map(\.name), key: "name", in: "time_intervals", "interval", reader)
    }
    ReceiverChecks.run(system.receivers, in: "receivers", reader)
    guard reader.isSound("routes") else { return }
    for (index, route) in system.routes.enumerated() {
      let path = Path.index(index, in: "routes")
      if route.receiver == nil, reader.isSound(path, Path.key("receiver", in: path)) {
        reader.error(path, "lacks the key \"receiver\"", mend: "name a receiver; only routes below another inherit it")
      }
      check(route, path, receivers, intervals, reader)
    }
  }

  /// `nil` where the list is too broken to be referred to.
  private static func names(_ names: [String], in path: String, _ reader: Reader) -> Set<String>? {
    reader.isSound(path) ? Set(names) : nil
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
      for (index, label) in groupBy.enumerated() where !seen.insert(label).inserted {
        reader.error(
          Path.index(index, in: groupPath), "\"\(label)\" is given twice", mend: "remove one of the two")
      }
      if groupBy.contains("..."), groupBy.count > 1 {
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
