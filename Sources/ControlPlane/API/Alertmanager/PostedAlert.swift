import FleetModel

/// One element of what is posted to `/api/v2/alerts`, as it stands there.
struct PostedAlert: Sendable, Hashable {
  /// `nil` where the key is missing or `null`.
  var labels: LabelSet?
  var annotations = LabelSet()
  /// `nil` where none is said, or Go's zero time.
  var startsAt: Timestamp?
  var endsAt: Timestamp?
  var generatorURL = ""
  /// A label's name that is none.
  var invalidLabel: String?
  /// An annotation's name that is none.
  var invalidAnnotation: String?
}

/// Reads the body of a POST to `/api/v2/alerts`: straight from its bytes into label sets, since a storm may bring ten thousand
/// alerts at once.
struct PostedAlertReader {
  typealias Failure = JSONParser.Failure

  /// Reused from object to object.
  private var pairs: [(name: JSONScanner.Text, value: JSONScanner.Text)] = []
  /// The same few times come with every alert of a sender.
  private var knownTimes: [String: Timestamp?] = [:]

  private init() {}

  /// Bytes that are not UTF-8 become U+FFFD, as in Go. O(bytes).
  ///
  /// - Throws: where it is not JSON, or not of this form. What follows the array is not looked at, as in Alertmanager.
  static func read(_ body: some Sequence<UInt8>) throws(Failure) -> [PostedAlert] {
    var text = String(decoding: Array(body), as: UTF8.self)
    let result: Result<[PostedAlert], Failure> = text.withUTF8 { bytes in
      var reader = PostedAlertReader()
      do throws(Failure) { return .success(try reader.alerts(bytes)) } catch { return .failure(error) }
    }
    return try result.get()
  }

  private mutating func alerts(_ bytes: UnsafeBufferPointer<UInt8>) throws(Failure) -> [PostedAlert] {
    var scanner = JSONScanner(bytes)
    var alerts: [PostedAlert] = []
    if try scanner.null() { return [] }
    try scanner.array { (scanner) throws(Failure) in
      alerts.append(try alert(&scanner))
      scanner.forgetStrings()
    }
    return alerts
  }

  private mutating func alert(_ scanner: inout JSONScanner) throws(Failure) -> PostedAlert {
    var alert = PostedAlert()
    try scanner.object { (scanner, key) throws(Failure) in
      if scanner.isEqual(key, "labels") {
        alert.labels = try labels(&scanner, invalid: &alert.invalidLabel)
      } else if scanner.isEqual(key, "annotations") {
        alert.annotations = try labels(&scanner, invalid: &alert.invalidAnnotation) ?? LabelSet()
      } else if scanner.isEqual(key, "startsAt") {
        alert.startsAt = try time(&scanner)
      } else if scanner.isEqual(key, "endsAt") {
        alert.endsAt = try time(&scanner)
      } else if scanner.isEqual(key, "generatorURL") {
        alert.generatorURL = try text(&scanner) ?? ""
      } else {
        try scanner.skip()
      }
    }
    return alert
  }

  /// `nil` for `null`. Empty values count as no label.
  ///
  /// - Parameter invalid: becomes a name that is none, if there is one.
  private mutating func labels(_ scanner: inout JSONScanner, invalid: inout String?) throws(Failure) -> LabelSet? {
    invalid = nil
    if try scanner.null() { return nil }
    pairs.removeAll(keepingCapacity: true)
    try scanner.object { (scanner, name) throws(Failure) in
      if try scanner.null() { return }
      let value = try scanner.string()
      if !value.range.isEmpty { pairs.append((name, value)) }
    }
    sort(scanner)
    var bytes: [UInt8] = []
    bytes.reserveCapacity(pairs.reduce(0) { $0 + $1.name.range.count + $1.value.range.count + 4 })
    for (name, value) in pairs {
      let isName = scanner.withBytes(of: name) { Self.isName($0) }
      if !isName, invalid == nil { invalid = scanner.string(name) }
      scanner.withBytes(of: name) { Self.append($0, to: &bytes) }
      scanner.withBytes(of: value) { Self.append($0, to: &bytes) }
    }
    return LabelSet(canonicalEncoding: bytes)
  }

  /// By name; of those with the same name the last one stays. Most senders write them in order.
  private mutating func sort(_ scanner: JSONScanner) {
    func order(_ left: Int, _ right: Int) -> Int {
      scanner.withBytes(of: pairs[left].name) { a in
        scanner.withBytes(of: pairs[right].name) { b in
          if a.elementsEqual(b) { return 0 }
          return a.lexicographicallyPrecedes(b) ? -1 : 1
        }
      }
    }
    if pairs.count < 2 || (1..<pairs.count).allSatisfy({ order($0 - 1, $0) < 0 }) { return }
    let sorted = pairs.indices.sorted { left, right in
      let order = order(left, right)
      return order < 0 || (order == 0 && left < right)
    }
    let kept = sorted.enumerated().filter { index, place in
      index + 1 == sorted.count || order(place, sorted[index + 1]) != 0
    }
    pairs = kept.map { pairs[$0.element] }
  }

  private static func append(_ text: UnsafeBufferPointer<UInt8>, to bytes: inout [UInt8]) {
    var length = text.count
    while length >= 0x80 {
      bytes.append(UInt8(truncatingIfNeeded: length) | 0x80)
      length >>= 7
    }
    bytes.append(UInt8(truncatingIfNeeded: length))
    bytes.append(contentsOf: text)
  }

  /// `[a-zA-Z_][a-zA-Z0-9_]*`
  static func isName(_ bytes: UnsafeBufferPointer<UInt8>) -> Bool {
    guard let first = bytes.first, !(0x30...0x39).contains(first) else { return false }
    return bytes.allSatisfy {
      (0x61...0x7A).contains($0 | 0x20) || (0x30...0x39).contains($0) || $0 == UInt8(ascii: "_")
    }
  }

  /// `nil` for `null`.
  private func text(_ scanner: inout JSONScanner) throws(Failure) -> String? {
    if try scanner.null() { return nil }
    // In two steps: read in one, the scanner that is asked for the text is the one from before the string.
    let text = try scanner.string()
    return scanner.string(text)
  }

  private mutating func time(_ scanner: inout JSONScanner) throws(Failure) -> Timestamp? {
    let place = scanner.position
    guard let text = try text(&scanner) else { return nil }
    if let known = knownTimes[text] { return known }
    guard let time = AlertmanagerTime.parse(text) else {
      throw scanner.failure(
        "\"\(text.prefix(100))\" is not a time; write it as 2026-11-23T01:02:03Z (RFC 3339)", at: place)
    }
    if knownTimes.count > 64 { knownTimes = [:] }
    knownTimes[text] = time.value
    return time.value
  }
}

/// Times as Alertmanager's clients write them.
enum AlertmanagerTime {
  /// Go's zero time, which stands for none.
  private static let zero = Timestamp(milliseconds: -62_135_596_800_000)

  struct Parsed {
    /// `nil` where the text says that there is none.
    var value: Timestamp?
  }

  /// RFC 3339; also without an offset, which is then UTC, and without seconds. `nil` if the text is no time.
  static func parse(_ text: String) -> Parsed? {
    if text.isEmpty { return Parsed(value: nil) }
    let withoutZone = text.hasSuffix("Z") ? String(text.dropLast()) : text
    guard let time = RFC3339.parse(text) ?? RFC3339.parse(withoutZone + "Z") ?? RFC3339.parse(withoutZone + ":00Z")
    else {
      return nil
    }
    return Parsed(value: time == zero ? nil : time)
  }
}
