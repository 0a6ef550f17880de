import Glibc
import SystemPackage

func mkdirOrThrow(_ path: FilePath) throws {
  guard mkdir(path.string, 0o700) == 0 else { throw Errno(rawValue: errno) }
}

func names(in directory: FilePath) -> [String] {
  guard let stream = opendir(directory.string) else { return [] }
  defer { closedir(stream) }
  var names: [String] = []
  while let entry = readdir(stream) {
    let name = withUnsafeBytes(of: entry.pointee.d_name) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
    if name != ".", name != ".." { names.append(name) }
  }
  return names.sorted()
}

/// Only files and no directories are made in tests.
func removeTree(_ directory: FilePath) {
  for name in names(in: directory) { unlink(directory.appending(name).string) }
  rmdir(directory.string)
}
