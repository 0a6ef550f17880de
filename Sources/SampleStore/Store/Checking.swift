import FleetModel
public import Platform
public import SystemPackage

extension DurableStore {
  /// Verifies all blocks. Goes on beside appends and queries.
  public func check() async -> StoreCheck {
    await inspection.run { [self] in checkNow() }
  }

  func checkNow() -> StoreCheck {
    var result = StoreCheck()
    let members = catalog.members
    for member in members {
      result.files.append(
        StoreCheck.File(
          name: StoreInspection.name(ofBlock: member.number, layout), bytes: member.block.summary.bytes,
          problems: member.block.check()))
      result.samples += member.block.summary.samples
    }
    let known = Set(members.map(\.number))
    for entry in catalog.manifest.blocks where !known.contains(entry.number) {
      result.files.append(
        StoreCheck.File(
          name: StoreInspection.name(ofBlock: entry.number, layout), bytes: entry.summary.bytes,
          problems: ["it cannot be opened"]))
    }
    result.notes = StoreInspection.notesOnOthers(layout, files)
    if let failure { result.notes.append("the store takes no samples at present: \(failure)") }
    result.series = countSeries(members)
    result.samples += head.statistics().samples
    return result
  }

  /// Verifies a store or snapshot that nobody has open: manifest, checkpoint, log, blocks. Changes nothing; reads the head
  /// into memory. Blocks.
  ///
  /// - Throws: ``StoreError`` if there is no store, or one of a later version.
  public static func check(
    _ directory: FilePath, files: any FileSystem = SystemFileSystem()
  ) throws(StoreError) -> StoreCheck {
    var inspection = StoreInspection(layout: StoreLayout(directory: directory), files: files)
    return try inspection.run()
  }
}

/// Reads everything in a store's directory that nobody has open.
struct StoreInspection {
  let layout: StoreLayout
  let files: any FileSystem
  private var result = StoreCheck()
  private var hashes: Set<Int> = []

  init(layout: StoreLayout, files: any FileSystem) {
    self.layout = layout
    self.files = files
  }

  static func name(ofBlock number: UInt64, _ layout: StoreLayout) -> String {
    "blocks/\(layout.block(number).lastComponent?.string ?? "")"
  }

  mutating func run() throws(StoreError) -> StoreCheck {
    let names: [String]
    do throws(FileError) { names = try files.names(in: layout.directory) } catch { throw .file(error.description) }
    guard names.contains("manifest") || names.contains("log") else {
      throw .format(path: layout.directory, reason: "there is no store here")
    }
    let manifest = try checkManifest()
    for entry in manifest?.blocks ?? [] { checkBlock(entry) }
    try checkHead(names, hashSeed: manifest?.hashSeed ?? 0)
    result.notes += Self.notesOnOthers(layout, files)
    result.series = hashes.count
    return result
  }

  private mutating func note(_ name: String, _ bytes: UInt64, _ problems: [String]) {
    result.files.append(StoreCheck.File(name: name, bytes: bytes, problems: problems))
  }

  private mutating func checkManifest() throws(StoreError) -> Manifest? {
    let bytes: [UInt8]
    do throws(FileError) {
      bytes = try files.read(layout.manifest)
    } catch {
      note("manifest", 0, [error.description])
      return nil
    }
    if let version = bytes.withUnsafeBytes({ FrameFile.laterVersion(inHeader: $0, Manifest.kind) }) {
      throw .format(path: layout.manifest, reason: "it is of version \(version); use a later Skep")
    }
    do throws(ManifestError) {
      let manifest = try Manifest(bytes)
      note("manifest", UInt64(bytes.count), [])
      return manifest
    } catch {
      note("manifest", UInt64(bytes.count), [error.reason])
      return nil
    }
  }

  private mutating func checkBlock(_ entry: Manifest.Entry) {
    let name = Self.name(ofBlock: entry.number, layout)
    do throws(BlockError) {
      let block = try Block(files: files, path: layout.block(entry.number))
      var problems = block.check()
      if block.summary != entry.summary { problems.append("it is not as the manifest says") }
      note(name, block.summary.bytes, problems)
      result.samples += block.summary.samples
      for place in 0..<UInt32(clamping: block.summary.series) {
        hashes.insert(try block.encodedLabels(place).hashValue)
      }
    } catch {
      note(name, entry.summary.bytes, [error.reason])
    }
  }

  /// Reads checkpoint and log as a start would.
  private mutating func checkHead(_ names: [String], hashSeed: UInt64) throws(StoreError) {
    var head = StoreOpening.makeHead(StoreConfiguration(directory: layout.directory), hashSeed: hashSeed)
    let segments: [UInt64]
    do throws(FileError) {
      segments = try WriteAheadLog.segments(in: layout.log, files)
    } catch {
      throw .file(error.description)
    }
    var checkpoint: UInt64 = 0
    if let newest = names.compactMap(StoreLayout.checkpointNumber).max() {
      checkpoint = newest
      let flaw = try checkCheckpoint(newest, into: head)
      if flaw { head = StoreOpening.makeHead(StoreConfiguration(directory: layout.directory), hashSeed: hashSeed) }
    }
    for segment in segments where segment >= checkpoint {
      try checkSegment(segment, isNewest: segment == segments.last, into: head)
    }
    result.samples += head.statistics().samples
    head.forEachSeries { hashes.insert($0.hashValue) }
  }

  /// - Returns: whether it is damaged.
  private mutating func checkCheckpoint(_ number: UInt64, into head: HeadStore) throws(StoreError) -> Bool {
    let path = layout.checkpoint(number)
    let name = path.lastComponent?.string ?? "checkpoint"
    let file: MappedFile
    do throws(FileError) {
      file = try files.map(path)
    } catch {
      note(name, 0, [error.description])
      return true
    }
    if let version = FrameFile.laterVersion(inHeader: file.bytes, CheckpointFile.kind) {
      throw .format(path: path, reason: "it is of version \(version); use a later Skep")
    }
    let flaw = CheckpointFile.read(file.bytes, into: head)
    note(name, UInt64(file.bytes.count), flaw.map { [$0] } ?? [])
    return flaw != nil
  }

  private mutating func checkSegment(_ segment: UInt64, isNewest: Bool, into head: HeadStore) throws(StoreError) {
    let path = WriteAheadLog.path(of: segment, in: layout.log)
    let name = "log/\(path.lastComponent?.string ?? "")"
    var consumer = head.replay()
    do throws(FileError) {
      let end = try WriteAheadLog.replay(segment, in: layout.log, files, into: &consumer)
      if let version = end.laterVersion {
        throw FileError(
          path: path, operation: "read", errno: .invalidArgument, mend: "it is of version \(version); use a later Skep")
      }
      let flaw = end.flaw.map { "at byte \(end.goodBytes): \($0)" }
      note(name, end.bytes, flaw.map { isNewest ? [] : [$0] } ?? [])
      if isNewest, let flaw { result.notes.append("\(name) ends in a torn record, as after a crash: \(flaw)") }
    } catch {
      note(name, 0, [error.description])
    }
  }

  /// Files that were set aside, or left by a process that ended while it wrote them.
  static func notesOnOthers(_ layout: StoreLayout, _ files: any FileSystem) -> [String] {
    var notes: [String] = []
    for (folder, prefix) in [(layout.directory, ""), (layout.blocks, "blocks/"), (layout.log, "log/")] {
      for name in (try? files.names(in: folder)) ?? [] {
        if StoreLayout.isSetAside(name) { notes.append("\(prefix)\(name) was set aside") }
        if StoreLayout.isUnfinished(name) {
          notes.append("\(prefix)\(name) was not finished; the next start removes it")
        }
      }
    }
    return notes
  }
}
