import DeployPlan
import FleetModel
import FoundationEssentials
import TestSupport
import Testing

@Suite("Rendering of a thousand systems")
struct RenderingPropertyTests {
  private static let systems = (0..<1000).map { SystemGenerator.system(UInt64($0)) }

  @Test(.enabled(if: ForeignProgram.hasSchemas, "the schemas or their validators are not at hand"))
  func areValid() throws {
    let directory = try ScratchDirectory()
    let texts = try Self.systems.map { try ManifestText.yaml(Rendering(of: $0).manifests) }
    let file = try directory.write("systems.yaml", texts.joined(separator: "---\n"))
    let (faults, objects) = try ForeignProgram.faults(in: ["\(file)"])
    #expect(faults.prefix(10) == [])
    #expect(objects > 10_000)
  }

  @Test func areTheSameEachTime() throws {
    for seed in 0..<50 {
      let once = try ManifestText.yaml(Rendering(of: SystemGenerator.system(UInt64(seed))).manifests)
      #expect(once == (try ManifestText.yaml(Rendering(of: SystemGenerator.system(UInt64(seed))).manifests)))
    }
  }

  @Test func haveNoObjectTwiceAndNoNameThatIsTooLong() throws {
    for system in Self.systems {
      var seen: Set<Manifest.ID> = []
      for manifest in try Rendering(of: system).manifests {
        #expect(seen.insert(manifest.id).inserted, "\(manifest.id)")
        #expect(DNSLabel.problem(in: manifest.name) == nil, "\(manifest.id)")
        for (label, value) in manifest.labels { #expect(value.utf8.count <= 63, "\(manifest.id): \(label)") }
      }
    }
  }

  @Test func routesNameWhatIsThere() throws {
    for system in Self.systems where system.mesh == .istio {
      let manifests = try Rendering(of: system).manifests
      for agent in system.agents {
        let of = { (kind: String) in manifests.first { $0.kind == kind && $0.labels["agent-id"] == agent.agentID.name }
        }
        let service = try #require(of("Service")).spec
        let ports = Set(service["ports"].list.map { $0["port"].text })
        let subsets = Set(try #require(of("DestinationRule")).spec["subsets"].list.map { $0["name"].text })
        guard let routes = of("VirtualService")?.spec["http"].list else { continue }
        for route in routes {
          let shares = route["route"].list
          #expect(shares.count == 1 || shares.reduce(0) { $0 + (Int($1["weight"].text) ?? 0) } == 100)
          for share in shares {
            let destination = share["destination"]
            #expect(destination["host"].text == of("Service")?.name)
            #expect(ports.contains(destination["port"]["number"].text))
            #expect(destination["subset"].isAbsent || subsets.contains(destination["subset"].text))
          }
        }
        // Every port has a route that takes whatever is left.
        let open = Set(
          routes.filter { route in
            route["match"].list.contains { $0["uri"].isAbsent && $0["headers"].isAbsent }
          }.flatMap { $0["match"].list.map { $0["port"].text } })
        #expect(open == ports)
      }
    }
  }
}
