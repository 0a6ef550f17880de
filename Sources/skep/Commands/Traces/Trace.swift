import ArgumentParser

struct Trace: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Look into one trace, or see what many say together.",
    subcommands: [
      TraceShow.self, TraceCriticalPath.self, TraceCallGraph.self, TraceCompare.self, TraceAudit.self, TraceCost.self,
    ])
}
