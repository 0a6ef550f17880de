import FleetModel

/// What every span has, in one place; the rest is its payload (see ``PackedSpans``). Also a row of the log.
struct PackedRow: BitwiseCopyable {
  var traceHigh: UInt64
  var traceLow: UInt64
  var spanID: UInt64
  /// Zero for a root.
  var parent: UInt64 = 0
  var start: Int64
  /// Zero where there is none.
  var end: Int64 = 0
  /// Symbols.
  var agent: UInt32 = 0
  var operation: UInt32 = 0
  /// Of ``PackedSpans/resources`` and ``PackedSpans/scopes``.
  var resource: UInt32 = 0
  var scope: UInt32 = 0
  var payload: UInt32 = 0
  var payloadCount: UInt32 = 0
  /// The row before this one of the same trace, in the same ``TraceRows``; not of the log.
  var previous: UInt32 = PackedRow.none
  var state: UInt8 = 0
  var kind: UInt8 = 0
  var filler: UInt16 = 0

  static let none = UInt32.max

  @inline(__always) var spanState: SpanState { SpanState(rawValue: state) ?? .completed }
  @inline(__always) var spanKind: SpanKind { SpanKind(rawValue: kind) ?? .unspecified }
  @inline(__always) var traceID: TraceID? { TraceID(high: traceHigh, low: traceLow) }
  @inline(__always) var hasEnded: Bool { spanState.hasEnded }

  /// Of two versions of a span the one of higher rank counts, of equal rank the later arrival.
  @inline(__always) var rank: Int { spanState.rank }

  /// Nanoseconds; `nil` while it has no end.
  @inline(__always) var duration: Int64? { hasEnded ? end.subtractingReportingOverflow(start).partialValue : nil }
}

extension SpanState {
  var rank: Int { hasEnded ? 2 : self == .lost ? 1 : 0 }
}

/// What a payload begins with: which of these fields follow, in this order.
enum PayloadField {
  static let statusMessage: UInt8 = 1
  static let traceState: UInt8 = 2
  static let flags: UInt8 = 4
  static let dropped: UInt8 = 8
  static let events: UInt8 = 16
  static let links: UInt8 = 32
}

/// How an attribute's value is written; its number stands in the low three bits beside the key's symbol.
enum ValueForm {
  static let symbol: UInt64 = 0
  static let text: UInt64 = 1
  static let no: UInt64 = 2
  static let yes: UInt64 = 3
  static let int: UInt64 = 4
  static let double: UInt64 = 5
  static let bytes: UInt64 = 6
  static let nested: UInt64 = 7
}
