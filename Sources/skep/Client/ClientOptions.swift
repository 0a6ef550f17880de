import ArgumentParser
import Glibc

enum OutputFormat: String, ExpressibleByArgument, CaseIterable {
  case text
  case json
}

struct OutputOptions: ParsableArguments {
  @Option(name: .shortAndLong, help: "How to print: text for people, json for programs.")
  var output = OutputFormat.text
}

/// What every command that asks a running Skep takes.
struct ClientOptions: ParsableArguments {
  @Option(help: "The Skep to ask; SKEP_SERVER sets another default.")
  var server: String = ClientOptions.environment("SKEP_SERVER") ?? "http://127.0.0.1:7540"

  @OptionGroup var credentials: CredentialOptions

  static func environment(_ name: String) -> String? {
    guard let value = getenv(name) else { return nil }
    let text = String(cString: value)
    return text.isEmpty ? nil : text
  }
}

/// How a client shows who it is, and knows whom it asks.
struct CredentialOptions: ParsableArguments {
  @Option(name: .customLong("token-file"), help: "A file that holds a bearer token; SKEP_TOKEN_FILE sets a default.")
  var givenTokenFile: String?

  @Option(
    name: .customLong("ca-file"),
    help: "A PEM file of certificate authorities to trust; SKEP_CA_FILE sets a default.")
  var givenAuthorityFile: String?

  var tokenFile: String? { givenTokenFile ?? ClientOptions.environment("SKEP_TOKEN_FILE") }

  var authorityFile: String? { givenAuthorityFile ?? ClientOptions.environment("SKEP_CA_FILE") }
}
