import ArgumentParser

struct Version: ParsableCommand {
  static let current = "0.1.0"

  static let configuration = CommandConfiguration(abstract: "Print the version.")

  @OptionGroup var output: OutputOptions

  func run() {
    switch output.output {
    case .text: Terminal.print("skep \(Self.current)")
    case .json: Terminal.print("{\"version\":\"\(Self.current)\"}")
    }
  }
}
