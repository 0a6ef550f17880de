import DeployPlan
import Testing

/// What is taken for a system file, and so read as one with all that is wrong with it.
struct SystemFileMeaningTests {
  @Test(arguments: [
    ("system: s\n", true), ("sytem: s\nagents: []\n", true), ("System: s\n", true), ("agents: []\n", true),
    ("alert_rules: []\n", true), ("# first\n---\nsystem: s\n---\nsystem: t\n", true),
    ("apiVersion: v1\nkind: Service\n", false), ("kind: X\nagents: []\n", false), ("", false), ("- system\n", false),
    ("route: {receiver: a}\nreceivers: [{name: a}]\n", false), ("scrape_configs: []\nrule_files: []\n", false),
    ("apiVersion: v1\nkind: Service\n---\nsystem: s\n", false),
  ])
  func meant(_ text: String, _ isMeant: Bool) {
    #expect(SystemFile.isMeant(by: Array(text.utf8)) == isMeant)
  }
}
