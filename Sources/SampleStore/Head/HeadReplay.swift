import FleetModel
import Synchronization

extension HeadStore {
  /// A consumer that brings a log's records into this head without journalling them again.
  func replay() -> HeadReplay { HeadReplay(store: self) }
}

/// Brings log records into a head, in the order of the log. What the head has already (from an image that was made since
/// the log began) is recognised and left alone:
/// - a series by its number,
/// - a sample that came in order by not being newer than the last of its series,
/// - a late sample by its time.
struct HeadReplay: LogConsumer, ~Copyable {
  /// Numbers that a log can leave out between two series; more is no log of ours.
  private static let widestGap = 1 << 24

  private let store: HeadStore
  /// Series that were refused: malformed, or out of line with their numbers.
  private(set) var refusedSeries = 0
  /// Samples of series that are not known: forgotten since, or lost with a part of the log.
  private(set) var unknownSamples = 0
  /// Samples that the head gained.
  private(set) var takenSamples = 0

  init(store: HeadStore) { self.store = store }

  mutating func series(_ number: UInt32, encodedLabels: UnsafeRawBufferPointer) {
    let hash = LabelHash.hash(encodedLabels, seed: store.seed.load(ordering: .relaxed))
    let lent = Lent(encodedLabels)
    let isTaken = store.state.withLock { state in
      let encodedLabels = lent.buffer
      guard state.live(number) == nil, Int(number) >= state.series.issued else { return true }
      guard Int(number) - state.series.issued <= Self.widestGap, number < UInt32.max - 1 << 17,
        encodedLabels.count <= HeadState.maximumLabelBytes,
        !state.series.isExhausted, !state.labels.pairs.isExhausted, state.labels.arena.hasRoom,
        state.pairNumbers.hasRoom
      else { return false }
      return state.replaySeries(number, encodedLabels, hash: hash)
    }
    if !isTaken { refusedSeries += 1 }
  }

  mutating func samples(_ samples: UnsafeBufferPointer<Sample>, at time: Int64) {
    let samples = Lent(samples)
    let (taken, unknown) = store.state.withLock { $0.replay(samples.buffer, at: time) }
    takenSamples += taken
    unknownSamples += unknown
  }

  mutating func lateSamples(_ samples: UnsafeBufferPointer<Sample>, at time: Int64) {
    let samples = Lent(samples)
    let (taken, unknown) = store.state.withLock { $0.replayLate(samples.buffer, at: time) }
    takenSamples += taken
    unknownSamples += unknown
  }

  mutating func histograms(_ samples: [HistogramSample], at time: Int64) {
    let (taken, unknown) = store.state.withLock { $0.replay(samples, at: time) }
    takenSamples += taken
    unknownSamples += unknown
  }

  mutating func lateHistograms(_ samples: [HistogramSample], at time: Int64) {
    let (taken, unknown) = store.state.withLock { $0.replayLate(samples, at: time) }
    takenSamples += taken
    unknownSamples += unknown
  }

  mutating func deletion(of numbers: [UInt32], from: Int64, through: Int64) {
    store.state.withLock { state in
      for number in numbers { _ = state.delete(number, from, through) }
    }
  }
}

extension HeadState {
  fileprivate mutating func replaySeries(
    _ number: UInt32, _ encoded: UnsafeRawBufferPointer, hash: UInt32
  ) -> Bool {
    // One with these labels under an older number had been forgotten before this one was made.
    if let older = table.find(hash, where: { isSeries($0, encoded) }), let record = live(older) {
      dropAllSamples(of: older, record)
      remove(older, record)
    }
    series.skip(to: Int(number))
    return make(encoded, hash: hash) != nil
  }

  fileprivate mutating func replay(_ samples: UnsafeBufferPointer<Sample>, at time: Int64) -> (Int, Int) {
    guard closedChunks.hasRoom else { return (0, samples.count) }
    var taken = 0
    var unknown = 0
    for index in 0..<samples.count {
      let sample = samples[index]
      guard let record = live(sample.series.rawValue) else {
        unknown += 1
        continue
      }
      if record.pointee.flags.contains(.appended), time <= record.pointee.encoder.lastTime { continue }
      append(sample.value, at: time, to: record)
      taken += 1
    }
    note(taken, at: time)
    return (taken, unknown)
  }

  fileprivate mutating func replayLate(_ samples: UnsafeBufferPointer<Sample>, at time: Int64) -> (Int, Int) {
    guard closedChunks.hasRoom else { return (0, samples.count) }
    var taken = 0
    var unknown = 0
    for sample in samples {
      let number = sample.series.rawValue
      guard let record = live(number) else {
        unknown += 1
        continue
      }
      if !record.pointee.flags.contains(.appended) || time > record.pointee.encoder.lastTime {
        append(sample.value, at: time, to: record)
        note(1, at: time)
        taken += 1
      } else if takeLate(sample.value, at: time, to: number, record, window: .max) == .taken {
        taken += 1
      }
    }
    return (taken, unknown)
  }
}
