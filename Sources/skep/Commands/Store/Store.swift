import ArgumentParser

struct Store: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Look after the stored samples.",
    discussion: """
      The commands ask a running Skep. `stats` and `check` also look into the data directory of one that is stopped, or into
      a snapshot: name it with --data-dir.
      """,
    subcommands: [StoreStats.self, StoreCheck.self, StoreSnapshot.self, StoreCompact.self, StoreDelete.self])
}

/// Where `stats` and `check` look.
struct StorePlaceOptions: ParsableArguments {
  @Option(help: "The data directory of a Skep that is stopped, or a snapshot, in place of a running Skep.")
  var dataDir: String?
}
