import ControlPlane
import DeployPlan
import FleetModel

/// A routing tree, drawn: a line for each route, those that take an alert marked.
enum RouteTreeText {
  static func text(of test: RouteTest, marking matches: [RouteTest.Node], isUTF8: Bool = Terminal.isUTF8) -> String {
    let (middle, last, through) = isUTF8 ? ("├── ", "└── ", "│   ") : ("|-- ", "`-- ", "|   ")
    let marked = Set(matches.map(\.path))
    // Whether the node at each depth above is the last of its kin.
    var closed: [Bool] = []
    return test.nodes.map { node in
      closed = Array(closed.prefix(node.depth)) + [node.isLast]
      var line = ""
      for depth in 1..<max(1, node.depth) { line += closed[depth] ? "    " : through }
      if node.depth > 0 { line += node.isLast ? last : middle }
      return line + label(of: node, isMarked: marked.contains(node.path))
    }.joined(separator: "\n")
  }

  private static func label(of node: RouteTest.Node, isMarked: Bool) -> String {
    var text = "\(matchers(of: node))  \(node.receiver)"
    if node.continues { text += "  (continues)" }
    for (word, names) in [("muted in", node.muteTimeIntervals), ("active in", node.activeTimeIntervals)]
    where !names.isEmpty { text += "  (\(word) \(names.joined(separator: ", ")))" }
    let safe = Terminal.safe(text)
    return isMarked ? Terminal.paint("\(safe) *", .green) : safe
  }

  /// `{severity="critical"}`; `{}` takes everything.
  static func matchers(of node: RouteTest.Node) -> String {
    "{\(node.matchers.map(\.alertmanagerText).joined(separator: ","))}"
  }
}
