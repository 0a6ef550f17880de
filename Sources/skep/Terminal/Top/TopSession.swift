import ControlPlane
import FleetModel
import Platform
import UnixSignals

/// Shows the board on the terminal until the reader, or a signal, ends it; the terminal is then as it was before.
struct TopSession: Sendable {
  /// - Throws: ``CommandFailure`` for why there is no answer.
  var ask: @Sendable () async throws -> FleetAPI.Board
  var interval: Duration
  var time: any TimeSource = SystemTime()

  /// How long the bytes of one key may be apart.
  private static let keyPause = Duration.milliseconds(50)

  func run(_ model: TopModel) async {
    // Before the terminal is taken over: from here on no signal that asks for an end leaves it as it is.
    let signals = await UnixSignalsSequence(trapping: .sigint, .sigterm, .sighup, .sigquit, .sigwinch, .sigcont)
    let (events, happened) = AsyncStream.makeStream(of: TopEvent.self)
    let output = BlockingWork(label: "skep.screen")
    let terminal = await output.run { RawTerminal() }
    let keys = terminal.readKeys {
      happened.yield(.typed($0))
    } ended: {
      happened.yield(.ended)
    }
    await withDiscardingTaskGroup { group in
      group.addTask {
        for await signal in signals { happened.yield(Self.event(signal)) }
      }
      group.addTask { await askAgain(happened) }
      await show(model, events, happened, on: terminal, output, &group)
      group.cancelAll()
    }
    await output.run { terminal.leave() }
    keys?.stop()
  }

  private static func event(_ signal: UnixSignal) -> TopEvent {
    switch signal {
    case .sigwinch: .resized(Terminal.screenSize)
    case .sigcont: .resumed(Terminal.screenSize)
    default: .ended
    }
  }

  private func show(
    _ start: TopModel, _ events: AsyncStream<TopEvent>, _ happened: AsyncStream<TopEvent>.Continuation,
    on terminal: RawTerminal, _ output: BlockingWork, _ group: inout DiscardingTaskGroup
  ) async {
    var model = start
    var painter = ScreenPainter(hasColor: Terminal.hasColor)
    func draw() async {
      let text = painter.paint(model.screen(now: time.now()).lines, model.size)
      // A terminal that is slow, or held, holds up nothing but itself.
      if !text.isEmpty { await output.run { FileOutput.write(text, to: Terminal.descriptor) } }
    }
    await draw()
    for await event in events {
      switch model.take(event, now: time.now()) {
      case .quit: return
      case .redraw:
        if case .resumed = event { await output.run { terminal.resume() } }
        painter.forget()
      case .show: break
      }
      if case .typed = event, model.awaitsMore {
        group.addTask {
          if (try? await time.sleep(for: Self.keyPause)) != nil { happened.yield(.settled) }
        }
      }
      await draw()
    }
  }

  private func askAgain(_ happened: AsyncStream<TopEvent>.Continuation) async {
    while (try? await time.sleep(for: interval)) != nil {
      do {
        happened.yield(.answered(try await ask()))
      } catch is CancellationError {
        return
      } catch let failure as CommandFailure {
        happened.yield(.failed(failure.reason))
      } catch {
        happened.yield(.failed("\(error)"))
      }
    }
  }
}

extension CommandFailure {
  /// Without the program's name.
  var reason: String {
    let line = lines.first ?? "no reason was given"
    return line.hasPrefix("skep: ") ? String(line.dropFirst(6)) : line
  }
}
