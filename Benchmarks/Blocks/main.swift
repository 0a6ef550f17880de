// What blocks cost: `block-benchmark [agents] [samples] [directory]`, 50 agents of 200 series and 480 samples at 15 s by
// default. CPU time of the process; on a shared machine only ratios mean something.

import FleetModel
import Glibc
import Measuring
import Platform
import SystemPackage

@testable import SampleStore

let arguments = CommandLine.arguments
let agents = arguments.count > 1 ? Int(arguments[1]) ?? 50 : 50
let rounds = arguments.count > 2 ? Int(arguments[2]) ?? 480 : 480
let directory = FilePath(arguments.count > 3 ? arguments[3] : "/tmp/skep-block-benchmark-\(getpid())")
let files = SystemFileSystem()
try files.createDirectory(directory)
let seriesCount = agents * 200
let sampleCount = Double(seriesCount * rounds)

struct Series {
  var labels: LabelSet
  var agent: Int
  var values: [Double] = []
}

var fleet = (0..<agents).map { FleetValues(agent: $0, fleet: agents) }
var unsorted = fleet.indices.flatMap { agent in fleet[agent].labels.map { Series(labels: $0, agent: agent) } }
for _ in 0..<rounds {
  for agent in fleet.indices {
    fleet[agent].step()
    for index in 0..<200 { unsorted[agent * 200 + index].values.append(fleet[agent].values[index]) }
  }
}
let series = unsorted.sorted { LabelSet.precedes($0.labels, $1.labels) }
let times: [[Int64]] = (0..<agents).map { agent in
  let first: Int64 = 1_700_000_000_000 + Int64(agent * 7919 % 15_000)
  return (0..<rounds).map { round in first + Int64(round) * 15_000 }
}

func write(_ name: String, sequence: UInt64, _ range: Range<Int>) throws -> BlockSummary {
  var writer = try BlockWriter(files: files, path: directory.appending(name), sequence: sequence)
  for one in series {
    try one.labels.encoded.withUnsafeBytes { try writer.beginSeries(encodedLabels: $0) }
    try times[one.agent].withUnsafeBufferPointer { times in
      try one.values.withUnsafeBufferPointer { values in
        try writer.append(
          times: UnsafeBufferPointer(rebasing: times[range]), values: UnsafeBufferPointer(rebasing: values[range]))
      }
    }
  }
  return try writer.finish()
}

func open(_ name: String) throws -> Block { try Block(files: files, path: directory.appending(name)) }

var begin = Cost.now()
let summary = try write("all.block", sequence: 1, 0..<rounds)
report("write", (Cost.now() - begin) / sampleCount, per: "sample")
let block = try open("all.block")
report("open", try Cost.ofOne { _ = try open("all.block") }, per: "block")
report("all", Double(summary.bytes) / sampleCount, "bytes/sample")
var timeBytes = 0
var cursor = block.timeCursor()
for column in 0..<block.timeColumnCount { timeBytes += try cursor.read(column).bytes.count }
report("  values", Double(block.footer.dataEnd - timeBytes) / sampleCount, "bytes/sample")
report("  times", Double(timeBytes) / sampleCount, "bytes/sample")
report("  index", Double(Int(summary.bytes) - block.footer.dataEnd) / Double(seriesCount), "bytes/series")
for section in BlockFormat.Section.allCases {
  report("    \(section)", Double(block.footer.lengths[section.rawValue]) / Double(seriesCount), "bytes/series")
}

let places = try block.find([])
report(
  "read labels",
  try Cost.ofOne {
    var reader = block.reader()
    for place in places { try reader.readLabels(place) }
  } / Double(seriesCount), per: "series")
report(
  "read chunks",
  try Cost.ofOne {
    var reader = block.reader()
    for place in places { try reader.readChunks(place) }
  } / Double(seriesCount), per: "series")
report(
  "labels of a series here and there",
  try Cost.ofOne {
    var reader = block.reader()
    for index in 0..<1000 { try reader.readLabels(UInt32(index * 7919 % seriesCount)) }
  } / 1000, per: "series")
var joiner = SampleJoiner()
report(
  "decode and join",
  try Cost.ofOne {
    var reader = block.reader()
    for place in places {
      try reader.readChunks(place)
      _ = try joiner.join([(block, reader.chunks)], from: .min, through: .max)
    }
  } / sampleCount, per: "sample")

func question(_ what: String, _ matchers: [LabelMatcher]) throws {
  let compiled = try matchers.compactMap { try CompiledMatcher.compile($0) }
  var found = 0
  let cost = try Cost.ofOne { found = try block.find(compiled).count }
  report(what, cost, per: "question for \(found) series")
}

let bucket = LabelMatcher("__name__", .equal, "agent_request_duration_seconds_bucket")
try question(
  "one series",
  [
    bucket, LabelMatcher("agent_id", .equal, "agent-0007"), LabelMatcher("le", .equal, "1"),
    LabelMatcher("operation", .equal, "plan"),
  ])
try question("one agent", [LabelMatcher("agent_id", .equal, "agent-0007")])
try question("one bucket of all agents", [bucket, LabelMatcher("le", .equal, "1")])
try question("agents by pattern", [bucket, LabelMatcher("agent_id", .matches, "agent-00.[13579]")])
try question("all but one agent", [bucket, LabelMatcher("agent_id", .notEqual, "agent-0007")])
try question("a label that is there", [LabelMatcher("le", .matches, ".+")])

/// Merges the samples cut into `count` blocks.
func merge(_ what: String, _ count: Int) throws {
  var parts: [Block] = []
  for part in 0..<count {
    _ = try write("\(count)-\(part).block", sequence: UInt64(part), rounds * part / count..<rounds * (part + 1) / count)
    parts.append(try open("\(count)-\(part).block"))
  }
  let begin = Cost.now()
  let merged = try BlockMerge.run(parts, files: files, into: directory.appending("merged.block"))
  report("merge \(count) blocks, \(what)", (Cost.now() - begin) / sampleCount, per: "sample")
  precondition(merged?.samples == UInt64(sampleCount), "BUG: samples are missing")
  try files.remove(directory.appending("merged.block"))
  for part in parts { try files.remove(part.path) }
}

try merge("joined", max(2, rounds / 120))
if rounds >= 960 { try merge("copied", rounds / 480) }
begin = Cost.now()
_ = try BlockMerge.run([block], files: files, into: directory.appending("copy.block"))
report("rewrite one block", (Cost.now() - begin) / Double(seriesCount), per: "series")
report(
  "check", Cost.ofOne { precondition(block.check().isEmpty, "BUG: the block is broken") } / sampleCount, per: "sample")
for name in ["all.block", "copy.block"] { try files.remove(directory.appending(name)) }
rmdir(directory.string)
