public import SystemPackage

/// A small file that is always either its old or its new content, whatever happens: written beside, synced, renamed over,
/// and the directory synced.
public struct StateFile: Sendable {
  public let path: FilePath

  public init(_ path: FilePath) { self.path = path }
}
