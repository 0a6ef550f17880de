/// Single values as Go's `fmt` writes them.
public enum GoFormatting {
  /// `%q`.
  public static func quoted(_ text: String) -> String { GoQuoting.quoted(text) }

  /// `%.Ng`: so many digits, without zeros at the end.
  public static func general(_ number: Double, digits: Int) -> String {
    String(decoding: GoFloatText.text(number, UInt8(ascii: "g"), precision: digits), as: UTF8.self)
  }

  /// `%v`.
  public static func shortest(_ number: Double) -> String {
    String(decoding: GoFloatText.text(number, UInt8(ascii: "g"), precision: nil), as: UTF8.self)
  }
}
