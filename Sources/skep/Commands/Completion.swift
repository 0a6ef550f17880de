import ArgumentParser

struct Completion: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Print a completion script for a shell.",
    discussion: "For bash: skep completion bash >/etc/bash_completion.d/skep")

  @Argument(help: "The shell.")
  var shell: Shell

  enum Shell: String, ExpressibleByArgument, CaseIterable {
    case bash
    case zsh
    case fish
  }

  func run() {
    let dialect: CompletionShell =
      switch shell {
      case .bash: .bash
      case .zsh: .zsh
      case .fish: .fish
      }
    Terminal.print(Skep.completionScript(for: dialect))
  }
}
