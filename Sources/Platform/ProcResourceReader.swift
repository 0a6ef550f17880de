import Glibc
import Synchronization
public import SystemPackage

/// Reads what processes and this machine use from Linux' `/proc` and control groups. Calls take tens of microseconds and
/// wait for no disk.
///
/// A process's limits and whether it has a network of its own seldom change and cost more to find than its usage: they are
/// kept per process and looked at anew on every 16th reading.
public final class ProcResourceReader: ResourceReader {
  private struct Surroundings {
    var startTicks: UInt64
    var limits: ControlGroups.Limits
    var hasOwnNetwork: Bool
    var readingsLeft: Int
  }

  private static let readingsBetweenLooks = 16
  private static let mostKept = 8_192

  private let proc: FilePath
  private let groups: ControlGroups
  private let ticksPerSecond: Int64
  private let pageSize: UInt64
  private let surroundings = Mutex<[Int32: Surroundings]>([:])

  /// - Parameters:
  ///   - proc: where the kernel's process files are mounted.
  ///   - controlGroups: the folder with the hierarchies of control groups, of version 1, 2 or both.
  public convenience init(proc: FilePath = "/proc", controlGroups: FilePath = "/sys/fs/cgroup") {
    self.init(
      proc: proc, controlGroups: controlGroups, ticksPerSecond: Int64(sysconf(Int32(_SC_CLK_TCK))),
      pageSize: UInt64(max(sysconf(Int32(_SC_PAGESIZE)), 1)))
  }

  init(proc: FilePath, controlGroups: FilePath, ticksPerSecond: Int64, pageSize: UInt64) {
    self.proc = proc
    groups = ControlGroups(root: controlGroups)
    self.ticksPerSecond = max(ticksPerSecond, 1)
    self.pageSize = pageSize
  }

  public func process(_ pid: Int32) -> ProcessUsage? {
    let folder = proc.appending("\(pid)")
    var statistics: ProcText.ProcessStatistics?
    ProcFile.read(folder.appending("stat")) { statistics = ProcText.statistics($0) }
    // A zombie has ended; it only waits for its parent to take notice.
    guard pid > 0, let statistics, statistics.state != UInt8(ascii: "Z"), statistics.state != UInt8(ascii: "X") else {
      surroundings.withLock { $0[pid] = nil }
      return nil
    }
    let around = look(around: pid, folder: folder, startTicks: statistics.startTicks)
    var network: NetworkUsage?
    if around.hasOwnNetwork {
      ProcFile.read(folder.appending("net/dev"), capacity: 16 << 10) { network = ProcText.network($0) }
    }
    let (bytes, overflow) = statistics.residentPages.multipliedReportingOverflow(by: pageSize)
    return ProcessUsage(
      cpuTime: duration(statistics.ticks), residentBytes: overflow ? .max : bytes, startTicks: statistics.startTicks,
      cpuLimit: around.limits.cpus, memoryLimitBytes: around.limits.memoryBytes, network: network)
  }

  public func host() -> HostUsage? {
    var cpus: ProcText.CPUStatistics?
    var memory: (total: UInt64, available: UInt64)?
    var network: NetworkUsage?
    // Room for the `cpu` lines of some hundred CPUs; what follows them is not needed.
    ProcFile.read(proc.appending("stat"), capacity: 64 << 10) { cpus = ProcText.cpus($0) }
    ProcFile.read(proc.appending("meminfo"), capacity: 8 << 10) { memory = ProcText.memory($0) }
    ProcFile.read(proc.appending("net/dev"), capacity: 64 << 10) { network = ProcText.network($0) }
    guard let cpus, let memory else { return nil }
    return HostUsage(
      busyTime: duration(cpus.busyTicks), totalTime: duration(cpus.totalTicks), cpuCount: max(cpus.count, 1),
      memoryTotalBytes: memory.total, memoryAvailableBytes: memory.available,
      network: network ?? NetworkUsage(bytesReceived: 0, bytesSent: 0))
  }

  private func look(around pid: Int32, folder: FilePath, startTicks: UInt64) -> Surroundings {
    let kept = surroundings.withLock { all -> Surroundings? in
      guard let entry = all[pid], entry.startTicks == startTicks, entry.readingsLeft > 0 else { return nil }
      all[pid]?.readingsLeft -= 1
      return entry
    }
    if let kept { return kept }
    var limits = ControlGroups.Limits()
    ProcFile.read(folder.appending("cgroup"), capacity: 8 << 10) { limits = groups.limits(membership: $0) }
    let network = ProcFile.link(folder.appending("ns/net"))
    let own = ProcFile.link(proc.appending("self/ns/net"))
    let found = Surroundings(
      startTicks: startTicks, limits: limits, hasOwnNetwork: network != nil && own != nil && network != own,
      readingsLeft: Self.readingsBetweenLooks - 1)
    surroundings.withLock { all in
      if all.count >= Self.mostKept { all.removeAll() }
      all[pid] = found
    }
    return found
  }

  private func duration(_ ticks: UInt64) -> Duration {
    let ticks = Int64(clamping: ticks)
    let (seconds, rest) = ticks.quotientAndRemainder(dividingBy: ticksPerSecond)
    return .seconds(seconds) + .nanoseconds(rest * 1_000_000_000 / ticksPerSecond)
  }
}
