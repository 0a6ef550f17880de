import NIOCore
import NIOPosix

/// The alarms of one event loop. Thousands of tasks wait here for their next collection and hundreds of exchanges for their
/// timeout, while the loop itself knows of one timer: the earliest.
///
/// Lives on its loop; nothing here is called from elsewhere. Setting and taking back an alarm costs O(log n); one that was
/// taken back stays in the heap until its time and does nothing then.
final class LoopAlarms: NIOScheduledCallbackHandler {
  // Every thread has a value of its own.
  private nonisolated(unsafe) static let ofThread = ThreadSpecificVariable<LoopAlarms>()

  /// The ones of `loop`, on which the caller must run.
  static func on(_ loop: any EventLoop) -> LoopAlarms {
    loop.preconditionInEventLoop()
    if let known = ofThread.currentValue { return known }
    let new = LoopAlarms(loop)
    ofThread.currentValue = new
    return new
  }

  struct Alarm {
    fileprivate let place: UInt32
    fileprivate let generation: UInt32
  }

  private struct Entry {
    var time: NIODeadline
    var alarm: Alarm
  }

  private struct Place {
    var action: Action?
    /// Rises when the alarm has rung or was taken back.
    var generation: UInt32 = 0
  }

  enum Action {
    case resume(UnsafeContinuation<Void, any Error>)
    case expire(ExchangeHandler, exchange: UInt64)
  }

  private let loop: any EventLoop
  /// A binary heap by time.
  private var heap: [Entry] = []
  private var places: [Place] = []
  private var freePlaces: [UInt32] = []
  /// When the loop will wake for the earliest alarm, if it will.
  private var armed: NIODeadline?

  private init(_ loop: any EventLoop) { self.loop = loop }

  func set(at time: NIODeadline, _ action: Action) -> Alarm {
    let place = freePlaces.popLast() ?? UInt32(places.count)
    if Int(place) == places.count { places.append(Place()) }
    places[Int(place)].action = action
    let alarm = Alarm(place: place, generation: places[Int(place)].generation)
    push(Entry(time: time, alarm: alarm))
    arm()
    return alarm
  }

  /// - Returns: what was to happen; `nil` if it has happened.
  @discardableResult
  func takeBack(_ alarm: Alarm) -> Action? {
    guard isSet(alarm) else { return nil }
    let action = places[Int(alarm.place)].action
    places[Int(alarm.place)].action = nil
    places[Int(alarm.place)].generation &+= 1
    freePlaces.append(alarm.place)
    return action
  }

  private func isSet(_ alarm: Alarm) -> Bool { places[Int(alarm.place)].generation == alarm.generation }

  private func arm() {
    // What was taken back is not worth waking up for.
    while let first = heap.first, !isSet(first.alarm) { pop() }
    guard let first = heap.first, armed.map({ first.time < $0 }) ?? true else { return }
    armed = first.time
    do {
      _ = try loop.assumeIsolated().scheduleCallback(at: first.time, handler: self)
    } catch {
      // The loop is shutting down, and with it everything that waits here.
      armed = nil
    }
  }

  func handleScheduledCallback(eventLoop: some EventLoop) {
    let now = NIODeadline.now()
    // Set before an earlier alarm was, which has been here already.
    guard let time = armed, time <= now else { return }
    armed = nil
    while let first = heap.first, first.time <= now {
      pop()
      switch takeBack(first.alarm) {
      case .resume(let continuation): continuation.resume()
      case .expire(let handler, let exchange): handler.expire(exchange)
      case nil: break
      }
    }
    arm()
  }

  // MARK: Heap

  private func push(_ entry: Entry) {
    heap.append(entry)
    var index = heap.count - 1
    while index > 0, heap[index].time < heap[(index - 1) / 2].time {
      heap.swapAt(index, (index - 1) / 2)
      index = (index - 1) / 2
    }
  }

  private func pop() {
    guard let last = heap.popLast(), !heap.isEmpty else { return }
    heap[0] = last
    var index = 0
    while true {
      var least = index
      for child in [2 * index + 1, 2 * index + 2] where child < heap.count && heap[child].time < heap[least].time {
        least = child
      }
      guard least != index else { return }
      heap.swapAt(index, least)
      index = least
    }
  }
}
