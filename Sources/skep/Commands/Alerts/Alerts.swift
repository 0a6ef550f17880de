import ArgumentParser

struct Alerts: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "List alerts, silence them, and try out who is told of them.",
    subcommands: [
      AlertsList.self, AlertsShow.self, AlertsSilence.self, AlertsExpire.self, AlertsTestRoute.self,
      AlertsSendTest.self, AlertsCheckConfig.self,
    ],
    defaultSubcommand: AlertsList.self)
}
