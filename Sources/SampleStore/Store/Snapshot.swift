import FleetModel
import Platform
import SystemPackage

extension DurableStore {
  /// Makes a store in `directory` that holds all that was taken before the call: links to the blocks, an image of the head,
  /// an empty log, and last the manifest.
  ///
  /// To be called on ``blocks``, so that no block and no deletion comes between.
  func snapshotNow(_ directory: FilePath) throws(StoreError) -> SnapshotSummary {
    guard (try? files.names(in: directory)) == nil, (try? files.size(of: directory)) == nil else {
      throw .invalid("\(directory) is there already; name a directory that is not")
    }
    var summary = SnapshotSummary(directory: directory.string)
    let target = StoreLayout(directory: directory)
    do throws(FileError) {
      try files.createDirectory(target.log)
      try files.createDirectory(target.blocks)
      try fill(target, &summary)
    } catch {
      throw .file("\(error); remove \(directory) and what is in it")
    }
    return summary
  }

  private func fill(_ target: StoreLayout, _ summary: inout SnapshotSummary) throws(FileError) {
    let members = catalog.members
    var manifest = catalog.manifest
    let available = Set(members.map(\.number))
    manifest.remove(Set(manifest.blocks.map(\.number)).subtracting(available))
    manifest.deletions.removeAll(where: \.isDone)
    for member in members {
      try files.link(layout.block(member.number), to: target.block(member.number))
      summary.bytes += member.block.summary.bytes
      summary.samples += member.block.summary.samples
    }
    try files.syncDirectory(target.blocks)
    let first: UInt64 = 1
    let imageBytes = try images.step { () throws(FileError) in
      try CheckpointFile.write(head, of: first, target, files)
    }
    try WriteAheadLog(files: files, directory: target.log, beginning: first).close()
    try manifest.write(target, files)
    try files.syncDirectory(target.directory)
    try files.syncDirectory(target.directory.removingLastComponent())
    summary.blocks = members.count
    summary.bytes += imageBytes
    summary.samples += head.statistics().samples
    summary.series = countSeries(members)
  }
}
