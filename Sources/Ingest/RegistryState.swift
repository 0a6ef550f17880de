import FleetModel
import FoundationEssentials
import Platform
import Synchronization

/// What is known of an instance from before a restart.
struct RememberedInstance: Sendable {
  var status: AgentStatus
  var lastError: String?
  var registeredAt: Timestamp
  var lastSeen: Timestamp?
  var pid: Int32?
  var processStart: UInt64?
}

/// What of the state file is out of date, and since when it was not written.
struct StateStaleness: Sendable {
  /// Who is registered, or a status: written within a second.
  var structure = false
  /// Only times of last signs of life, which change all the time: written every half minute.
  var times = false
  var writtenAt: Duration?
}

/// The state file: JSON, one entry for each instance. Times are milliseconds since 1970.
private struct RegistryDocument: Codable {
  static let currentVersion = 1

  var version: Int
  var instances: [Entry]

  struct Entry: Codable {
    var agentId: String
    var instance: String
    /// What the agent itself registered; the other sources say theirs again after a restart.
    var registration: Registration?
    var registeredAt: Int64
    var lastSeen: Int64?
    var status: String
    var lastError: String?
    var pid: Int32?
    var processStart: UInt64?
  }

  struct Registration: Codable {
    var metricsEndpoint: String?
    var healthEndpoint: String?
    var pid: Int32?
    var labels: [String: String]
    var intervalMs: Int64?
    var timeoutMs: Int64?
    var honorLabels: Bool
  }
}

extension AgentRegistry {
  /// Instances of other sources that were not named again for this long are forgotten.
  private static let rememberedFor: Duration = .seconds(15 * 86_400)

  /// Reads the state file. Returns what was wrong with it, in words.
  static func restore(from file: StateFile?, into state: inout State, at now: Moment) throws -> String? {
    guard let file, let bytes = try file.read() else { return nil }
    let document: RegistryDocument
    do {
      let decoder = JSONDecoder()
      decoder.keyDecodingStrategy = .convertFromSnakeCase
      document = try decoder.decode(RegistryDocument.self, from: Data(bytes))
    } catch {
      let aside = try file.setAside()
      return "the registry's state file \(file.path) is damaged and was set aside as \(aside); "
        + "agents that registered themselves must do so again"
    }
    guard document.version == RegistryDocument.currentVersion else {
      let aside = try file.setAside()
      return "the registry's state file \(file.path) has version \(document.version), this Skep reads version "
        + "\(RegistryDocument.currentVersion); it was set aside as \(aside)"
    }
    var problems: [String] = []
    for entry in document.instances {
      if let problem = restore(entry, into: &state, at: now) { problems.append(problem) }
    }
    guard !problems.isEmpty else { return nil }
    return "left out of the registry's state file \(file.path): \(problems.joined(separator: "; "))"
  }

  private static func restore(_ entry: RegistryDocument.Entry, into state: inout State, at now: Moment) -> String? {
    let agent: AgentID
    do throws(AgentID.InvalidName) { agent = try AgentID(entry.agentId) } catch { return "\(error)" }
    let remembered = RememberedInstance(
      status: AgentStatus(rawValue: entry.status) ?? .pending, lastError: entry.lastError,
      registeredAt: Timestamp(milliseconds: entry.registeredAt),
      lastSeen: entry.lastSeen.map(Timestamp.init(milliseconds:)), pid: entry.pid, processStart: entry.processStart)
    let key = InstanceKey(agent: agent, instance: entry.instance)
    let isOld = now.wall - (remembered.lastSeen ?? remembered.registeredAt) > rememberedFor
    if entry.registration != nil || !isOld { state.remembered[key] = remembered }
    guard let saved = entry.registration else { return nil }
    let target = CollectionTarget(
      agentID: agent, instance: entry.instance, metricsEndpoint: saved.metricsEndpoint,
      healthEndpoint: saved.healthEndpoint, pid: saved.pid, labels: saved.labels,
      interval: saved.intervalMs.map { .milliseconds($0) }, timeout: saved.timeoutMs.map { .milliseconds($0) },
      honorLabels: saved.honorLabels)
    do throws(RegistrationError) { try target.validated() } catch { return "agent \(agent): \(error)" }
    _ = state.put(target, from: .registration, at: now)
    return nil
  }

  /// Writes the state file if it is out of date; `always` writes also what may wait. Does not block a task's thread.
  ///
  /// - Throws: `FileError`; then it is tried again at the next call.
  func save(always: Bool = false) async throws {
    guard let stateFile else { return }
    let now = time.monotonic()
    let document: RegistryDocument? = state.withLock { state in
      let staleness = state.staleness
      let isDue = staleness.writtenAt.map { now - $0 >= .seconds(30) } ?? true
      guard staleness.structure || (staleness.times && (always || isDue)) else { return nil }
      state.staleness = StateStaleness(writtenAt: now)
      return Self.document(of: state)
    }
    guard let document else { return }
    do {
      let encoder = JSONEncoder()
      encoder.outputFormatting = [.sortedKeys]
      encoder.keyEncodingStrategy = .convertToSnakeCase
      let bytes = Array(try encoder.encode(document))
      try await stateFile.writeOffPool(bytes)
    } catch {
      state.withLock { $0.staleness.structure = true }
      throw error
    }
  }

  private static func document(of state: State) -> RegistryDocument {
    var entries: [RegistryDocument.Entry] = []
    for (agent, instances) in state.agents {
      for (instance, record) in instances {
        entries.append(
          RegistryDocument.Entry(
            agentId: agent.name, instance: instance, registration: record.sources[.registration].map(registration),
            registeredAt: record.registeredAt.milliseconds, lastSeen: record.machine.lastSeen?.milliseconds,
            status: record.machine.status.rawValue, lastError: record.machine.lastError, pid: record.target.pid,
            processStart: record.processStart))
      }
    }
    for (key, known) in state.remembered {
      entries.append(
        RegistryDocument.Entry(
          agentId: key.agent.name, instance: key.instance, registration: nil,
          registeredAt: known.registeredAt.milliseconds, lastSeen: known.lastSeen?.milliseconds,
          status: known.status.rawValue, lastError: known.lastError, pid: known.pid, processStart: known.processStart)
      )
    }
    entries.sort { ($0.agentId, $0.instance) < ($1.agentId, $1.instance) }
    return RegistryDocument(version: RegistryDocument.currentVersion, instances: entries)
  }

  private static func registration(_ target: CollectionTarget) -> RegistryDocument.Registration {
    RegistryDocument.Registration(
      metricsEndpoint: target.metricsEndpoint, healthEndpoint: target.healthEndpoint, pid: target.pid,
      labels: target.labels, intervalMs: target.interval?.wholeMilliseconds,
      timeoutMs: target.timeout?.wholeMilliseconds, honorLabels: target.honorLabels)
  }
}
