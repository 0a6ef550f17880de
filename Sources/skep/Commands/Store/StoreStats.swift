import ArgumentParser
import ControlPlane
import FleetModel
import SystemPackage

struct StoreStats: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "stats", abstract: "Show what is stored: bytes a sample, series, blocks, the widest labels.")

  @Option(help: "How many label names and values to name.")
  var labels = 10

  @OptionGroup var place: StorePlaceOptions
  @OptionGroup var client: ClientOptions
  @OptionGroup var output: OutputOptions

  func run() async throws {
    let statistics: FleetAPI.StoreStatistics
    if let directory = place.dataDir {
      do {
        statistics = try await OfflineStore.statistics(FilePath(directory), labels: labels) {
          StandardError.print("skep: \($0)")
        }
      } catch {
        throw CommandFailure.badInput("\(error)")
      }
    } else {
      statistics = try await FleetClient.with(client) {
        try await $0.getLong(FleetAPI.StoreStatistics.self, "/fleet/v1/store", query: [("labels", "\(labels)")])
      }
    }
    switch output.output {
    case .json: Terminal.print(try JSONText.of(statistics))
    case .text: Terminal.print(StoreScreen(statistics: statistics).text)
    }
  }
}

/// What `skep store stats` prints.
struct StoreScreen {
  let statistics: FleetAPI.StoreStatistics

  var text: String {
    var parts = [totals, sizes]
    if let failure = statistics.failure {
      parts.append(Terminal.paint("the store takes no samples: \(Terminal.safe(failure))", .red))
    }
    if !statistics.blocks.isEmpty { parts.append(blocks) }
    for (title, column, list) in [
      ("LABEL", "VALUES", statistics.labels), ("METRIC", "SERIES", statistics.metrics),
      ("PAIR", "SERIES", statistics.pairs),
    ] where !list.isEmpty {
      parts.append(Self.table(title, column, list))
    }
    if !statistics.setAside.isEmpty {
      parts.append("set aside as damaged: " + Terminal.safe(statistics.setAside.joined(separator: ", ")))
    }
    return parts.joined(separator: "\n\n")
  }

  private var totals: String {
    var lines = ["\(Wording.count(statistics.series)) series, \(Wording.count(statistics.samples)) samples"]
    if let oldest = statistics.oldest, let newest = statistics.newest {
      lines.append("from \(RFC3339.format(oldest.timestamp)) to \(RFC3339.format(newest.timestamp))")
    }
    if let bytes = statistics.bytesPerSample {
      lines.append("\(Self.hundredths(bytes)) bytes a sample in blocks, index included")
    }
    return lines.joined(separator: "\n")
  }

  private static func hundredths(_ value: Double) -> String {
    guard value.isFinite, value < 1e9 else { return "\(value)" }
    let whole = Int((value * 100).rounded())
    let rest = whole % 100
    return "\(whole / 100).\(rest < 10 ? "0" : "")\(rest)"
  }

  private var sizes: String {
    var table = Table(("PART", .left), ("BYTES", .right), ("SERIES", .right), ("SAMPLES", .right))
    let head = statistics.head
    table.add(
      .init("memory"), .init(Wording.bytes(UInt64(max(0, head.reservedBytes)))), .init(Wording.count(head.series)),
      .init(Wording.count(head.samples)))
    table.add(.init("log"), .init(Wording.bytes(statistics.logBytes)), .init(""), .init(""))
    table.add(.init("checkpoint"), .init(Wording.bytes(statistics.checkpointBytes)), .init(""), .init(""))
    table.add(
      .init("blocks"), .init(Wording.bytes(statistics.blockBytes)), .init(""),
      .init(Wording.count(statistics.blocks.reduce(0) { $0 + $1.samples })))
    return table.text
  }

  private var blocks: String {
    var table = Table(
      ("BLOCK", .left), ("FROM", .left), ("TO", .left), ("SERIES", .right), ("CHUNKS", .right), ("SAMPLES", .right),
      ("BYTES", .right))
    for block in statistics.blocks {
      table.add(
        .init(block.name), .init(RFC3339.format(block.minTime.timestamp)),
        .init(RFC3339.format(block.maxTime.timestamp)), .init(Wording.count(block.series)),
        .init(Wording.count(block.chunks)), .init(Wording.count(block.samples)), .init(Wording.bytes(block.bytes)))
    }
    return table.text
  }

  private static func table(_ title: String, _ column: String, _ list: [FleetAPI.StoreStatistics.Cardinality]) -> String
  {
    var table = Table((title, .left), (column, .right))
    for one in list { table.add(.init(one.name), .init(Wording.count(one.count))) }
    return table.text
  }
}
