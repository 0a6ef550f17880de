import FleetModel
import FoundationEssentials
import Logging
import Platform
import Synchronization
import SystemPackage

/// The deployments that are known, with what they brought: kept when their records are long gone, and over a restart.
final class DeploymentMarks: Sendable {
  /// The oldest beyond it are forgotten.
  static let most = 500

  private let marks = Mutex<[DeploymentMark]>([])
  private let file: StateFile?
  private let logger: Logger

  /// Reads what was known before. Blocks. A file that cannot be read is set aside and named in the log.
  ///
  /// - Parameter file: `nil` keeps them in memory.
  init(file: FilePath?, logger: Logger) throws(FileError) {
    self.file = file.map { StateFile($0) }
    self.logger = logger
    guard let state = self.file, let bytes = try state.read() else { return }
    if let list = try? FleetJSON.decode(FleetAPI.DeploymentList.self, from: bytes) {
      let known = list.deployments.map(DeploymentMark.init)
      marks.withLock { $0 = known }
    } else {
      let aside = try state.setAside()
      logger.error("the file of deployments is damaged and was set aside", metadata: ["file": "\(aside)"])
    }
  }

  /// The latest first.
  var all: [DeploymentMark] { marks.withLock { $0 } }

  func inForce(at time: Timestamp) -> DeploymentMark? { marks.withLock { $0.inForce(at: time) } }

  /// Notes a deployment, or what became of it. For one caller at a time, so that files are written in order.
  func put(_ mark: DeploymentMark) async {
    let changed: [DeploymentMark]? = marks.withLock { marks in
      if marks.contains(mark) { return nil }
      marks.removeAll { $0.id == mark.id && $0.system == mark.system }
      marks.append(mark)
      marks.sort { ($0.startedAt, $0.id) > ($1.startedAt, $1.id) }
      marks = Array(marks.prefix(Self.most))
      return marks
    }
    guard let changed, let file else { return }
    do {
      let list = FleetAPI.DeploymentList(deployments: changed.map(FleetAPI.Deployment.init))
      try await file.writeOffPool(Array(try FleetJSON.encode(list)))
    } catch {
      logger.error("deployments are not kept over a restart: \(error)")
    }
  }
}
