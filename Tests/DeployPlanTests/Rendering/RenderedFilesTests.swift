import DeployPlan
import FleetModel
import FoundationEssentials
import TestSupport
import Testing

@Suite("Rendered files")
struct RenderedFilesTests {
  @Test func haveOneNameForEachAgent() throws {
    let manifests = try Rendering(of: GoldenFiles.system("maximal")).manifests
    let files = RenderedFiles(manifests, form: .directory).files
    let paths = files.map(\.path)
    for path in [
      "00-namespace.yaml", "10-access.yaml", "20-mesh.yaml", "agents/outside-metrics.yaml", "agents/planner.yaml",
      "agents/researcher.yaml",
    ] { #expect(paths.contains(path)) }
    #expect(paths == paths.sorted() && paths.first == "00-namespace.yaml")
    let kustomize = RenderedFiles(manifests, form: .kustomize).files
    #expect(kustomize.first?.path == "kustomization.yaml")
    #expect(Array(kustomize.dropFirst()) == files)
  }

  @Test func everyObjectIsInOneFile() throws {
    for name in GoldenFiles.names {
      let manifests = try Rendering(of: GoldenFiles.system(name)).manifests
      let text = RenderedFiles(manifests, form: .directory).files.map(\.text).joined(separator: "---\n")
      let documents = text.dropLast().split(separator: "\n---\n").map { String($0) + "\n" }
      #expect(documents.sorted() == manifests.map { ManifestText.yaml([$0]) }.sorted())
    }
  }

  @Test func aChangeOfOneAgentChangesOneFile() throws {
    let system = try GoldenFiles.system("maximal")
    var changed = system
    changed.agents[1].tag = "2.0"
    changed.agents[1].image = "registry.example/researcher"
    let before = try RenderedFiles(Rendering(of: system).manifests, form: .kustomize).files
    let after = try RenderedFiles(Rendering(of: changed).manifests, form: .kustomize).files
    let different = zip(before, after).filter { $0 != $1 }.map { $0.0.path }
    #expect(different == ["agents/researcher.yaml"])
  }

  @Test(.enabled(if: ForeignProgram.hasKubectl, "kubectl is not at hand"), arguments: GoldenFiles.names)
  func kustomizeTakesThem(name: String) throws {
    let manifests = try Rendering(of: GoldenFiles.system(name)).manifests
    let directory = try ScratchDirectory()
    for file in RenderedFiles(manifests, form: .kustomize).files { try directory.write(file.path, file.text) }
    let (status, output) = try ForeignProgram.run(["kubectl", "kustomize", "\(directory.path)"])
    #expect(status == 0, "\(output)")
    let kinds = output.split(separator: "\n").filter { $0.hasPrefix("kind: ") }.map { String($0.dropFirst(6)) }
    #expect(kinds.sorted() == manifests.map(\.kind).sorted())
  }

  @Test(
    .enabled(
      if: ForeignProgram.hasKubectl && ForeignProgram.hasSchemas,
      "kubectl, or what an API server says of itself, is not at hand"),
    arguments: GoldenFiles.names)
  func kubectlTakesThemInThisOrder(name: String) throws {
    let manifests = try Rendering(of: GoldenFiles.system(name)).manifests
    let directory = try ScratchDirectory()
    try directory.write("manifests/all.yaml", ManifestText.yaml(manifests))
    let (status, output) = try ForeignProgram.kubectl(
      ["create", "--dry-run=client", "--validate=false", "--output=name", "--filename=\(directory.path)/manifests"],
      cache: "\(directory.path)/cache")
    #expect(status == 0, "\(output)")
    let names = output.split(separator: "\n").map { $0.split(separator: "/").last.map(String.init) ?? "" }
    #expect(names == manifests.map(\.name))
  }
}
