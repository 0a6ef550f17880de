import Glibc
public import SystemPackage

/// Tells when a file's content may have changed, however it came about: written in place, replaced by rename as editors and
/// Kubernetes do, removed, created.
///
/// It looks once per `interval` at the file's identity (device, inode, size, times of content and inode) and follows
/// symbolic links. Looking costs microseconds and works on every file system; inotify loses sight of a file that is
/// replaced and sees nothing on network file systems.
public struct FileWatcher: AsyncSequence, Sendable {
  public enum Change: Sendable, Hashable {
    /// Created, written or replaced.
    case changed
    case removed
  }

  private let path: FilePath
  private let interval: Duration
  private let time: any TimeSource
  private let initial: Identity?

  /// Notes how the file is now: the first element is a change since this moment. Blocks for as long as `stat(2)` takes.
  public init(_ path: FilePath, every interval: Duration = .seconds(1), time: any TimeSource) {
    self.path = path
    self.interval = interval
    self.time = time
    initial = Identity(path)
  }

  public func makeAsyncIterator() -> Iterator { Iterator(watcher: self, last: initial) }

  public struct Iterator: AsyncIteratorProtocol {
    let watcher: FileWatcher
    var last: Identity?

    /// Waits for the next change; changes between two looks are one. Ends when the task is cancelled.
    public mutating func next() async -> Change? {
      let path = watcher.path
      while true {
        do { try await watcher.time.sleep(for: watcher.interval) } catch { return nil }
        let identity = await BlockingWork.files.run { Identity(path) }
        if identity == last { continue }
        last = identity
        return identity == nil ? .removed : .changed
      }
    }
  }

  struct Identity: Sendable, Hashable {
    private let device: UInt64
    private let inode: UInt64
    private let size: Int64
    private let modified: [Int]

    init?(_ path: FilePath) {
      var status = stat()
      guard path.withPlatformString({ stat($0, &status) }) == 0 else { return nil }
      device = UInt64(status.st_dev)
      inode = UInt64(status.st_ino)
      size = Int64(status.st_size)
      modified = [
        status.st_mtim.tv_sec, status.st_mtim.tv_nsec, status.st_ctim.tv_sec, status.st_ctim.tv_nsec,
      ]
    }
  }
}
