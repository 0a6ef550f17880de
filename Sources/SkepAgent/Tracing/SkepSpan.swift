import FleetModel
import Synchronization
public import Tracing

/// A span of ``SkepTracer``. All of it may be used from any task at once; nothing here waits for anything. Tasks may each set keys of
/// ``attributes`` in place, and ``updateAttributes(_:)`` changes several in one step. Assigning ``attributes`` as a whole, as
/// `updateAttributes` of an `any Span` does, replaces them all, also those that another task has written since they were read.
///
/// Where the trace is not recorded it only carries the context on (``isRecording`` is `false`).
public final class SkepSpan: Tracing.Span {
  /// The context for what is done within the span.
  public let context: ServiceContext
  let trace: TraceContext
  let parentID: SpanID?
  let kind: Tracing.SpanKind
  /// Nanoseconds since 1970-01-01T00:00:00Z.
  let start: Int64
  /// `nil` where nothing is recorded.
  private let recorder: SpanRecorder?
  private let run: RunsInFlight.Run
  private let content: Mutex<SpanContent>

  init(
    _ operationName: String, context: ServiceContext, trace: TraceContext, parentID: SpanID?, kind: Tracing.SpanKind,
    start: Int64, recorder: SpanRecorder?, run: RunsInFlight.Run
  ) {
    self.context = context
    self.trace = trace
    self.parentID = parentID
    self.kind = kind
    self.start = start
    self.recorder = recorder
    self.run = run
    content = Mutex(SpanContent(name: SpanLimits.prefix(of: operationName, bytes: SpanLimits.nameBytes)))
  }

  /// `false` once the span has ended, too: what is added then is not kept.
  public var isRecording: Bool { recorder != nil && content.withLock { $0.end == nil } }

  public var operationName: String {
    get { content.withLock { $0.name } }
    set {
      change { content, limits in
        content.name = SpanLimits.prefix(of: limits.cut(newValue), bytes: SpanLimits.nameBytes)
      }
    }
  }

  public var attributes: SpanAttributes {
    get { content.withLock { $0.attributes } }
    set { change { content, limits in content.replaceAttributes(by: newValue, within: limits) } }
    // `span.attributes[key] = value`, also of an `any Span`: what is changed is written into what is there by then, so that tasks
    // which write different keys lose none.
    _modify {
      let before = attributes
      var after = before
      yield &after
      change { content, limits in
        content.replaceAttributes(by: content.attributes.changed(as: before, to: after), within: limits)
      }
    }
  }

  /// Changes the attributes in one step, whoever else changes them at the same time.
  public func updateAttributes(_ update: (inout SpanAttributes) -> Void) {
    change { content, limits in
      var attributes = content.attributes
      update(&attributes)
      content.replaceAttributes(by: attributes, within: limits)
    }
  }

  /// An error may become a success, but a success nothing else, as OpenTelemetry has it.
  public func setStatus(_ status: SpanStatus) {
    change { content, limits in content.set(status, within: limits) }
  }

  public func addEvent(_ event: Tracing.SpanEvent) {
    change { content, limits in
      var droppedAttributes: UInt32 = 0
      let (kept, bytes) = limits.bounded(
        event.attributes, atMost: limits.attributesPerEvent, dropped: &droppedAttributes)
      let event = Tracing.SpanEvent(
        name: SpanLimits.prefix(of: limits.cut(event.name), bytes: SpanLimits.nameBytes),
        at: TimeOfEvent(nanosecondsSinceEpoch: event.nanosecondsSinceEpoch), attributes: kept)
      if content.events.count < limits.events, content.makeRoom(event.name.utf8.count + bytes, within: limits) {
        content.events.append(event)
        content.droppedAttributes &+= droppedAttributes
      } else {
        content.droppedEvents &+= 1
      }
    }
  }

  /// Adds the event `exception` of OpenTelemetry's conventions; the status stays as it is.
  public func recordError<Instant: TracerInstant>(
    _ error: any Error, attributes: SpanAttributes, at instant: @autoclosure () -> Instant
  ) {
    guard isRecording else { return }
    var all: SpanAttributes = [
      "exception.type": .string(String(reflecting: type(of: error))), "exception.message": .string("\(error)"),
    ]
    all.merge(attributes)
    addEvent(Tracing.SpanEvent(name: "exception", at: instant(), attributes: all))
  }

  public func addLink(_ link: Tracing.SpanLink) {
    guard link.context.traceContext != nil else { return }
    change { content, limits in
      var droppedAttributes: UInt32 = 0
      let (kept, bytes) = limits.bounded(link.attributes, atMost: limits.attributesPerLink, dropped: &droppedAttributes)
      if content.links.count < limits.links, content.makeRoom(bytes, within: limits) {
        content.links.append(Tracing.SpanLink(context: link.context, attributes: kept))
        content.droppedAttributes &+= droppedAttributes
      } else {
        content.droppedLinks &+= 1
      }
    }
  }

  /// Ends the span, once; an end before the start is taken as the start.
  public func end<Instant: TracerInstant>(at instant: @autoclosure () -> Instant) {
    // After the span is in the queue: whoever waits for the last one sends it.
    defer { run.end() }
    guard let recorder else { return }
    let end = max(Int64(clamping: instant().nanosecondsSinceEpoch), start)
    let isFirst = content.withLock { content in
      if content.end != nil { return false }
      content.end = end
      return true
    }
    if isFirst { recorder.ended(self) }
  }

  var hasEnded: Bool { content.withLock { $0.end != nil } }

  /// About what the span takes, in bytes.
  var bytes: Int { content.withLock { $0.bytes } }

  /// Notes that the control plane was told of the span as one in flight.
  func markTold(_ isTold: Bool) { content.withLock { $0.isTold = isTold } }

  /// Keeps nothing but what tells of the end of a span whose start was told.
  ///
  /// - Returns: `false` where nobody was told of it.
  func keepOnlyEnd() -> Bool {
    content.withLock { content in
      guard content.isTold else { return false }
      content.keepOnlyEnd()
      return true
    }
  }

  /// The span as it is now.
  func reading() -> SpanContent { content.withLock { $0 } }

  private func change(_ body: (inout SpanContent, SpanLimits) -> Void) {
    guard let recorder else { return }
    content.withLock { content in
      if content.end == nil { body(&content, recorder.limits) }
    }
  }
}

/// What a span gathers until its end.
struct SpanContent: Sendable {
  var name: String
  var attributes = SpanAttributes()
  var events: [Tracing.SpanEvent] = []
  var links: [Tracing.SpanLink] = []
  var status: SpanStatus?
  /// Nanoseconds since 1970-01-01T00:00:00Z.
  var end: Int64?
  var droppedAttributes: UInt32 = 0
  var droppedEvents: UInt32 = 0
  var droppedLinks: UInt32 = 0
  /// Whether the control plane knows the span as one in flight.
  var isTold = false

  init(name: String) { self.name = name }

  /// Bytes of the attributes' text, and of that of events, links and the status.
  var attributeBytes = 0
  var otherBytes = 0

  /// About what the span takes, in memory as on the way.
  var bytes: Int {
    512 + name.utf8.count + attributeBytes + otherBytes + attributes.count * 32 + events.count * 128 + links.count * 128
  }

  mutating func keepOnlyEnd() {
    var names = SpanAttributes()
    for key in ["gen_ai.agent.id", "gen_ai.agent.name"] {
      if case .string(let name)? = attributes.get(key) {
        names.set(key, value: .string(SpanLimits.prefix(of: name, bytes: 256)))
      }
    }
    attributes = names
    events = []
    links = []
    name = SpanLimits.prefix(of: name, bytes: 256)
    status = status.map { SpanStatus(code: $0.code, message: $0.message.map { SpanLimits.prefix(of: $0, bytes: 256) }) }
    attributeBytes = 0
    otherBytes = 0
  }

  /// Notes text of an event or a link, where there is room for it.
  mutating func makeRoom(_ bytes: Int, within limits: SpanLimits) -> Bool {
    guard otherBytes + bytes <= limits.spanBytes / 2, attributeBytes + otherBytes + bytes <= limits.spanBytes else {
      return false
    }
    otherBytes += bytes
    return true
  }

  /// Keys that are there already come first, then new ones by name. Text is cut to its bounds at once: what a span keeps back
  /// is bounded however long it waits.
  mutating func replaceAttributes(by new: SpanAttributes, within limits: SpanLimits) {
    var list = new.list.filter { $0.key.utf8.count <= SpanLimits.keyBytes }
    if list.count > limits.attributes {
      var names = list.map { (isNew: attributes.get($0.key) == nil, key: $0.key, value: $0.value) }
      names.sort { ($0.isNew ? 1 : 0, $0.key) < ($1.isNew ? 1 : 0, $1.key) }
      list = names.prefix(max(limits.attributes, 0)).map { ($0.key, $0.value) }
    }
    var kept = SpanAttributes()
    var sizes: [(key: String, bytes: Int)] = []
    var total = 0
    for (key, value) in list {
      let (value, size) = limits.bounded(value)
      kept.set(key, value: value)
      sizes.append((key, size))
      total += key.utf8.count + size
    }
    droppedAttributes &+= UInt32(clamping: new.count - list.count)
    // A quarter is left for events, such as an exception.
    var excess = total - min(limits.spanBytes - otherBytes, limits.spanBytes / 4 * 3)
    if excess > 0 {
      // The longest give way first.
      for (key, size) in sizes.sorted(by: { ($1.bytes, $0.key) < ($0.bytes, $1.key) }) where excess > 0 {
        if case .string(let text)? = kept.get(key), size > 1024 {
          let short = SpanLimits.prefix(of: text, bytes: max(size - excess, 1024))
          kept.set(key, value: .string(short))
          excess -= size - short.utf8.count
          total -= size - short.utf8.count
        } else {
          kept.set(key, value: nil)
          excess -= size + key.utf8.count
          total -= size + key.utf8.count
          droppedAttributes &+= 1
        }
      }
    }
    attributes = kept
    attributeBytes = total
  }

  mutating func set(_ new: SpanStatus, within limits: SpanLimits) {
    if status?.code == .ok { return }
    if new.code == .error, new.message == nil, status?.code == .error { return }
    let message = new.message.map { SpanLimits.prefix(of: limits.cut($0), bytes: SpanLimits.messageBytes) }
    // Beside the events' half, as it is short.
    otherBytes += (message?.utf8.count ?? 0) - (status?.message?.utf8.count ?? 0)
    status = SpanStatus(code: new.code, message: message)
  }
}

extension SpanAttributes {
  /// These, with what is different in `after` from `before`.
  fileprivate func changed(as before: SpanAttributes, to after: SpanAttributes) -> SpanAttributes {
    var changed = self
    for (key, value) in after.list where before.get(key) != value { changed.set(key, value: value) }
    for (key, _) in before.list where after.get(key) == nil { changed.set(key, value: nil) }
    return changed
  }

  /// In no particular order.
  var list: [(key: String, value: Tracing.SpanAttribute)] {
    var list: [(key: String, value: Tracing.SpanAttribute)] = []
    list.reserveCapacity(count)
    // swift-format-ignore: ReplaceForEachWithForLoop
    self.forEach { list.append(($0, $1)) }
    return list
  }
}

private struct TimeOfEvent: TracerInstant {
  let nanosecondsSinceEpoch: UInt64

  static func < (left: TimeOfEvent, right: TimeOfEvent) -> Bool {
    left.nanosecondsSinceEpoch < right.nanosecondsSinceEpoch
  }
}
