/// Text made safe for what it is put into.
public enum GoEscaping {
  /// As `html/template` and `template.HTMLEscapeString`.
  public static func html(_ text: String) -> String {
    var result = ""
    for scalar in text.unicodeScalars {
      switch scalar {
      case "\"": result += "&#34;"
      case "'": result += "&#39;"
      case "&": result += "&amp;"
      case "<": result += "&lt;"
      case ">": result += "&gt;"
      case "\0": result += "\u{fffd}"
      default: result.unicodeScalars.append(scalar)
      }
    }
    return result
  }

  /// For a string literal of JavaScript.
  public static func javaScript(_ text: String) -> String {
    var result = ""
    for scalar in text.unicodeScalars {
      switch scalar {
      case "\\": result += "\\\\"
      case "'": result += "\\'"
      case "\"": result += "\\\""
      case "<", ">", "&", "=": result += "\\u" + GoQuoting.hexadecimal(scalar.value, digits: 4, uppercase: true)
      default:
        if scalar.value < 0x20 || (!scalar.isASCII && !GoQuoting.isPrint(scalar)) {
          result += "\\u" + GoQuoting.hexadecimal(scalar.value, digits: 4, uppercase: true)
        } else {
          result.unicodeScalars.append(scalar)
        }
      }
    }
    return result
  }

  /// As `url.QueryEscape`: a space becomes `+`.
  public static func query(_ text: String) -> String { percentEncoded(text, keeping: "", space: "+") }

  /// As `url.PathEscape`.
  public static func path(_ text: String) -> String { percentEncoded(text, keeping: "$&+:=@", space: "%20") }

  /// Letters, digits and `-_.~` stay, and what is in `kept`.
  static func percentEncoded(_ text: String, keeping kept: String, space: String) -> String {
    var result = ""
    for byte in text.utf8 {
      let isPlain =
        (0x30...0x39).contains(byte) || (0x41...0x5a).contains(byte) || (0x61...0x7a).contains(byte)
        || "-_.~".utf8.contains(byte) || kept.utf8.contains(byte)
      if isPlain {
        result.unicodeScalars.append(Unicode.Scalar(byte))
      } else if byte == 0x20 {
        result += space
      } else {
        result += "%" + GoQuoting.hexadecimal(UInt32(byte), digits: 2, uppercase: true)
      }
    }
    return result
  }
}
