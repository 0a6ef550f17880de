import DeployPlan
import FleetModel
import Glibc

/// A directory that holds what was rendered: what in it would change, and the writing of that.
///
/// Skep's own are the files whose every object bears the label of this system, and a `kustomization.yaml` that says no more
/// than a rendered one. Everything else is somebody else's: it is neither replaced nor removed.
struct RenderedDirectory {
  struct Change {
    /// Below the directory.
    var path: String
    /// `nil` for a new file.
    var old: String?
    /// `nil` for one that no longer belongs.
    var new: String?
  }

  let root: String
  let system: FleetSystem

  private static let maximumDepth = 8

  /// What is to be done for the directory to hold `files`, by path.
  ///
  /// - Parameter isAll: whether `files` are all there are, so that others of Skep's no longer belong.
  /// - Throws: ``CommandFailure`` if a file that would be replaced is somebody else's.
  func changes(to files: [RenderedFile], isAll: Bool) throws(CommandFailure) -> [Change] {
    var changes: [Change] = []
    for file in files {
      guard let old = try text(file.path) else {
        changes.append(Change(path: file.path, new: file.text))
        continue
      }
      if old == file.text { continue }
      guard isOurs(old, file.path) else {
        throw .badInput(
          "\(root)/\(file.path): was not rendered from system \(system.name); move it away, or choose another directory"
        )
      }
      changes.append(Change(path: file.path, old: old, new: file.text))
    }
    guard isAll else { return changes }
    let rendered = Set(files.map(\.path))
    for path in try paths() where !rendered.contains(path) {
      guard let old = try text(path), isOurs(old, path) else { continue }
      changes.append(Change(path: path, old: old))
    }
    return changes.sorted { $0.path < $1.path }
  }

  /// Each file is either as before or as it is to be, whatever happens.
  func apply(_ changes: [Change]) throws(CommandFailure) {
    for change in changes {
      let path = "\(root)/\(change.path)"
      if let text = change.new {
        try Self.write(text, to: path)
      } else if unlink(path) != 0, errno != ENOENT {
        throw Self.failure(path, "be removed")
      }
    }
  }

  /// Writes a file in the place of whatever is there, with the folders above it.
  static func write(_ text: String, to path: String) throws(CommandFailure) {
    try createFolder(above: path)
    let beside = path + ".new"
    let descriptor = open(beside, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o644)
    guard descriptor >= 0 else { throw failure(beside, "be written") }
    var rest = Array(text.utf8)[...]
    while !rest.isEmpty {
      let count = rest.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
      if count < 0, errno == EINTR { continue }
      guard count > 0 else {
        let problem = failure(beside, "be written")
        close(descriptor)
        unlink(beside)
        throw problem
      }
      rest = rest.dropFirst(count)
    }
    guard close(descriptor) == 0, rename(beside, path) == 0 else {
      let problem = failure(path, "be written")
      unlink(beside)
      throw problem
    }
  }

  private static func createFolder(above path: String) throws(CommandFailure) {
    guard let slash = path.lastIndex(of: "/"), slash > path.startIndex else { return }
    let folder = String(path[..<slash])
    var status = stat()
    if stat(folder, &status) == 0 { return }
    try createFolder(above: folder)
    if mkdir(folder, 0o755) != 0, errno != EEXIST { throw failure(folder, "be created") }
  }

  private static func failure(_ path: String, _ what: String) -> CommandFailure {
    .badInput("\(path): cannot \(what): \(String(cString: strerror(errno)).lowercased())")
  }

  // MARK: - What is there

  /// `nil` where there is no such file.
  func text(_ path: String) throws(CommandFailure) -> String? {
    let whole = "\(root)/\(path)"
    var status = stat()
    guard lstat(whole, &status) == 0 else {
      if errno == ENOENT || errno == ENOTDIR { return nil }
      throw Self.failure(whole, "be read")
    }
    return String(decoding: try InputFile.read(whole), as: UTF8.self)
  }

  private func isOurs(_ text: String, _ path: String) -> Bool {
    let (manifests, problems) = ManifestFile.read(text, file: path)
    if manifests.isEmpty || !problems.isEmpty { return false }
    if path == "kustomization.yaml" {
      return manifests.count == 1 && manifests[0].kind == "Kustomization"
        && manifests[0].keys.isSubset(of: ["apiVersion", "kind", "resources"])
    }
    return manifests.allSatisfy { manifest in
      manifest.labels["app.kubernetes.io/managed-by"] == "skep"
        && manifest.labels["app.kubernetes.io/instance"] == system.name
    }
  }

  /// All YAML files below the directory, without what is hidden.
  private func paths() throws(CommandFailure) -> [String] {
    var found: [String] = []
    var folders = [(path: "", depth: 0)]
    while let folder = folders.popLast() {
      for entry in try DirectoryListing.entries(of: folder.path.isEmpty ? root : "\(root)/\(folder.path)") {
        let path = folder.path.isEmpty ? entry.name : "\(folder.path)/\(entry.name)"
        if entry.isFolder {
          if folder.depth < Self.maximumDepth { folders.append((path, folder.depth + 1)) }
        } else if path.hasSuffix(".yaml") {
          found.append(path)
        }
      }
    }
    return found.sorted()
  }
}

/// What stands in a folder.
enum DirectoryListing {
  struct Entry {
    var name: String
    var isFolder: Bool
  }

  static func isFolder(_ path: String) -> Bool {
    var status = stat()
    return stat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFDIR
  }

  /// Sorted by name, without what is hidden; links to folders are left alone, and no folder at all holds nothing.
  static func entries(of folder: String) throws(CommandFailure) -> [Entry] {
    guard let directory = opendir(folder) else {
      if errno == ENOENT { return [] }
      throw .badInput("\(folder): \(String(cString: strerror(errno)).lowercased())")
    }
    defer { closedir(directory) }
    var entries: [Entry] = []
    while let entry = readdir(directory) {
      let name = withUnsafeBytes(of: entry.pointee.d_name) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
      if name.hasPrefix(".") { continue }
      var status = stat()
      guard lstat("\(folder)/\(name)", &status) == 0 else { continue }
      let kind = status.st_mode & S_IFMT
      if kind == S_IFLNK {
        guard stat("\(folder)/\(name)", &status) == 0, status.st_mode & S_IFMT == S_IFREG else { continue }
        entries.append(Entry(name: name, isFolder: false))
      } else if kind == S_IFDIR || kind == S_IFREG {
        entries.append(Entry(name: name, isFolder: kind == S_IFDIR))
      }
    }
    return entries.sorted { $0.name < $1.name }
  }
}
