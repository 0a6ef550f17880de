import FleetModel

/// The keys of an `alertmanager.yml` itself.
enum AlertmanagerDeclaration {
  static var shape: Shape<NotificationKeys> {
    typealias F = Field<NotificationKeys>
    return .object(
      NotificationKeys(),
      [
        F("global", \.globals, GlobalDeclaration.shape, "what counts for all receivers that do not say otherwise"),
        F("route", optional: \.route, RouteDeclaration.shape, "the root of the routing tree"),
        F("receivers", \.receivers, Shapes.list(ReceiverDeclaration.shape), "where notifications go"),
        F("inhibit_rules", \.inhibitRules, Shapes.list(RouteDeclaration.inhibit), "which alerts keep others quiet"),
        F("templates", \.templates, Shapes.list(Shapes.text()), "files of Go templates, or globs"),
        F("time_intervals", \.timeIntervals, Shapes.list(CalendarDeclaration.looseInterval), "named sets of times"),
        F(
          "mute_time_intervals", \.muteTimeIntervals, Shapes.list(CalendarDeclaration.looseInterval),
          "the older place of time_intervals"),
      ],
      check: { keys, reader, _ in
        if keys.route == nil, reader.isSound("route") {
          reader.error("", "lacks the required key \"route\"", mend: "give it a root with a receiver", spoils: [])
        }
        if reader.isSound("global") { keys.receivers = keys.globals.filled(into: keys.receivers) }
        AlertingChecks.run(keys, reader)
      })
  }
}
