public import FoundationEssentials

/// How the messages of `/fleet/v1` become bytes and back.
///
/// Keys are sorted: Foundation's other order changes with each run, and answers that can be compared as text are worth more
/// than the order of the specification. Numbers that JSON lacks are the strings `"NaN"`, `"+Inf"` and `"-Inf"`, as
/// Prometheus writes them.
public enum FleetJSON {
  public static func encode(_ message: some Encodable) throws -> Data {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    encoder.nonConformingFloatEncodingStrategy = .convertToString(
      positiveInfinity: "+Inf", negativeInfinity: "-Inf", nan: "NaN")
    return try encoder.encode(message)
  }

  public static func decode<Message: Decodable>(_ type: Message.Type, from bytes: some Sequence<UInt8>) throws
    -> Message
  {
    let decoder = JSONDecoder()
    decoder.nonConformingFloatDecodingStrategy = .convertFromString(
      positiveInfinity: "+Inf", negativeInfinity: "-Inf", nan: "NaN")
    return try decoder.decode(type, from: Data(bytes))
  }
}
