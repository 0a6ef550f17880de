// What the head store costs: `store-benchmark [agents] [samples]`, 500 agents of 200 series and 120 samples by default.
// CPU time of the process; on a shared machine only ratios mean something.

import FleetModel
import Glibc
import Measuring
import Platform
import SampleStore
import SystemPackage

func residentBytes() -> Int {
  guard let file = fopen("/proc/self/statm", "r") else { return 0 }
  defer { fclose(file) }
  var line = [CChar](repeating: 0, count: 128)
  guard fgets(&line, 128, file) != nil else { return 0 }
  let fields = String(decoding: line.map { UInt8(bitPattern: $0) }, as: UTF8.self).split(separator: " ")
  return fields.count > 1 ? (Int(fields[1]) ?? 0) * Int(getpagesize()) : 0
}

let agents = CommandLine.arguments.count > 1 ? Int(CommandLine.arguments[1]) ?? 500 : 500
let rounds = CommandLine.arguments.count > 2 ? Int(CommandLine.arguments[2]) ?? 120 : 120
let seriesCount = agents * 200
let start: Int64 = 1_700_000_000_000

// The codec alone.
do {
  var fleet = FleetValues(agent: 0, fleet: agents)
  var columns = [[Double]](repeating: [], count: 200)
  for _ in 0..<240 {
    fleet.step()
    for index in 0..<200 { columns[index].append(fleet.values[index]) }
  }
  var chunks: [EncodedChunk] = []
  var encoding = Cost()
  for values in columns {
    let codec = values.withUnsafeBufferPointer { ChunkCodec.fitting($0) }
    var builder = ChunkBuilder(codec: codec)
    let begin = Cost.now()
    for index in 0..<240 { _ = builder.append(values[index], at: start + Int64(index) * 1000) }
    encoding += Cost.now() - begin
    chunks.append(builder.finish())
  }
  let times = UnsafeMutablePointer<Int64>.allocate(capacity: 240)
  let values = UnsafeMutablePointer<Double>.allocate(capacity: 240)
  let begin = Cost.now()
  for _ in 0..<50 {
    for chunk in chunks {
      try chunk.bytes.withUnsafeBytes { bytes in
        try ChunkDecoder.decode(bytes, codec: chunk.codec, count: chunk.count, times: times, values: values)
      }
    }
  }
  let decoding = Cost.now() - begin
  report("encode into an array", encoding / 48_000, per: "sample")
  report("decode", decoding / 48_000 / 50, per: "sample")
  report("chunk", Double(chunks.reduce(0) { $0 + $1.bytes.count }) / 48_000, "bytes/sample")
  times.deallocate()
  values.deallocate()
}

var fleet = (0..<agents).map { FleetValues(agent: $0, fleet: agents) }
var batches: [[Sample]] = fleet.map { $0.labels.map { _ in Sample(series: SeriesRef(rawValue: 0), value: 0) } }
let before = residentBytes()
let store = HeadStore()

var begin = Cost.now()
for agent in fleet.indices {
  for index in 0..<200 { batches[agent][index].series = try store.reference(for: fleet[agent].labels[index]) }
}
report("make a series", (Cost.now() - begin) / Double(seriesCount), per: "series")
report("resident after making them", Double(residentBytes() - before) / Double(seriesCount), "bytes/series")

var spent = Cost()
for round in 0..<rounds {
  for agent in fleet.indices {
    fleet[agent].step()
    for index in 0..<200 { batches[agent][index].value = fleet[agent].values[index] }
    let begin = Cost.now()
    _ = try store.append(batches[agent], at: Timestamp(milliseconds: start + Int64(round) * 1000 + Int64(agent)))
    spent += Cost.now() - begin
  }
}
let resident = residentBytes() - before
let statistics = store.statistics()
report("append", spent / Double(seriesCount * rounds), per: "sample")
report("resident", Double(resident) / Double(seriesCount), "bytes/series")
report("  labels", Double(statistics.labelBytes) / Double(seriesCount), "bytes/series")
report("  index", Double(statistics.indexBytes) / Double(seriesCount), "bytes/series")
report("  chunks", Double(statistics.chunkBytes) / Double(seriesCount), "bytes/series")
report("  chunks", Double(statistics.chunkBytes) / Double(statistics.samples), "bytes/sample")

begin = Cost.now()
for agent in fleet { for labels in agent.labels { _ = try store.reference(for: labels) } }
report("look up by labels", (Cost.now() - begin) / Double(seriesCount), per: "series")

let everything = (Timestamp(milliseconds: 0), Timestamp(milliseconds: .max))
func question(_ what: String, _ matchers: [LabelMatcher], _ from: Timestamp) async throws {
  var found = 0
  var samples = 0
  let begin = Cost.now()
  for _ in 0..<5 {
    let series = try await store.select(matchers, from: from, through: everything.1)
    found = series.count
    samples = series.reduce(0) { $0 + $1.samples.count }
  }
  report(what, (Cost.now() - begin) / 5, per: "question for \(found) series, \(samples) samples")
}

// The same with a log, as Skep runs: one write for each batch.
do {
  let directory = FilePath("/tmp/skep-store-benchmark-\(getpid())")
  let durable = try DurableStore(StoreConfiguration(directory: directory), time: SystemTime())
  let upkeep = Task { await durable.run() }
  for agent in fleet.indices {
    for index in 0..<200 { batches[agent][index].series = try durable.reference(for: fleet[agent].labels[index]) }
  }
  var spent = Cost()
  for round in 0..<rounds {
    for agent in fleet.indices {
      fleet[agent].step()
      for index in 0..<200 { batches[agent][index].value = fleet[agent].values[index] }
      let begin = Cost.now()
      _ = try durable.append(batches[agent], at: Timestamp(milliseconds: start + Int64(round) * 1000 + Int64(agent)))
      spent += Cost.now() - begin
    }
  }
  report("append with a log, upkeep included", spent / Double(seriesCount * rounds), per: "sample")
  upkeep.cancel()
  await upkeep.value
  let begin = Cost.now()
  let again = try DurableStore(StoreConfiguration(directory: directory), time: SystemTime())
  report("open after a clean end", (Cost.now() - begin) / Double(seriesCount), per: "series")
  let closing = Task { await again.run() }
  closing.cancel()
  await closing.value
  let files = SystemFileSystem()
  for folder in ["blocks", "log", ""] {
    for name in try files.names(in: directory.appending(folder)) {
      try? files.remove(directory.appending(folder).appending(name))
    }
    rmdir(directory.appending(folder).string)
  }
}

let name = LabelMatcher("__name__", .equal, "agent_request_duration_seconds_bucket")
let last = Timestamp(milliseconds: start + Int64(rounds) * 1000 - 5000)
try await question(
  "one series",
  [
    name, LabelMatcher("agent_id", .equal, "agent-0007"), LabelMatcher("le", .equal, "1"),
    LabelMatcher("operation", .equal, "plan"),
  ], everything.0)
try await question("one agent", [LabelMatcher("agent_id", .equal, "agent-0007")], everything.0)
try await question("one bucket of all agents", [name, LabelMatcher("le", .equal, "1")], everything.0)
try await question("agents by pattern", [name, LabelMatcher("agent_id", .matches, "agent-00.[13579]")], everything.0)
try await question("all but one agent, last 5 s", [name, LabelMatcher("agent_id", .notEqual, "agent-0007")], last)
