/// What the files of `/proc` say, read from their bytes (proc(5)). Text that is not as it should be gives `nil`.
enum ProcText {
  struct ProcessStatistics: Hashable {
    var state: UInt8
    var ticks: UInt64
    var startTicks: UInt64
    var residentPages: UInt64
  }

  /// `/proc/PID/stat`. The second field, the name in parentheses, may hold blanks, line ends and parentheses: the fields
  /// begin after the *last* closing one.
  static func statistics(_ bytes: UnsafeRawBufferPointer) -> ProcessStatistics? {
    guard let name = bytes.lastIndex(of: UInt8(ascii: ")")), name + 2 < bytes.count else { return nil }
    let state = bytes[name + 2]
    var fields = ByteFields(UnsafeRawBufferPointer(rebasing: bytes[(name + 3)...]))
    for _ in 4..<14 { fields.skipField() }
    guard let user = fields.number(), let system = fields.number() else { return nil }
    for _ in 16..<22 { fields.skipField() }
    guard let start = fields.number() else { return nil }
    fields.skipField()
    guard let pages = fields.number() else { return nil }
    let (ticks, overflow) = user.addingReportingOverflow(system)
    if overflow { return nil }
    return ProcessStatistics(state: state, ticks: ticks, startTicks: start, residentPages: pages)
  }

  struct CPUStatistics: Hashable {
    var busyTicks: UInt64 = 0
    var totalTicks: UInt64 = 0
    var count = 0
  }

  /// The `cpu` lines of `/proc/stat`. Guest time is contained in user time and not added again.
  static func cpus(_ bytes: UnsafeRawBufferPointer) -> CPUStatistics? {
    var fields = ByteFields(bytes)
    guard fields.take("cpu ") else { return nil }
    var result = CPUStatistics()
    // user nice system idle iowait irq softirq steal
    for index in 0..<8 {
      guard let ticks = fields.number() else {
        if index < 4 { return nil }
        break
      }
      result.totalTicks &+= ticks
      if index != 3 && index != 4 { result.busyTicks &+= ticks }
    }
    fields.skipLine()
    while fields.take("cpu") {
      result.count += 1
      fields.skipLine()
    }
    return result
  }

  /// `/proc/meminfo`, in bytes.
  static func memory(_ bytes: UnsafeRawBufferPointer) -> (total: UInt64, available: UInt64)? {
    var fields = ByteFields(bytes)
    var total: UInt64?
    var available: UInt64?
    while !fields.isAtEnd {
      if fields.take("MemTotal:") { total = kibibytes(&fields) }
      if fields.take("MemAvailable:") { available = kibibytes(&fields) }
      fields.skipLine()
    }
    guard let total, let available else { return nil }
    return (total, available)
  }

  /// `/proc/net/dev`, summed over all interfaces but loopback.
  static func network(_ bytes: UnsafeRawBufferPointer) -> NetworkUsage? {
    var fields = ByteFields(bytes)
    fields.skipLine()
    fields.skipLine()
    guard !fields.isAtEnd else { return nil }
    var usage = NetworkUsage(bytesReceived: 0, bytesSent: 0)
    while !fields.isAtEnd {
      fields.skipBlanks()
      let isLoopback = fields.take("lo:")
      if !isLoopback, fields.skip(past: UInt8(ascii: ":")), let received = fields.number() {
        for _ in 0..<7 { fields.skipField() }
        if let sent = fields.number() {
          usage.bytesReceived &+= received
          usage.bytesSent &+= sent
        }
      }
      fields.skipLine()
    }
    return usage
  }

  private static func kibibytes(_ fields: inout ByteFields) -> UInt64? {
    guard let value = fields.number() else { return nil }
    let (bytes, overflow) = value.multipliedReportingOverflow(by: 1024)
    return overflow ? nil : bytes
  }
}
