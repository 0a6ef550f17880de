import AsyncHTTPClient
import Logging
import ServiceLifecycle

/// Keeps an agent registered while it runs. Fails at nothing: a control plane that is away costs an agent only a log line.
struct RegistrationLoop: Sendable {
  let client: ControlPlaneClient
  let registration: ControlPlaneClient.Registration
  let policy: RegistrationPolicy
  let logger: Logger

  /// Returns once the task is cancelled, with what has been reached until then.
  func run() async -> RegistrationMachine {
    var machine = RegistrationMachine(policy: policy)
    var event = RegistrationMachine.Event.started
    while true {
      let step = machine.step(event, random: .random(in: 0..<1))
      if let news = step.news { log(news) }
      if Task.isCancelled { return machine }
      if step.delay > .zero, (try? await Task.sleep(for: step.delay)) == nil { return machine }
      do {
        let status =
          switch step.call {
          case .register: try await client.register(registration)
          case .heartbeat: try await client.heartbeat()
          }
        event = .answered(status)
      } catch {
        event = .unanswered
        logger.debug("no answer from the control plane", metadata: ["error": "\(error)"])
      }
    }
  }

  /// Says good-bye where the policy asks for it, without insisting.
  func leave(_ machine: RegistrationMachine) async {
    switch policy.deregistration {
    case .never: return
    case .whenCreated where !machine.hasCreatedEntry: return
    case .whenCreated, .always: break
    }
    guard machine.isRegistered else { return }
    do {
      let status = try await client.deregister()
      logger.info("deregistered", metadata: ["status": "\(status)"])
    } catch {
      logger.warning(
        "could not deregister; the control plane will count this agent as lost", metadata: ["error": "\(error)"])
    }
  }

  private func log(_ news: RegistrationMachine.News) {
    let server: Logger.Metadata = ["server": "\(client.server)"]
    switch news {
    case .registered: logger.info("registered with the control plane", metadata: server)
    case .forgotten:
      logger.notice("the control plane does not know this agent any more; registering again", metadata: server)
    case .unreachable: logger.warning("cannot reach the control plane; trying again", metadata: server)
    case .refused(let status):
      let hint =
        status == 401 || status == 403
        ? "check SKEP_TOKEN_FILE" : "check SKEP_SERVER and the control plane's log"
      logger.warning("the control plane answered \(status); \(hint); trying again", metadata: server)
    }
  }
}
