import Dispatch
import Platform
import Synchronization
import Testing

@Suite struct MessageWorkTests {
  private final class Done: Sendable {
    private let numbers = Mutex<[Int]>([])

    var all: [Int] { numbers.withLock { $0 } }

    func add(_ number: Int) { numbers.withLock { $0.append(number) } }
  }

  private static func zipped(_ bytes: [UInt8]) throws -> [UInt8] {
    var packed = [UInt8](repeating: 0, count: Gzip.bound(bytes.count))
    let count = packed.withUnsafeMutableBytes { target in bytes.withUnsafeBytes { Gzip.compress($0, to: target) } }
    return Array(packed.prefix(try #require(count)))
  }

  /// A large message holds up other large ones, and no small one.
  @Test func largeMessagesAreWorkedOnByThemselves() async {
    let work = MessageWork(label: "test")
    let (gate, began) = (DispatchSemaphore(value: 0), DispatchSemaphore(value: 0))
    let done = Done()
    await withTaskGroup(of: Void.self) { group in
      group.addTask {
        await work.run(on: MessageWork.largeBytes + 1) {
          began.signal()
          gate.wait()
          done.add(1)
        }
      }
      await BlockingWork(label: "test.waiting").run { began.wait() }
      group.addTask { await work.run(on: .max) { done.add(2) } }
      await work.run(on: MessageWork.largeBytes) { done.add(3) }
      #expect(done.all == [3])
      gate.signal()
    }
    #expect(done.all == [3, 1, 2])
  }

  @Test(arguments: [0, 1, 1000, MessageWork.largeBytes, MessageWork.largeBytes + 1, 5 << 20])
  func whatWasCompressedComesBack(count: Int) async throws {
    let bytes = (0..<count).map { UInt8(truncatingIfNeeded: $0 / 7) }
    let packed = try Self.zipped(bytes)
    #expect(try await MessageWork.incoming.decompressed(packed, limit: count) == bytes)
    #expect(try await MessageWork.incoming.decompressed(packed, limit: 6 << 20) == bytes)
    guard count > 0 else { return }
    await #expect(throws: Gzip.Failure.tooLong(limit: count - 1)) {
      try await MessageWork.incoming.decompressed(packed, limit: count - 1)
    }
    await #expect(throws: Gzip.Failure.malformed) {
      try await MessageWork.incoming.decompressed(Array(packed.dropLast(9)), limit: count)
    }
  }
}
