/// A Kubernetes quantity (`100m`, `256Mi`, `1.5`, `2e3`), exact and comparable.
///
/// Syntax and canonical rounding follow apimachinery's `resource.Quantity`
/// (<https://kubernetes.io/docs/reference/kubernetes-api/common-definitions/quantity/>): a signed decimal with a
/// binary suffix (`Ki` … `Ei`), a decimal suffix (`n` `u` `m` none `k` `M` `G` `T` `P` `E`) or a decimal exponent.
/// Amounts are held in billionths, the smallest that Kubernetes keeps; anything finer is rounded up, as there.
public struct Quantity: Sendable, Hashable, Comparable, CustomStringConvertible {
  /// The amount times 10⁹.
  public let billionths: Int128
  /// As it was written.
  public let text: String

  static let pattern = "^[+-]?([0-9]+(\\.[0-9]*)?|\\.[0-9]+)([KMGTPE]i|[numkMGTPE]|[eE][+-]?[0-9]+)?$"

  /// `nil` for what is no quantity. Amounts beyond 2⁶³−1 are capped there, as Kubernetes does.
  public init?(_ text: String) {
    var rest = text.utf8[...]
    var negative = false
    if let sign = rest.first, sign == 43 || sign == 45 {
      negative = sign == 45
      rest = rest.dropFirst()
    }
    let isDigit = { (byte: UInt8) in (48...57).contains(byte) }
    let whole = rest.prefix(while: isDigit)
    rest = rest.dropFirst(whole.count)
    var fraction = rest.prefix(0)
    if rest.first == UInt8(ascii: ".") {
      rest = rest.dropFirst()
      fraction = rest.prefix(while: isDigit)
      rest = rest.dropFirst(fraction.count)
    }
    guard !whole.isEmpty || !fraction.isEmpty, text.utf8.count <= 64 else { return nil }
    guard let scale = Self.scale(ofSuffix: String(Substring(rest))) else { return nil }
    let amount = Self.billionths(of: Array(whole) + Array(fraction), decimals: fraction.count, scale: scale)
    billionths = negative ? -amount : amount
    self.text = text
  }

  public var description: String { text }

  public static func < (left: Quantity, right: Quantity) -> Bool { left.billionths < right.billionths }
  public static func == (left: Quantity, right: Quantity) -> Bool { left.billionths == right.billionths }
  public func hash(into hasher: inout Hasher) { hasher.combine(billionths) }

  private struct Scale {
    var binary = 0
    var decimal = 0
  }

  private static func scale(ofSuffix suffix: String) -> Scale? {
    switch suffix {
    case "": return Scale()
    case "n": return Scale(decimal: -9)
    case "u": return Scale(decimal: -6)
    case "m": return Scale(decimal: -3)
    case "k": return Scale(decimal: 3)
    case "M": return Scale(decimal: 6)
    case "G": return Scale(decimal: 9)
    case "T": return Scale(decimal: 12)
    case "P": return Scale(decimal: 15)
    case "E": return Scale(decimal: 18)
    case "Ki": return Scale(binary: 10)
    case "Mi": return Scale(binary: 20)
    case "Gi": return Scale(binary: 30)
    case "Ti": return Scale(binary: 40)
    case "Pi": return Scale(binary: 50)
    case "Ei": return Scale(binary: 60)
    default:
      guard let mark = suffix.utf8.first, mark | 0x20 == UInt8(ascii: "e") else { return nil }
      let digits = suffix.utf8.dropFirst()
      let unsigned = digits.first == 43 || digits.first == 45 ? digits.dropFirst() : digits
      guard !unsigned.isEmpty, unsigned.count <= 9, unsigned.allSatisfy({ (48...57).contains($0) }),
        let exponent = Int(String(Substring(digits)))
      else { return nil }
      return Scale(decimal: exponent)
    }
  }

  private static let cap = Int128(Int64.max) * 1_000_000_000

  /// The digits as one number times 10^(scale − decimals + 9) × 2^binary, rounded up, capped.
  private static func billionths(of digits: [UInt8], decimals: Int, scale: Scale) -> Int128 {
    var value: Int128 = 0
    var exponent = scale.decimal - decimals + 9
    var inexact = false
    // Up to 20 digits fit with room for the binary suffix; further ones only count as rounding or as a power of ten.
    for digit in digits.drop(while: { $0 == 48 }) {
      if value < 1_000_000_000_000_000_000 {
        value = value * 10 + Int128(digit - 48)
      } else {
        exponent += 1
        inexact = inexact || digit != 48
      }
    }
    if value == 0 { return 0 }
    let (shifted, overflow) = value.multipliedReportingOverflow(by: Int128(1) << Int128(scale.binary))
    if overflow { return cap }
    value = shifted
    while exponent > 0 {
      if value >= cap { return cap }
      let (product, overflow) = value.multipliedReportingOverflow(by: 10)
      if overflow { return cap }
      value = product
      exponent -= 1
    }
    while exponent < 0, value > 0 {
      inexact = inexact || value % 10 != 0
      value /= 10
      exponent += 1
    }
    return min(cap, inexact ? value + 1 : value)
  }
}
