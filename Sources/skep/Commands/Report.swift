import ArgumentParser
import ControlPlane
import FleetModel
import SystemPackage

struct Report: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Tell how the fleet fared over a window, where it goes, and what to do.")

  enum Format: String, ExpressibleByArgument, CaseIterable {
    case text, json, markdown, html
  }

  @OptionGroup var client: ClientOptions

  @Option(name: .shortAndLong, help: "How to print; html is one file with plots, that needs no other.")
  var output = Format.text

  @Option(help: "How far back, such as 90m, 24h or 7d.")
  var window = "24h"

  @Option(help: "Only this agent.")
  var agent: String?

  @Option(help: ArgumentHelp("Write to this file in place of standard output.", valueName: "path"))
  var file: String?

  func run() async throws {
    let text = try await FleetClient.with(client) { fleet in
      String(
        decoding: try await fleet.getBytes(
          "/fleet/v1/report", query: [("window", window), ("agent_id", agent), ("format", output.rawValue)]),
        as: UTF8.self)
    }
    let shown = output == .text ? Self.laidOut(text) : text
    guard let file else {
      FileOutput.write(shown.hasSuffix("\n") ? shown : shown + "\n", to: 1)
      return
    }
    do {
      let descriptor = try FileDescriptor.open(
        FilePath(file), .writeOnly, options: [.create, .truncate],
        permissions: [.ownerReadWrite, .groupRead, .otherRead])
      _ = try descriptor.closeAfter { try descriptor.writeAll(shown.utf8) }
    } catch {
      throw CommandFailure.failed("--file \(file): \(error)")
    }
  }

  /// The table of agents in columns; the server sends it with tabs, since only a terminal knows how wide text is.
  static func laidOut(_ text: String) -> String {
    let lines = text.split(separator: "\n", omittingEmptySubsequences: false)
    let rows = lines.filter { $0.contains("\t") }.map { $0.split(separator: "\t", omittingEmptySubsequences: false) }
    var shown: [String] = []
    var isDrawn = false
    for line in lines {
      guard line.contains("\t") else {
        shown.append(Terminal.safe(String(line)))
        continue
      }
      if !isDrawn, let head = rows.first {
        var table = Table(columns: head.enumerated().map { (String($1), $0 < 2 ? .left : .right) })
        for row in rows.dropFirst() where row.count == head.count { table.add(row.map { Table.Cell(String($0)) }) }
        shown.append(table.text)
      }
      isDrawn = true
    }
    return shown.joined(separator: "\n")
  }
}
