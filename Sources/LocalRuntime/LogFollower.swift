public import Platform
public import SystemPackage

/// The lines of an instance's log: the last ones, then, where asked for, each that is written, over rotations, restarts of
/// the agent and the file's being away for a while.
///
/// Looks five times a second. A line is without its end; bytes that are no UTF-8 become U+FFFD; a line of more than
/// 1 MiB comes in pieces. Only when all files are filled anew between two looks is what was lost to the follower, too,
/// passed over.
public struct LogFollower: AsyncSequence, Sendable {
  private let path: FilePath
  private let lastLines: Int
  private let follow: Bool
  private let time: any TimeSource

  /// - Parameters:
  ///   - lastLines: how many lines of what is there come first, those of the latest rotated file included.
  ///   - follow: whether to go on at the end, until the task is cancelled.
  public init(_ path: FilePath, lastLines: Int = 10, follow: Bool = true, time: any TimeSource) {
    self.path = path
    self.lastLines = Swift.max(lastLines, 0)
    self.follow = follow
    self.time = time
  }

  public func makeAsyncIterator() -> Iterator {
    Iterator(
      reading: LogReading(path, lastLines: lastLines), follow: follow, time: time,
      work: BlockingWork(label: "skep.log-follower"))
  }

  public struct Iterator: AsyncIteratorProtocol {
    static let interval: Duration = .milliseconds(200)

    let reading: LogReading
    let follow: Bool
    let time: any TimeSource
    let work: BlockingWork
    var pending: ArraySlice<String> = []
    var isOver = false

    /// - Throws: `FileError` if the file is there but cannot be read.
    public mutating func next() async throws -> String? {
      while pending.isEmpty {
        if isOver || Task.isCancelled { return nil }
        let (reading, follow) = (reading, follow)
        pending = try await work.run { () throws(FileError) in try reading.lines(unfinished: !follow)[...] }
        guard pending.isEmpty else { break }
        if !follow { isOver = true }
        if follow { do { try await time.sleep(for: Self.interval) } catch { return nil } }
      }
      return pending.popFirst()
    }
  }
}
