import ArgumentParser
import ControlPlane
import SystemPackage

struct StoreCheck: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "check", abstract: "Verify every checksum and index of the store.",
    discussion: """
      Exits with 1, naming each file and what is wrong with it, if anything is. Of a running Skep the blocks are verified; of
      a data directory also manifest, checkpoint and log, and nothing is changed.
      """)

  @OptionGroup var place: StorePlaceOptions
  @OptionGroup var client: ClientOptions
  @OptionGroup var output: OutputOptions

  func run() async throws {
    let check: FleetAPI.StoreCheck
    if let directory = place.dataDir {
      do { check = try OfflineStore.check(FilePath(directory)) } catch { throw CommandFailure.badInput("\(error)") }
    } else {
      check = try await FleetClient.with(client) {
        try await $0.postLong(FleetAPI.StoreCheck.self, "/fleet/v1/store/check")
      }
    }
    switch output.output {
    case .json: Terminal.print(try JSONText.of(check))
    case .text: Terminal.print(Self.text(of: check))
    }
    if !check.good {
      let bad = check.files.count { !$0.problems.isEmpty }
      throw CommandFailure.failed("\(bad) of \(check.files.count) files are damaged")
    }
  }

  private static func text(of check: FleetAPI.StoreCheck) -> String {
    var table = Table(("FILE", .left), ("BYTES", .right), ("VERDICT", .left))
    for file in check.files {
      table.add(
        .init(file.name), .init(Wording.bytes(file.bytes)),
        file.problems.isEmpty
          ? .init("good", .green) : .init(file.problems.joined(separator: "; "), .red))
    }
    var parts = table.isEmpty ? [] : [table.text]
    parts += check.notes.map { "note: \(Terminal.safe($0))" }
    parts.append("\(Wording.count(check.series)) series and \(Wording.count(check.samples)) samples were read")
    return parts.joined(separator: "\n")
  }
}
