import Glibc

/// The `process_…` series that Prometheus client libraries agree on, so that an agent reports what it uses itself.
struct ProcessInstruments: Sendable {
  private let cpu: CounterInstrument?
  private let resident: GaugeInstrument?
  private let virtual: GaugeInstrument?
  private let openFiles: GaugeInstrument?
  private let maximumFiles: GaugeInstrument?
  private let start: GaugeInstrument?

  init(in state: inout RegistryState) {
    state.help["process_cpu_seconds_total"] = "User and system CPU time of this process in seconds."
    state.help["process_resident_memory_bytes"] = "Resident memory of this process in bytes."
    state.help["process_virtual_memory_bytes"] = "Virtual memory of this process in bytes."
    state.help["process_open_fds"] = "Open file descriptors of this process."
    state.help["process_max_fds"] = "How many file descriptors this process may open."
    state.help["process_start_time_seconds"] = "When this process began, in seconds since 1970."
    cpu = state.ownCounter("process_cpu_seconds_total")
    resident = state.ownGauge("process_resident_memory_bytes")
    virtual = state.ownGauge("process_virtual_memory_bytes")
    openFiles = state.ownGauge("process_open_fds")
    maximumFiles = state.ownGauge("process_max_fds")
    start = state.ownGauge("process_start_time_seconds")
  }

  /// Reads `/proc/self` (some tens of microseconds). What cannot be read keeps its last value.
  func update() {
    let ticksPerSecond = Double(sysconf(Int32(_SC_CLK_TCK)))
    if let fields = Self.statFields(), ticksPerSecond > 0 {
      // proc_pid_stat(5): utime, stime, starttime, vsize, rss are fields 14, 15, 22, 23, 24; ours begin at the third.
      cpu?.store(total: Double(fields[11] &+ fields[12]) / ticksPerSecond)
      virtual?.set(Double(fields[20]))
      resident?.set(Double(fields[21]) * Double(getpagesize()))
      if let boot = Self.bootTime { start?.set(boot + Double(fields[19]) / ticksPerSecond) }
    }
    if let count = Self.openDescriptors() { openFiles?.set(Double(count)) }
    var limit = rlimit()
    if getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0 { maximumFiles?.set(Double(limit.rlim_cur)) }
  }

  /// The fields of `/proc/self/stat` after the command name, which may itself hold blanks and brackets.
  private static func statFields() -> [Int]? {
    guard let text = contents(of: "/proc/self/stat", limit: 4096), let close = text.lastIndex(of: UInt8(ascii: ")"))
    else { return nil }
    let fields = text[(close + 1)...].split(separator: UInt8(ascii: " ")).map {
      Int(String(decoding: $0, as: UTF8.self)) ?? 0
    }
    return fields.count > 21 ? fields : nil
  }

  /// Seconds since 1970 at which this machine began, from `/proc/stat`; it stands still while the process lives.
  private static let bootTime: Double? = {
    guard let text = contents(of: "/proc/stat", limit: 1 << 20) else { return nil }
    for line in text.split(separator: UInt8(ascii: "\n")) where line.starts(with: "btime ".utf8) {
      return Double(String(decoding: line.dropFirst(6), as: UTF8.self))
    }
    return nil
  }()

  private static func openDescriptors() -> Int? {
    guard let directory = opendir("/proc/self/fd") else { return nil }
    defer { closedir(directory) }
    var entries = 0
    while readdir(directory) != nil { entries += 1 }
    // ".", ".." and the descriptor that reads the directory are not the program's.
    return max(entries - 3, 0)
  }

  private static func contents(of path: String, limit: Int) -> [UInt8]? {
    let descriptor = open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { return nil }
    defer { close(descriptor) }
    var bytes: [UInt8] = []
    var buffer = [UInt8](repeating: 0, count: 4096)
    while bytes.count < limit {
      let count = read(descriptor, &buffer, buffer.count)
      if count <= 0 { break }
      bytes += buffer[..<count]
    }
    return bytes
  }
}
