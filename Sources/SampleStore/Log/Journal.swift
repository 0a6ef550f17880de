import FleetModel

/// The records of what the head has taken and the log has not yet: encoded under the head's lock, in the order in which the
/// head took them, ready to be written as they are.
///
/// A record is framed already (see ``FrameFile``): the log only writes bytes.
struct Journal: ~Copyable {
  /// A head without a log keeps none.
  let isEnabled: Bool

  init(isEnabled: Bool) { self.isEnabled = isEnabled }

  /// Encoded bytes that wait.
  var byteCount: Int { fatalError("to be written") }

  /// A series was made under this number.
  mutating func series(_ number: UInt32, encodedLabels: UnsafeRawBufferPointer) { fatalError("to be written") }

  /// Begins a record of samples under one time, each the newest of its series.
  mutating func beginSamples(at time: Int64) { fatalError("to be written") }
  mutating func sample(_ number: UInt32, _ value: Double) { fatalError("to be written") }
  /// Ends the record; one without samples leaves no trace.
  mutating func endSamples() { fatalError("to be written") }

  /// Samples that came late: not newer than the last of their series. One time, as above.
  mutating func beginLateSamples(at time: Int64) { fatalError("to be written") }

  /// Series of these numbers lost their samples in `from ... through`.
  mutating func deletion(of numbers: [UInt32], from: Int64, through: Int64) { fatalError("to be written") }

  /// Hands over what waits, in exchange for an empty buffer to go on with (its capacity is used again).
  mutating func exchange(_ buffer: inout JournalBytes) { fatalError("to be written") }
}

/// Framed records.
struct JournalBytes: ~Copyable {
  init() {}
  var bytes: UnsafeRawBufferPointer { fatalError("to be written") }
  mutating func removeAll() { fatalError("to be written") }
}
