import SpanStore
import SystemPackage
import Testing

@Suite struct ConfigurationTests {
  @Test func spansAreKeptForAWeekUnlessToldOtherwise() {
    #expect(SpanStoreConfiguration(directory: FilePath("spans")).retention == .seconds(7 * 86_400))
  }
}
