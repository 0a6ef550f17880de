import DeployPlan
import FoundationEssentials
import TestSupport
import Testing

@Suite("Golden files of rendering")
struct RenderingGoldenTests {
  @Test func thereAreFour() { #expect(GoldenFiles.names == ["control-plane", "maximal", "minimal", "research-team"]) }

  @Test(arguments: GoldenFiles.names)
  func rendered(_ name: String) throws {
    let rendering = try Rendering(of: GoldenFiles.system(name))
    let text = ManifestText.yaml(rendering.manifests)
    let path = "\(GoldenFiles.folder)/\(name)/expected.yaml"
    if CaseFiles.isRecording { try CaseFiles.write(text, to: path) }
    #expect(text == (try CaseFiles.text(path)))
    #expect(try ManifestText.yaml(Rendering(of: GoldenFiles.system(name)).manifests) == text)
  }

  @Test(.enabled(if: ForeignProgram.hasSchemas, "the schemas or their validators are not at hand"))
  func areValid() throws {
    let (faults, objects) = try ForeignProgram.faults(
      in: GoldenFiles.names.map { "\(GoldenFiles.folder)/\($0)/expected.yaml" })
    #expect(faults == [])
    #expect(objects >= 40)
  }
}
