import SystemPackage

/// What the control groups of a process allow it, of version 1 and 2 alike.
///
/// A group's limit also holds for those below it, so the least one on the way from the process's group up to the root
/// counts. A folder that is missing is passed over: seen from inside a container the path is often the host's, while the
/// root folder is the container's own group.
///
/// Formats: kernel documentation, `admin-guide/cgroup-v2.rst`, `admin-guide/cgroup-v1/memory.rst`,
/// `scheduler/sched-bwc.rst`.
struct ControlGroups {
  struct Limits: Hashable {
    var cpus: Double?
    var memoryBytes: UInt64?

    mutating func tighten(_ other: Limits) {
      cpus = [cpus, other.cpus].compactMap { $0 }.min()
      memoryBytes = [memoryBytes, other.memoryBytes].compactMap { $0 }.min()
    }
  }

  /// Where the hierarchies are mounted, `/sys/fs/cgroup`.
  let root: FilePath

  /// - Parameter membership: the text of `/proc/PID/cgroup`: lines of `ID:CONTROLLER,…:PATH`.
  func limits(membership: UnsafeRawBufferPointer) -> Limits {
    var limits = Limits()
    var lines = ByteFields(membership)
    while !lines.isAtEnd {
      let line = String(decoding: lines.line(), as: UTF8.self)
      let parts = line.split(separator: ":", maxSplits: 2, omittingEmptySubsequences: false)
      guard parts.count == 3 else { continue }
      let controllers = parts[1].split(separator: ",")
      if parts[0] == "0", controllers.isEmpty { limits.tighten(unified(parts[2])) }
      if controllers.contains("memory") { limits.tighten(memory(parts[2])) }
      if controllers.contains("cpu") { limits.tighten(cpu(parts[2])) }
    }
    return limits
  }

  private func unified(_ path: Substring) -> Limits {
    var limits = Limits()
    visit(path, below: root) { folder in
      ProcFile.read(folder.appending("memory.max")) { bytes in
        var fields = ByteFields(bytes)
        limits.tighten(Limits(memoryBytes: fields.number()))
      }
      ProcFile.read(folder.appending("cpu.max")) { bytes in
        var fields = ByteFields(bytes)
        guard let quota = fields.number(), let period = fields.number(), period > 0 else { return }
        limits.tighten(Limits(cpus: Double(quota) / Double(period)))
      }
    }
    return limits
  }

  private func memory(_ path: Substring) -> Limits {
    var limits = Limits()
    visit(path, below: root.appending("memory")) { folder in
      guard let bytes = number(folder.appending("memory.limit_in_bytes")) else { return }
      // "Unlimited" is the largest number of whole pages.
      if bytes < 1 << 60 { limits.tighten(Limits(memoryBytes: bytes)) }
    }
    return limits
  }

  private func cpu(_ path: Substring) -> Limits {
    var limits = Limits()
    for mount in ["cpu", "cpu,cpuacct"] {
      visit(path, below: root.appending(mount)) { folder in
        // -1 where there is no quota, which is no number here.
        guard let quota = number(folder.appending("cpu.cfs_quota_us")),
          let period = number(folder.appending("cpu.cfs_period_us")), period > 0
        else { return }
        limits.tighten(Limits(cpus: Double(quota) / Double(period)))
      }
    }
    return limits
  }

  private func number(_ file: FilePath) -> UInt64? {
    var value: UInt64?
    ProcFile.read(file) { bytes in
      var fields = ByteFields(bytes)
      value = fields.number()
    }
    return value
  }

  /// Calls `body` for the folder of `path` and all above it up to `mount`. A group outside of what this process sees
  /// (`/../…`) has none but the root's.
  private func visit(_ path: Substring, below mount: FilePath, _ body: (FilePath) -> Void) {
    var names = path.split(separator: "/").map(String.init)
    if names.contains("..") { names = [] }
    while true {
      var folder = mount
      for name in names { folder.append(name) }
      body(folder)
      if names.popLast() == nil { return }
    }
  }
}
