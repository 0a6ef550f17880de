// Runs a fleet of one agent, a shell script, until it is killed: the tests' stand-in for `skep up`.
//
//   fleet-parent LOG-DIRECTORY SCRIPT

import DeployPlan
import FleetModel
import Glibc
import LocalRuntime
import Logging
import Platform
import SystemPackage

Guardian.runIfAsked()

struct AlwaysWell: HTTPExchanger {
  func exchange(_ request: HTTPExchangeRequest) async throws -> HTTPExchangeResponse {
    HTTPExchangeResponse(status: 200)
  }
}

let arguments = CommandLine.arguments
guard arguments.count == 3 else {
  print("usage: fleet-parent LOG-DIRECTORY SCRIPT")
  exit(2)
}
var spec = AgentSpec(agentID: try AgentID("orphan"))
spec.command = ["/bin/sh", "-c", arguments[2]]
var system = FleetSystem(name: "test")
system.agents = [spec]
let fleet = LocalFleet(
  system: system, workingDirectory: "/", logDirectory: FilePath(arguments[1]), baseEnvironment: [:],
  http: AlwaysWell(), time: SystemTime(), random: SystemRandom(), logger: Logger(label: "fleet-parent"),
  onChange: { _ in })
try await fleet.run()
