import FleetModel
import Platform

/// One moment by both clocks.
struct Moment: Sendable {
  /// The wall clock as it was when the engine began, moved on by the monotonic clock: what holding times and deadlines are
  /// counted in, so that a clock that is set neither fires nor resolves anything.
  var steady: Timestamp
  /// The wall clock: what alerts are stamped with.
  var wall: Timestamp
  var monotonic: Duration
}

struct SteadyClock: Sendable {
  let time: any TimeSource
  private let wallStart: Timestamp
  private let monotonicStart: Duration

  init(_ time: any TimeSource) {
    self.time = time
    wallStart = time.now()
    monotonicStart = time.monotonic()
  }

  func now() -> Moment {
    let monotonic = time.monotonic()
    return Moment(steady: wallStart + (monotonic - monotonicStart), wall: time.now(), monotonic: monotonic)
  }

  /// The monotonic time at which the steady clock shows `steady`, rounded up to a millisecond so that it does show it.
  func monotonic(at steady: Timestamp) -> Duration { monotonicStart + (steady - wallStart) }
}
