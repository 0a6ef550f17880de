import ControlPlane

/// What `skep trace audit` prints for people.
enum AuditText {
  static func of(_ audit: FleetAPI.TraceAudit) -> String {
    var lines: [String] = []
    for edge in audit.edges {
      let caller = edge.caller.map(Terminal.safe) ?? "(unknown)"
      let all = edge.linkedCalls + edge.lostCalls
      lines.append(
        Terminal.paint("\(caller) → \(Terminal.safe(edge.callee))", .bold)
          + "  \(Wording.count(edge.lostCalls)) of \(Wording.count(all)) calls lost the context "
          + "(\(edge.confidence) confidence)")
      for (evidence, count) in edge.evidence.sorted(by: { ($1.value, $0.key) < ($0.value, $1.key) }) {
        lines.append("  \(Wording.count(count)) × \(words(evidence))")
      }
      for example in edge.examples {
        let from =
          example.caller.map { "\($0.traceID) span \($0.spanID) (\(Terminal.safe($0.operation)))" } ?? "unknown"
        let to = "\(example.callee.traceID) span \(example.callee.spanID) (\(Terminal.safe(example.callee.operation)))"
        lines.append("    \(example.startTime)  caller: trace \(from)")
        lines.append("    \(String(repeating: " ", count: example.startTime.count))  callee: trace \(to)")
      }
    }
    if lines.isEmpty { lines.append("no edge loses the trace context") }
    var looked = "looked at \(Wording.count(audit.traces)) traces with \(Wording.count(audit.spans)) spans"
    if audit.examinedShare < 1 {
      looked += "; for split traces at \(Wording.percent(audit.examinedShare * 100)) of the time"
    }
    return (lines + ["", looked]).joined(separator: "\n")
  }

  private static func words(_ evidence: String) -> String {
    switch evidence {
    case "missing_parent": "names a parent that its trace does not have"
    case "tool_call_id": "has the tool call id of a span in another trace"
    case "task_id": "has the task id of a span in another trace"
    case "conversation_id": "has the conversation id of a span in another trace that was under way"
    case "known_call_site": "ran within an operation that calls this agent in other traces"
    case "operation_name": "ran within a span that is named after this agent"
    case "time": "ran within a client's span that has nothing below it, as most of them do"
    case "unusual_root": "has no parent, which its kind nearly always has"
    default: Terminal.safe(evidence)
    }
  }
}
