import Glibc
import Platform
import SystemPackage
import TestSupport
import Testing

@Suite struct LoopbackPortTests {
  @Test func picksFreePorts() throws {
    let port = try LoopbackPort.pick()
    #expect((1...65_535).contains(port))
  }

  @Test(arguments: [INADDR_LOOPBACK, INADDR_ANY]) func seesAListener(address: in_addr_t) throws {
    let server = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    defer { close(server) }
    var name = sockaddr_in()
    name.sin_family = sa_family_t(AF_INET)
    name.sin_addr.s_addr = address.bigEndian
    var length = socklen_t(MemoryLayout<sockaddr_in>.size)
    let bound = withUnsafeMutablePointer(to: &name) {
      $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        bind(server, $0, length) == 0 && listen(server, 1) == 0 && getsockname(server, $0, &length) == 0
      }
    }
    try #require(bound)
    #expect(!LoopbackPort.isFree(Int(UInt16(bigEndian: name.sin_port))))
  }

  @Test(arguments: [-1, 0, 65_536, Int.max, Int.min]) func isNotFreeWhatIsNoPort(port: Int) {
    #expect(!LoopbackPort.isFree(port))
  }
}

@Suite struct FileWatcherTests {
  @Test func tellsOfEveryWayToChange() async throws {
    let scratch = try ScratchDirectory()
    defer { withExtendedLifetime(scratch) {} }
    let time = SimulatedTime()
    let path = try scratch.write("system.yaml", "one")
    let watcher = FileWatcher(path, time: time)
    let steps: [(FileWatcher.Change, () throws -> Void)] = [
      (.changed, { try scratch.write("system.yaml", "longer") }),
      (
        .changed,
        {
          let other = try scratch.write("new", "longer")
          _ = other.withPlatformString { other in path.withPlatformString { rename(other, $0) } }
        }
      ),
      (.removed, { _ = path.withPlatformString { unlink($0) } }),
      (.changed, { try scratch.write("system.yaml", "again") }),
    ]
    let collecting = Task {
      var changes: [FileWatcher.Change] = []
      for await change in watcher { changes.append(change) }
      return changes
    }
    for (_, act) in steps {
      await time.waitForSleepers()
      try act()
      time.advance(by: .seconds(1))
    }
    await time.waitForSleepers()
    collecting.cancel()
    #expect(await collecting.value == steps.map(\.0))
  }

  @Test func staysSilentWithoutChangeAndEndsWhenCancelled() async throws {
    let scratch = try ScratchDirectory()
    defer { withExtendedLifetime(scratch) {} }
    let time = SimulatedTime()
    let path = try scratch.write("system.yaml", "one")
    let watcher = FileWatcher(path, time: time)
    let counting = Task {
      var changes = 0
      for await _ in watcher { changes += 1 }
      return changes
    }
    for _ in 0..<5 {
      await time.waitForSleepers()
      time.advance(by: .seconds(1))
    }
    await time.waitForSleepers()
    counting.cancel()
    #expect(await counting.value == 0)
  }
}
