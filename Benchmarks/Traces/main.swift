// What the analysis of a trace costs: `trace-benchmark [spans]`, 100,000 by default, in several forms, and of many small
// traces. CPU time of the process; on a shared machine only ratios mean something.

import FleetModel
import Measuring
import TraceAnalysis

let count = CommandLine.arguments.count > 1 ? max(1, Int(CommandLine.arguments[1]) ?? 100_000) : 100_000

for form in TraceForm.allCases {
  let outline = form.outline(spans: count)
  let tree = TraceTree(outline)
  let root = tree.root ?? 0
  let replay = TraceReplay(tree, of: root)
  let names = TraceForm.names
  print("\(form.rawValue), \(count) spans, a path of \(tree.criticalPath(of: root).count) sections")
  report("  assembly", Cost.ofOne { _ = TraceTree(outline) }, per: "trace")
  report("  critical path", Cost.ofOne { _ = tree.criticalPath(of: root) }, per: "trace")
  report("  self times", Cost.ofOne { _ = tree.selfTimes }, per: "trace")
  report("  usage", Cost.ofOne { _ = tree.usagePositions }, per: "trace")
  report("  replay, made", Cost.ofOne { _ = TraceReplay(tree, of: root) }, per: "trace")
  let faster = SpeedUp(agent: NameID(rawValue: 1), percent: 20)
  report("  replay, run", Cost.ofOne { _ = replay.duration(faster, in: tree) }, per: "trace")
  report("  all of a report", try Cost.ofOne { _ = try TraceReport(outline, names: names) }, per: "trace")
}

let small = (0..<1000).map { TraceForm.random.outline(spans: 20, seed: UInt64($0)) }
print("1,000 random traces of 20 spans")
report("  assembly", Cost.ofOne { for one in small { _ = TraceTree(one) } } / 1000, per: "trace")
report(
  "  assembly, path and one replay",
  Cost.ofOne {
    for one in small {
      let tree = TraceTree(one)
      let root = tree.root ?? 0
      _ = tree.criticalPath(of: root)
      _ = TraceReplay(tree, of: root).duration(SpeedUp(agent: NameID(rawValue: 1), percent: 20), in: tree)
    }
  } / 1000, per: "trace")
