import FleetModel

extension HeadState {
  mutating func append(_ samples: [Sample], at time: Int64) -> Result<AppendOutcome, AppendError> {
    if isClosed { return .failure(.closed) }
    guard closedChunks.hasRoom else {
      return .failure(.storage("descriptions of chunks fill 16 GiB; lower the retention and restart"))
    }
    return .success(samples.withUnsafeBufferPointer { append($0, at: time) })
  }

  private mutating func append(_ samples: UnsafeBufferPointer<Sample>, at time: Int64) -> AppendOutcome {
    var outcome = AppendOutcome()
    var taken = 0
    var late: [Int] = []
    let isJournalled = journal.isEnabled
    if isJournalled { journal.beginSamples(at: time) }
    for index in 0..<samples.count {
      let sample = samples[index]
      guard let record = live(sample.series.rawValue) else {
        outcome.unknownSeries.append(index)
        continue
      }
      if record.pointee.flags.contains(.appended), time <= record.pointee.encoder.lastTime {
        switch takeLate(sample.value, at: time, to: sample.series.rawValue, record, window: outOfOrderWindow) {
        case .taken:
          outcome.appended += 1
          late.append(index)
        case .repeated: outcome.appended += 1
        case .duplicate: outcome.duplicateTimestamp += 1
        case .outOfOrder: outcome.outOfOrder += 1
        }
        continue
      }
      append(sample.value, at: time, to: record)
      if isJournalled { journal.sample(sample.series.rawValue, sample.value) }
      taken += 1
    }
    if isJournalled {
      journal.endSamples()
      if !late.isEmpty { journalLate(late, of: samples, at: time) }
    }
    outcome.appended += taken
    appended += UInt64(outcome.appended)
    outOfOrder += UInt64(outcome.outOfOrder)
    duplicateTimestamp += UInt64(outcome.duplicateTimestamp)
    note(taken, at: time)
    return outcome
  }

  private mutating func journalLate(_ late: [Int], of samples: UnsafeBufferPointer<Sample>, at time: Int64) {
    journal.beginLateSamples(at: time)
    for index in late { journal.sample(samples[index].series.rawValue, samples[index].value) }
    journal.endSamples()
  }

  /// Counts samples that came at this time.
  @inline(__always)
  mutating func note(_ samples: Int, at time: Int64) {
    guard samples > 0 else { return }
    sampleCount += UInt64(samples)
    newest = max(newest, time)
    oldest = min(oldest, time)
    oldestSinceSweep = min(oldestSinceSweep, time)
  }
}
