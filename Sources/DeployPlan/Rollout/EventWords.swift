import FleetModel

/// Events by what they are about. Only the words and which came last count: each is repeated for every try.
struct EventWords {
  private struct Entry {
    var reason: String
    var message: String
    var time: Timestamp
    var isWarning: Bool
  }

  private var byObject: [String: [Entry]] = [:]

  init(_ events: [LiveObject]) {
    for event in events {
      guard let object = event.json["involvedObject"] ?? event.json["regarding"], let uid = object["uid"]?.string,
        let message = event.json["message"]?.string ?? event.json["note"]?.string
      else { continue }
      byObject[uid, default: []].append(
        Entry(
          reason: event.json["reason"]?.string ?? "", message: message, time: Self.time(of: event.json),
          isWarning: event.json["type"]?.string == "Warning"))
    }
  }

  /// What an event of that reason about the object said last.
  func last(_ reason: String, about object: LiveObject, containing words: String = "") -> String? {
    (byObject[object.uid] ?? []).filter { $0.reason == reason && (words.isEmpty || $0.message.contains(words)) }
      .max { $0.time < $1.time }?.message
  }

  /// What the last warning about the object said.
  func last(about object: LiveObject) -> String? {
    (byObject[object.uid] ?? []).filter(\.isWarning).max { $0.time < $1.time }?.message
  }

  private static func time(of event: JSONValue) -> Timestamp {
    let texts = [
      event["series"]?["lastObservedTime"]?.string, event["lastTimestamp"]?.string, event["eventTime"]?.string,
      event["metadata"]?["creationTimestamp"]?.string,
    ]
    return texts.lazy.compactMap { $0.flatMap(RFC3339.parse) }.first ?? Timestamp(milliseconds: 0)
  }
}
