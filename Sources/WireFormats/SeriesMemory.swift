import FleetModel

/// One piece of the remembered body: the text of a series up to its value, or a whole line that is no sample. Held as its
/// length and a hash under a secret seed, so that it costs 16 bytes however long it is; two texts of one length that differ
/// agree with a probability of 2^-64.
struct BodyUnit {
  let hash: UInt64
  let length: UInt32
  private let tag: UInt32

  private static let lineFlag: UInt32 = 1 << 31
  private static let typeFlag: UInt32 = 1 << 30
  /// The text alone does not tell where the value starts, so it must not be recognised by it.
  private static let unfitFlag: UInt32 = 1 << 29
  static let maximumSlots = 1 << 26

  private init(_ text: UnsafeBufferPointer<UInt8>, _ hash: ByteHash, tag: UInt32) {
    self.hash = hash.of(text)
    length = UInt32(text.count)
    self.tag = tag
  }

  static func series(
    _ text: UnsafeBufferPointer<UInt8>, _ hash: ByteHash, slot: Int32, mode: LabelMode, fit: Bool
  ) -> BodyUnit {
    BodyUnit(text, hash, tag: UInt32(slot) | UInt32(mode.rawValue) << 26 | (fit ? 0 : unfitFlag))
  }

  static func line(_ text: UnsafeBufferPointer<UInt8>, _ hash: ByteHash) -> BodyUnit {
    BodyUnit(text, hash, tag: lineFlag)
  }

  static func typeLine(_ text: UnsafeBufferPointer<UInt8>, _ hash: ByteHash, mode: LabelMode) -> BodyUnit {
    BodyUnit(text, hash, tag: lineFlag | typeFlag | UInt32(mode.rawValue) << 26)
  }

  private init(key: UInt64, slot: Int32) {
    hash = key
    length = 0
    tag = UInt32(slot)
  }

  /// A series without a text of its own in the body, known by a hash of what names it.
  static func series(keyed key: UInt64, slot: Int32) -> BodyUnit { BodyUnit(key: key, slot: slot) }

  @inline(__always)
  func isSeries(keyed key: UInt64) -> Bool { hash == key && length == 0 && !isLine }

  func isSame(as other: BodyUnit) -> Bool { hash == other.hash && length == other.length && tag == other.tag }

  /// Whether the unit's text stands at `text`, of which `available` bytes may be read.
  @inline(__always)
  func stands(at text: UnsafePointer<UInt8>, available: Int, _ hash: ByteHash) -> Bool {
    let length = Int(self.length)
    return length <= available && hash.of(UnsafeRawPointer(text), count: length) == self.hash
  }

  @inline(__always) var isLine: Bool { tag & Self.lineFlag != 0 }
  @inline(__always) var isTypeLine: Bool { tag & Self.typeFlag != 0 }
  @inline(__always) var isFit: Bool { tag & Self.unfitFlag == 0 }
  @inline(__always) var slot: Int32 { Int32(truncatingIfNeeded: tag & (1 << 26 - 1)) }
  @inline(__always) var mode: LabelMode { LabelMode(rawValue: UInt8(truncatingIfNeeded: tag >> 26 & 3)) ?? .any }
}

/// What the labels of a series depend on beside its own text: the type in force, where it has a label `le` or `quantile`.
enum LabelMode: UInt8 {
  case any, histogram, summary, other

  init(type: MetricType?) {
    self =
      switch type {
      case .histogram: .histogram
      case .summary: .summary
      default: .other
      }
  }
}

/// The last body of an instance without its values: units in order, and the comments among them as text, for people.
struct BodyLayout {
  var format: ExpositionFormat?
  var units: [BodyUnit] = []
  /// The texts of those units that are lines, one behind the other.
  var comments: [UInt8] = []

  var count: Int { units.count }

  /// Gives back what the arrays have grown beyond their need.
  mutating func trim() {
    if units.capacity > units.count + units.count / 8 + 8 { units = units.withUnsafeBufferPointer { Array($0) } }
    if comments.capacity > comments.count + comments.count / 8 + 64 {
      comments = comments.withUnsafeBufferPointer { Array($0) }
    }
  }
}

/// 128 bits that stand for the labels of a series within one instance. Two different sets agree by chance with a probability
/// of about n² / 2^129, and nobody can find two that do without the seed.
struct SeriesIdentity: Hashable {
  var high: UInt64
  var low: UInt64
}

/// The series of an instance by slot.
struct SlotTable {
  static let freeType: UInt8 = 255

  var identities: [SeriesIdentity] = []
  /// Index into `MetricType.allCases`, or `freeType`.
  var types: [UInt8] = []
  var free: [Int32] = []

  var count: Int { types.count }

  func isUsed(_ slot: Int) -> Bool { types[slot] != Self.freeType }

  /// Gives back what the arrays have grown beyond their need.
  mutating func trim() {
    let most = count + count / 8 + 8
    if identities.capacity > most { identities = identities.withUnsafeBufferPointer { Array($0) } }
    if types.capacity > most { types = types.withUnsafeBufferPointer { Array($0) } }
  }
}

extension MetricType {
  var code: UInt8 {
    switch self {
    case .counter: 0
    case .gauge: 1
    case .histogram: 2
    case .summary: 3
    case .unknown: 4
    case .info: 5
    case .stateset: 6
    case .gaugehistogram: 7
    }
  }

  init(code: UInt8) {
    let types: InlineArray<8, MetricType> = [
      .counter, .gauge, .histogram, .summary, .unknown, .info, .stateset, .gaugehistogram,
    ]
    self = types[Int(min(code, 7))]
  }
}
