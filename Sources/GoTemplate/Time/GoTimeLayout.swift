/// Writes times by Go's layouts: a text that shows how Monday, 2 January 2006, 15:04:05 would be written
/// (<https://pkg.go.dev/time#Layout>).
enum GoTimeLayout {
  static let months = [
    "January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November",
    "December",
  ]
  static let weekdays = ["Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"]

  /// The longest first where one begins with another. `Jan` and `Mon` must not stand before a small letter.
  private static let words = [
    "January", "Jan", "Monday", "Mon", "MST", "2006", "__2", "_2006", "_2", "002", "01", "02", "03", "04", "05", "06",
    "15", "1", "2", "3", "4", "5", "PM", "pm", "Z07:00:00", "Z070000", "Z07:00", "Z0700", "Z07", "-07:00:00",
    "-070000", "-07:00", "-0700", "-07",
  ].map { Array($0.utf8) }

  static func format(_ time: GoTime, _ layout: String) -> String {
    let parts = time.parts
    var result: [UInt8] = []
    var rest = Array(layout.utf8)[...]
    while let byte = rest.first {
      if let length = fraction(&result, rest, time) {
        rest = rest.dropFirst(length)
      } else if let word = word(at: rest) {
        result += text(of: String(decoding: word, as: UTF8.self), time, parts).utf8
        rest = rest.dropFirst(word.count)
      } else {
        result.append(byte)
        rest = rest.dropFirst()
      }
    }
    return String(decoding: result, as: UTF8.self)
  }

  private static func word(at rest: ArraySlice<UInt8>) -> [UInt8]? {
    words.first { word in
      guard rest.starts(with: word) else { return false }
      let isName = word == Array("Jan".utf8) || word == Array("Mon".utf8)
      guard isName, let next = rest.dropFirst(word.count).first else { return true }
      return !(0x61...0x7a).contains(next)
    }
  }

  /// Writes what `.000` or `.999` (or with a comma) stands for, behind which no digit follows; how long it is.
  private static func fraction(_ result: inout [UInt8], _ rest: ArraySlice<UInt8>, _ time: GoTime) -> Int? {
    guard let mark = rest.first, mark == UInt8(ascii: ".") || mark == UInt8(ascii: ","),
      let kind = rest.dropFirst().first, kind == UInt8(ascii: "0") || kind == UInt8(ascii: "9")
    else { return nil }
    let count = rest.dropFirst().prefix { $0 == kind }.count
    if let next = rest.dropFirst(count + 1).first, (0x30...0x39).contains(next) { return nil }
    var digits = Array(padded(time.nanoseconds, 9).utf8.prefix(count))
    if kind == UInt8(ascii: "9") {
      while digits.last == 0x30 { digits.removeLast() }
      if digits.isEmpty { return count + 1 }
    }
    result.append(mark)
    result += digits
    return count + 1
  }

  private static func padded(_ value: Int, _ width: Int, _ filler: Character = "0") -> String {
    let text = String(value.magnitude)
    return (value < 0 ? "-" : "") + String(repeating: filler, count: max(0, width - text.utf8.count)) + text
  }

  private static func text(of word: String, _ time: GoTime, _ parts: GoTime.Parts) -> String {
    let hour = parts.hour % 12 == 0 ? 12 : parts.hour % 12
    switch word {
    case "January": return months[parts.month - 1]
    case "Jan": return String(months[parts.month - 1].prefix(3))
    case "1": return String(parts.month)
    case "01": return padded(parts.month, 2)
    case "Monday": return weekdays[parts.weekday]
    case "Mon": return String(weekdays[parts.weekday].prefix(3))
    case "2": return String(parts.day)
    case "_2": return padded(parts.day, 2, " ")
    case "02": return padded(parts.day, 2)
    case "__2": return padded(parts.dayOfYear, 3, " ")
    case "002": return padded(parts.dayOfYear, 3)
    case "15": return padded(parts.hour, 2)
    case "3": return String(hour)
    case "03": return padded(hour, 2)
    case "4": return String(parts.minute)
    case "04": return padded(parts.minute, 2)
    case "5": return String(parts.second)
    case "05": return padded(parts.second, 2)
    case "2006": return padded(parts.year, 4)
    case "_2006": return "_" + padded(parts.year, 4)
    case "06": return padded(parts.year.flooredRemainder(100), 2)
    case "PM": return parts.hour >= 12 ? "PM" : "AM"
    case "pm": return parts.hour >= 12 ? "pm" : "am"
    case "MST": return "UTC"
    case "-0700": return "+0000"
    case "-07": return "+00"
    case "-07:00": return "+00:00"
    case "-07:00:00": return "+00:00:00"
    case "-070000": return "+000000"
    default: return "Z"
    }
  }
}
