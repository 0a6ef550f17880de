/// Writes an `io.prometheus.write.v2.Request` as a sender of remote write 2.0 does.
public enum SymbolicRequestBytes {
  public struct Sample: Sendable, Hashable {
    /// Milliseconds; a start of 0 is none and left out.
    public var time: Int64
    public var value: Double
    public var start: Int64

    public init(_ time: Int64, _ value: Double, start: Int64 = 0) {
      self.time = time
      self.value = value
      self.start = start
    }
  }

  public struct Series: Sendable {
    public var labels: [(String, String)]
    public var samples: [Sample]
    /// The number of the type, help and unit.
    public var metadata: (type: UInt64, help: String, unit: String)?
    /// Empty ones of the year 1970, and messages of others.
    public var histograms = 0
    public var native: [[UInt8]] = []
    public var exemplars = 0

    public init(
      _ labels: [(String, String)], _ samples: [Sample], metadata: (type: UInt64, help: String, unit: String)? = nil,
      histograms: Int = 0, native: [[UInt8]] = [], exemplars: Int = 0
    ) {
      self.labels = labels
      self.samples = samples
      self.metadata = metadata
      self.histograms = histograms
      self.native = native
      self.exemplars = exemplars
    }
  }

  /// What protobuf leaves to the sender.
  public struct Form: Sendable, Hashable {
    /// Numbers of labels in one field, or one by one.
    public var isPacked = true
    public var hasSymbolsLast = false

    public init(isPacked: Bool = true, hasSymbolsLast: Bool = false) {
      self.isPacked = isPacked
      self.hasSymbolsLast = hasSymbolsLast
    }
  }

  /// Each string once, the empty one first.
  private struct Table {
    var numbers: [String: UInt64] = ["": 0]
    var texts = [""]

    mutating func number(_ text: String) -> UInt64 {
      if let number = numbers[text] { return number }
      numbers[text] = UInt64(texts.count)
      texts.append(text)
      return UInt64(texts.count - 1)
    }
  }

  public static func message(_ series: [Series], _ form: Form = Form()) -> [UInt8] {
    var table = Table()
    var body: [UInt8] = []
    for one in series { WriteRequestBytes.field(0x2a, content(of: one, form, &table), to: &body) }
    var symbols: [UInt8] = []
    for text in table.texts { WriteRequestBytes.field(0x22, Array(text.utf8), to: &symbols) }
    return form.hasSymbolsLast ? body + symbols : symbols + body
  }

  private static func content(of series: Series, _ form: Form, _ table: inout Table) -> [UInt8] {
    var bytes: [UInt8] = []
    references(series.labels, form, &table, to: &bytes)
    for sample in series.samples { WriteRequestBytes.field(0x12, content(of: sample), to: &bytes) }
    for _ in 0..<series.histograms { WriteRequestBytes.field(0x1a, [0x08, 1], to: &bytes) }
    for histogram in series.native { WriteRequestBytes.field(0x1a, histogram, to: &bytes) }
    for _ in 0..<series.exemplars {
      var exemplar: [UInt8] = []
      references([("trace_id", "4711")], form, &table, to: &exemplar)
      WriteRequestBytes.field(0x22, exemplar + content(of: Sample(1, 1)), to: &bytes)
    }
    if let metadata = series.metadata {
      var content: [UInt8] = []
      let numbers =
        [
          (0x08, metadata.type), (0x18, table.number(metadata.help)), (0x20, table.number(metadata.unit)),
        ] as [(UInt8, UInt64)]
      for (tag, number) in numbers where number != 0 {
        content.append(tag)
        WriteRequestBytes.varint(number, to: &content)
      }
      WriteRequestBytes.field(0x2a, content, to: &bytes)
    }
    return bytes
  }

  private static func references(
    _ labels: [(String, String)], _ form: Form, _ table: inout Table, to bytes: inout [UInt8]
  ) {
    let numbers = labels.flatMap { [table.number($0.0), table.number($0.1)] }
    if form.isPacked {
      var packed: [UInt8] = []
      for number in numbers { WriteRequestBytes.varint(number, to: &packed) }
      WriteRequestBytes.field(0x0a, packed, to: &bytes)
    } else {
      for number in numbers {
        bytes.append(0x08)
        WriteRequestBytes.varint(number, to: &bytes)
      }
    }
  }

  private static func content(of sample: Sample) -> [UInt8] {
    var bytes: [UInt8] = [0x09]
    withUnsafeBytes(of: sample.value.bitPattern.littleEndian) { bytes += $0 }
    bytes.append(0x10)
    WriteRequestBytes.varint(UInt64(bitPattern: sample.time), to: &bytes)
    if sample.start != 0 {
      bytes.append(0x18)
      WriteRequestBytes.varint(UInt64(bitPattern: sample.start), to: &bytes)
    }
    return bytes
  }
}
