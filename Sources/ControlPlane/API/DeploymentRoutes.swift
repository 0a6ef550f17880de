import FleetModel

/// Deployments: what changed when.
struct DeploymentRoutes: Sendable {
  var marks: DeploymentMarks

  var routes: [APIRoute] { [list] }

  private var list: APIRoute {
    APIRoute(
      method: .get, path: "/fleet/v1/deployments", operationID: "listDeployments",
      summary: "The deployments that this Skep has seen, the latest first", access: .read,
      parameters: [
        .init(
          name: "limit", kind: .integer(1...DeploymentMarks.most, default: DeploymentMarks.most),
          summary: "How many at most")
      ],
      answers: [.init(status: 200, summary: "The deployments", content: .json(schema: "DeploymentList"))]
    ) { [marks] request in
      let limit = request.integer("limit") ?? DeploymentMarks.most
      return try .json(
        FleetAPI.DeploymentList(deployments: marks.all.prefix(limit).map(FleetAPI.Deployment.init)))
    }
  }
}
