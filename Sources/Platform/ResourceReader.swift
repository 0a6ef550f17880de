/// Reads what processes and this machine use. The real one reads `/proc`.
public protocol ResourceReader: Sendable {
  /// What the process has used so far; `nil` if there is no such process or it may not be looked at.
  func process(_ pid: Int32) -> ProcessUsage?

  /// What the whole machine has used so far; `nil` if it cannot be read.
  func host() -> HostUsage?
}

public struct ProcessUsage: Sendable, Hashable {
  /// User and system time of all threads since the process began.
  public var cpuTime: Duration
  public var residentBytes: UInt64
  /// Tells a process from an earlier one of the same pid: clock ticks from boot to its start.
  public var startTicks: UInt64
  /// CPUs that its cgroup may use; `nil` without a limit.
  public var cpuLimit: Double?
  public var memoryLimitBytes: UInt64?
  /// All traffic of its network namespace; `nil` where it shares this process's own, since that is the host's traffic.
  public var network: NetworkUsage?

  public init(
    cpuTime: Duration, residentBytes: UInt64, startTicks: UInt64, cpuLimit: Double? = nil,
    memoryLimitBytes: UInt64? = nil, network: NetworkUsage? = nil
  ) {
    self.cpuTime = cpuTime
    self.residentBytes = residentBytes
    self.startTicks = startTicks
    self.cpuLimit = cpuLimit
    self.memoryLimitBytes = memoryLimitBytes
    self.network = network
  }
}

public struct NetworkUsage: Sendable, Hashable {
  public var bytesReceived: UInt64
  public var bytesSent: UInt64

  public init(bytesReceived: UInt64, bytesSent: UInt64) {
    self.bytesReceived = bytesReceived
    self.bytesSent = bytesSent
  }
}

public struct HostUsage: Sendable, Hashable {
  /// Summed over all CPUs.
  public var busyTime: Duration
  /// Busy and idle, summed over all CPUs.
  public var totalTime: Duration
  public var cpuCount: Int
  public var memoryTotalBytes: UInt64
  public var memoryAvailableBytes: UInt64
  /// All interfaces but loopback.
  public var network: NetworkUsage

  public init(
    busyTime: Duration, totalTime: Duration, cpuCount: Int, memoryTotalBytes: UInt64, memoryAvailableBytes: UInt64,
    network: NetworkUsage
  ) {
    self.busyTime = busyTime
    self.totalTime = totalTime
    self.cpuCount = cpuCount
    self.memoryTotalBytes = memoryTotalBytes
    self.memoryAvailableBytes = memoryAvailableBytes
    self.network = network
  }
}
