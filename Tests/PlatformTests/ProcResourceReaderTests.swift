import Glibc
import SystemPackage
import TestSupport
import Testing

@testable import Platform

@Suite struct ProcResourceReaderTests {
  let scratch: ScratchDirectory
  let reader: ProcResourceReader

  init() throws {
    scratch = try ScratchDirectory()
    reader = ProcResourceReader(
      proc: scratch.path.appending("proc"), controlGroups: scratch.path.appending("cgroup"), ticksPerSecond: 100,
      pageSize: 4_096)
    try process(7, startTicks: 1)
    try link("proc/self/ns/net", "net:[1]")
  }

  func process(_ pid: Int, startTicks: Int, state: String = "S", cgroup: String = "0::/\n") throws {
    try scratch.write(
      "proc/\(pid)/stat", "\(pid) (x) \(state) 1 2 3 4 5 6 7 8 9 10 150 50 1 2 20 0 4 0 \(startTicks) 9 100 0 1\n")
    try scratch.write("proc/\(pid)/cgroup", cgroup)
    try link("proc/\(pid)/ns/net", "net:[1]")
  }

  func link(_ name: String, _ text: String) throws {
    let path = try scratch.write(name, "")
    _ = path.withPlatformString { path in
      unlink(path)
      return symlink(text, path)
    }
  }

  @Test func readsAProcess() throws {
    let usage = try #require(reader.process(7))
    #expect(usage == ProcessUsage(cpuTime: .seconds(2), residentBytes: 409_600, startTicks: 1))
    #expect(reader.process(8) == nil)
    #expect(reader.process(-1) == nil)
  }

  @Test(arguments: ["Z", "X"]) func takesTheDeadForGone(state: String) throws {
    try process(7, startTicks: 1, state: state)
    #expect(reader.process(7) == nil)
  }

  @Test func givesTheNetworkOnlyWhereItIsItsOwn() throws {
    let traffic = "a\nb\n eth0: 5 0 0 0 0 0 0 0 6 0 0 0 0 0 0 0\n"
    try scratch.write("proc/7/net/dev", traffic)
    #expect(reader.process(7)?.network == nil)
    try process(9, startTicks: 1)
    try link("proc/9/ns/net", "net:[2]")
    try scratch.write("proc/9/net/dev", traffic)
    #expect(reader.process(9)?.network == NetworkUsage(bytesReceived: 5, bytesSent: 6))
  }

  struct LimitCase: Sendable, CustomTestStringConvertible {
    var testDescription: String
    var membership: String
    var files: [String: String]
    var cpus: Double?
    var memory: UInt64?
  }

  static let limits = [
    LimitCase(
      testDescription: "v2: none", membership: "0::/a\n", files: ["a/cpu.max": "max 100000\n", "a/memory.max": "max\n"]),
    LimitCase(
      testDescription: "v2: the group's own", membership: "0::/a/b\n",
      files: ["a/b/cpu.max": "150000 100000\n", "a/b/memory.max": "1048576\n"], cpus: 1.5, memory: 1_048_576),
    LimitCase(
      testDescription: "v2: the least on the way up", membership: "0::/a/b\n",
      files: [
        "a/b/cpu.max": "400000 100000\n", "a/cpu.max": "200000 100000\n", "a/b/memory.max": "max\n",
        "memory.max": "77\n",
      ], cpus: 2, memory: 77),
    LimitCase(
      testDescription: "v2: the host's path inside a container", membership: "0::/docker/abc\n",
      files: ["cpu.max": "50000 100000", "memory.max": "12345"], cpus: 0.5, memory: 12_345),
    LimitCase(
      testDescription: "v2: outside of what is seen", membership: "0::/../other\n",
      files: ["other/memory.max": "1", "memory.max": "max"]),
    LimitCase(
      testDescription: "v2: colons in the path", membership: "0::/a:b\n", files: ["a:b/memory.max": "5"], memory: 5),
    LimitCase(
      testDescription: "v1: none", membership: "4:memory:/x\n1:cpu:/x\n0::/\n",
      files: [
        "memory/x/memory.limit_in_bytes": "9223372036854771712\n", "cpu/x/cpu.cfs_quota_us": "-1\n",
        "cpu/x/cpu.cfs_period_us": "100000\n",
      ]),
    LimitCase(
      testDescription: "v1: both", membership: "4:memory:/x\n1:cpu:/x\n",
      files: [
        "memory/x/memory.limit_in_bytes": "4096\n", "cpu/x/cpu.cfs_quota_us": "25000\n",
        "cpu/x/cpu.cfs_period_us": "100000\n",
      ], cpus: 0.25, memory: 4_096),
    LimitCase(
      testDescription: "v1: controllers mounted together", membership: "3:cpu,cpuacct:/y\n",
      files: ["cpu,cpuacct/y/cpu.cfs_quota_us": "300000\n", "cpu,cpuacct/y/cpu.cfs_period_us": "100000\n"], cpus: 3),
    LimitCase(
      testDescription: "garbage", membership: "x\n::\n0::\n4:memory:\n",
      files: ["memory.max": "-5", "cpu.max": "1 0", "memory/memory.limit_in_bytes": "lots"]),
  ]

  @Test(arguments: limits) func findsTheLimits(expected: LimitCase) throws {
    for (name, text) in expected.files { try scratch.write("cgroup/\(name)", text) }
    try process(10, startTicks: 1, cgroup: expected.membership)
    let usage = try #require(reader.process(10))
    #expect(usage.cpuLimit == expected.cpus)
    #expect(usage.memoryLimitBytes == expected.memory)
  }

  @Test func seesNewLimitsOfANewProcessAtOnceAndOfAnOldOneLater() throws {
    try process(10, startTicks: 1, cgroup: "0::/a\n")
    try scratch.write("cgroup/a/memory.max", "100")
    #expect(reader.process(10)?.memoryLimitBytes == 100)
    try scratch.write("cgroup/a/memory.max", "200")
    let later = (0..<20).compactMap { _ in reader.process(10)?.memoryLimitBytes }
    #expect(later.first == 100 && later.last == 200)
    try scratch.write("cgroup/a/memory.max", "300")
    try process(10, startTicks: 2, cgroup: "0::/a\n")
    #expect(reader.process(10)?.memoryLimitBytes == 300)
  }

  @Test func readsTheHost() throws {
    #expect(reader.host() == nil)
    try scratch.write(
      "proc/stat", "cpu  100 20 30 1000 50 6 4 10 99 99\ncpu0 1 1\ncpu1 1 1\nintr 5\nctxt 1\ncpu9 not one\n")
    try scratch.write("proc/meminfo", "MemTotal:  1000 kB\nMemFree: 5 kB\nMemAvailable:     400 kB\nBuffers: 1 kB\n")
    try scratch.write("proc/net/dev", "a\nb\n lo: 1 0 0 0 0 0 0 0 1\n eth0: 5 0 0 0 0 0 0 0 6 0\n")
    let expected = HostUsage(
      busyTime: .milliseconds(1_700), totalTime: .milliseconds(12_200), cpuCount: 2, memoryTotalBytes: 1_024_000,
      memoryAvailableBytes: 409_600, network: NetworkUsage(bytesReceived: 5, bytesSent: 6))
    #expect(reader.host() == expected)
  }

  @Test func readsThisVeryProcessAndMachine() throws {
    let real = ProcResourceReader()
    let usage = try #require(real.process(getpid()))
    #expect(usage.residentBytes > 1 << 20)
    #expect(usage.cpuTime > .zero)
    #expect(usage.network == nil)
    let host = try #require(real.host())
    #expect(host.totalTime > host.busyTime)
    #expect(host.memoryTotalBytes > host.memoryAvailableBytes)
  }
}
