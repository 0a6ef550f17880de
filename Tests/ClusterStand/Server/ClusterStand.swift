public import FleetModel
public import Platform
import ServiceLifecycle
import Synchronization

/// A Kubernetes API server for tests: real sockets, objects in memory.
///
/// It answers as a real server of 1.36 does, or says 501 that it cannot: a test must never pass because the stand is laxer. It stops
/// when ``stop()`` is called or the last reference goes.
public final class ClusterStand: Sendable {
  public struct Configuration: Sendable {
    /// 0 for any that is free.
    public var port = 0
    /// Whether Istio's and the Prometheus Operator's kinds are installed.
    public var hasCustomResources = true
    /// Before every answer, in real time.
    public var latency: Duration = .zero
    /// Everything that looks random follows from it.
    public var seed: UInt64 = 1
    /// For times in objects and the ends of watches.
    public var time: any TimeSource = SystemTime()
    public var access = StandAccess()
    /// `nil` for plain HTTP.
    public var tls: StandTLS?
    /// Whether the controllers run by themselves after every change; otherwise only in ``ClusterStand/step()``.
    public var runsControllers = true
    /// Whether tests in other processes may order faults and ask what was asked, under `/stand/`.
    public var takesOrders = false

    public init() {}
  }

  /// `http://127.0.0.1:PORT`, or `https`.
  public let url: String
  let cluster: Cluster
  let tls: StandTLS?
  private let channels: Channels
  private let serving: Task<Void, Never>
  private let controlling: Task<Void, Never>

  private init(
    url: String, cluster: Cluster, tls: StandTLS?, channels: Channels, serving: Task<Void, Never>,
    controlling: Task<Void, Never>
  ) {
    self.url = url
    self.cluster = cluster
    self.tls = tls
    self.channels = channels
    self.serving = serving
    self.controlling = controlling
  }

  deinit {
    cluster.held.end()
    controlling.cancel()
    serving.cancel()
    channels.closeAll()
  }

  /// Returns once it listens.
  ///
  /// - Throws: what keeps it from listening.
  public static func start(_ configuration: Configuration = Configuration()) async throws -> ClusterStand {
    let state = ClusterState(
      table: ResourceTable(custom: configuration.hasCustomResources), time: configuration.time,
      seed: configuration.seed)
    let cluster = Cluster(state, access: configuration.access)
    let channels = Channels()
    let server = StandServer(
      cluster: cluster, latency: configuration.latency, time: configuration.time, channels: channels,
      looksForCertificates: configuration.tls != nil,
      orders: configuration.takesOrders ? StandOrders(cluster: cluster) : nil)
    let (ports, found) = AsyncThrowingStream.makeStream(of: Int.self)
    let service = try server.makeServer(port: configuration.port, tls: configuration.tls?.serverConfiguration()) {
      port in
      found.yield(port)
      found.finish()
    }
    let serving = Task {
      do {
        try await service.run()
        found.finish()
      } catch { found.finish(throwing: error) }
    }
    for try await port in ports {
      let controlling = configuration.runsControllers ? control(cluster) : Task {}
      return ClusterStand(
        url: "\(configuration.tls == nil ? "http" : "https")://127.0.0.1:\(port)", cluster: cluster,
        tls: configuration.tls, channels: channels, serving: serving,
        controlling: controlling)
    }
    throw CancellationError()
  }

  /// Runs the controllers after every change until nothing changes; requests come in between.
  private static func control(_ cluster: Cluster) -> Task<Void, Never> {
    let (changes, changed) = AsyncStream.makeStream(of: Void.self, bufferingPolicy: .bufferingNewest(1))
    cluster.withState { $0.onChange = { changed.yield() } }
    changed.yield()
    return Task {
      for await _ in changes {
        if cluster.withState({ $0.step() }) { changed.yield() }
        await Task.yield()
      }
    }
  }

  /// Returns when the server ends by itself or is stopped.
  public func untilItEnds() async { await serving.value }

  /// Closes all connections and returns once nothing of the server runs.
  public func stop() async {
    cluster.held.end()
    cluster.withState { $0.endWatches() }
    controlling.cancel()
    serving.cancel()
    channels.closeAll()
    await controlling.value
    await serving.value
  }
}

extension ClusterStand {
  /// An object as it is stored; `nil` where there is none.
  public func object(apiVersion: String, kind: String, namespace: String = "", name: String) -> JSONValue? {
    cluster.withState { state in
      guard let resource = state.table.resource(apiVersion: apiVersion, kind: kind) else { return nil }
      return state.store.object(resource, .init(namespace: namespace, name: name))?.json
    }
  }

  /// All objects of a kind, in the order of namespace and name.
  public func objects(apiVersion: String, kind: String, namespace: String? = nil) -> [JSONValue] {
    cluster.withState { state in
      guard let resource = state.table.resource(apiVersion: apiVersion, kind: kind) else { return [] }
      return state.store.list(resource, namespace: namespace).map(\.json)
    }
  }

  /// Everything that is stored, in no order that means anything.
  public var everything: [JSONValue] { cluster.withState { state in state.store.everything.map(\.object.json) } }

  /// Every request since the start or the last ``forgetRequests()``, in the order in which they were carried out.
  public var requests: [StandLogEntry] { cluster.guarded.withLock { $0.log } }

  public func forgetRequests() { cluster.guarded.withLock { $0.log.removeAll() } }

  /// Orders a fault; those ordered first are met first.
  public func fail(_ fault: StandFault) { cluster.guarded.withLock { $0.faults.add(fault) } }

  /// Takes all faults back.
  public func mend() { cluster.guarded.withLock { $0.faults.removeAll() } }

  /// Changes who may do what.
  public func setAccess(_ access: StandAccess) { cluster.guarded.withLock { $0.access = access } }

  /// Forgets the past, so that older versions and continue tokens are answered 410.
  public func compact() { cluster.withState { $0.store.compact() } }

  /// Sends a bookmark on every watch that takes them.
  public func sendBookmarks() { cluster.withState { $0.sendBookmarks() } }

  /// Ends all watches without a word.
  public func endWatches() { cluster.withState { $0.endWatches() } }

  /// What becomes of an image's containers from now on; ready at once where nothing is said.
  public func setBehaviour(_ behaviour: StandBehaviour, ofImage image: String) {
    cluster.withState { $0.controllers.behaviours[image] = behaviour }
    cluster.withState { $0.onChange() }
  }

  /// What the containers of an image have written so far.
  public func setLog(_ lines: [String], ofImage image: String) {
    cluster.withState { $0.controllers.logs[image] = lines }
  }

  /// How many rounds a pod that is being deleted stays.
  public func setTerminationSteps(_ steps: Int) { cluster.withState { $0.controllers.terminationSteps = steps } }

  /// One round of every controller.
  ///
  /// - Returns: whether anything changed, or is still to.
  @discardableResult
  public func step() -> Bool { cluster.withState { $0.step() } }

  /// Rounds until nothing changes.
  ///
  /// - Returns: whether that came within `limit` rounds.
  @discardableResult
  public func settle(limit: Int = 200) -> Bool {
    for _ in 0..<limit where !cluster.withState({ $0.step() }) { return true }
    return false
  }

  /// How many watches are open.
  public var openWatches: Int { cluster.withState { $0.watchers.count } }
}
