import FleetHealth
import FleetModel

/// The board at this moment, at most some seconds old.
typealias BoardLook = @Sendable () async -> Board

/// What the console's first page shows.
struct BoardRoutes: Sendable {
  var look: BoardLook

  var routes: [APIRoute] { [board] }

  private var board: APIRoute {
    APIRoute(
      method: .get, path: "/fleet/v1/board", operationID: "board",
      summary: "All agents with their figures, what needs attention first, and who calls whom", access: .read,
      parameters: [.init(name: "agent_id", kind: .text, summary: "Only the row and the attention of this agent")],
      answers: [.init(status: 200, summary: "The board", content: .json(schema: "BoardAnswer"))]
    ) { [look] request in
      var board = FleetAPI.Board(await look())
      if let agent = request.text("agent_id") {
        board.agents.removeAll { $0.agentID != agent }
        board.attention.removeAll { $0.agentID != agent }
        board.calls?.removeAll { $0.caller != agent && $0.callee != agent }
      }
      return try .json(FleetAPI.BoardAnswer(board: board))
    }
  }
}
