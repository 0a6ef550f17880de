import ControlPlane
import FleetModel

/// What can happen while `skep top` shows its screen.
enum TopEvent: Sendable {
  /// Bytes of keys.
  case typed([UInt8])
  /// No byte followed for a while.
  case settled
  case resized(TopScreen.Size)
  /// The process was stopped and goes on.
  case resumed(TopScreen.Size)
  case answered(FleetAPI.Board)
  /// The server did not answer, or refused.
  case failed(String)
  /// By a signal, or the terminal is gone.
  case ended
}

/// `skep top` without terminal, clock and server: what it shows follows from what happened.
struct TopModel: Sendable {
  enum Step: Equatable, Sendable {
    case show
    /// What is on the screen is not known any more.
    case redraw
    case quit
  }

  private(set) var board: FleetAPI.Board
  private(set) var state: TopState
  private(set) var size: TopScreen.Size
  /// The one agent that was asked for.
  var agent: String?
  var isUTF8 = true
  private var decoder = TerminalKeyDecoder()
  private var lastAnswer: Timestamp
  private var why: String?

  /// - Parameter now: when `board` came.
  init(board: FleetAPI.Board, state: TopState, size: TopScreen.Size, now: Timestamp) {
    self.board = board
    self.state = state
    self.size = size
    lastAnswer = now
  }

  /// Whether a key may have begun that ``TopEvent/settled`` ends.
  var awaitsMore: Bool { decoder.isOpen }

  mutating func take(_ event: TopEvent, now: Timestamp) -> Step {
    switch event {
    case .typed(let bytes): return press(decoder.keys(bytes), now)
    case .settled: return press(decoder.settle(), now)
    case .resized(let size): self.size = size
    case .resumed(let size):
      self.size = size
      return .redraw
    case .answered(let board):
      self.board = board
      lastAnswer = now
      why = nil
    case .failed(let reason): why = reason
    case .ended: return .quit
    }
    return .show
  }

  private mutating func press(_ keys: [TerminalKey], _ now: Timestamp) -> Step {
    var step = Step.show
    for key in keys {
      let board = board
      switch state.press(key, page: screen(now: now).page, count: { $0.matching(board).count }) {
      case .shown: break
      case .redraw: step = .redraw
      case .quit: return .quit
      }
    }
    return step
  }

  func screen(now: Timestamp) -> TopScreen {
    let absence = why.map { TopScreen.Absence(since: lastAnswer, why: $0, lasted: now - lastAnswer) }
    return TopScreen(board: board, state: state, absence: absence, size: size, agent: agent, isUTF8: isUTF8)
  }
}
