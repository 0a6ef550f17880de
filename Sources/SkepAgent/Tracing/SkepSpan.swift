import FleetModel
import Synchronization
public import Tracing

/// A span of ``SkepTracer``. All of it may be used from any task at once; nothing here waits for anything.
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
  private let content: Mutex<SpanContent>

  init(
    _ operationName: String, context: ServiceContext, trace: TraceContext, parentID: SpanID?, kind: Tracing.SpanKind,
    start: Int64, recorder: SpanRecorder?
  ) {
    self.context = context
    self.trace = trace
    self.parentID = parentID
    self.kind = kind
    self.start = start
    self.recorder = recorder
    content = Mutex(SpanContent(name: operationName))
  }

  /// `false` once the span has ended, too: what is added then is not kept.
  public var isRecording: Bool { recorder != nil && content.withLock { $0.end == nil } }

  public var operationName: String {
    get { content.withLock { $0.name } }
    set { change { content, _ in content.name = newValue } }
  }

  public var attributes: SpanAttributes {
    get { content.withLock { $0.attributes } }
    set { change { content, limits in content.replaceAttributes(by: newValue, within: limits) } }
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
    change { content, _ in content.set(status) }
  }

  public func addEvent(_ event: Tracing.SpanEvent) {
    change { content, limits in
      if content.events.count < limits.events {
        content.events.append(event)
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
      if content.links.count < limits.links {
        content.links.append(link)
      } else {
        content.droppedLinks &+= 1
      }
    }
  }

  /// Ends the span, once; an end before the start is taken as the start.
  public func end<Instant: TracerInstant>(at instant: @autoclosure () -> Instant) {
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

  init(name: String) { self.name = name }

  /// Keys that are there already come first, then new ones by name.
  mutating func replaceAttributes(by new: SpanAttributes, within limits: SpanLimits) {
    guard new.count > limits.attributes else {
      attributes = new
      return
    }
    var names = new.list.map { (isNew: attributes.get($0.key) == nil, name: $0.key) }
    names.sort { ($0.isNew ? 1 : 0, $0.name) < ($1.isNew ? 1 : 0, $1.name) }
    var kept = SpanAttributes()
    for (_, name) in names.prefix(max(limits.attributes, 0)) { kept.set(name, value: new.get(name)) }
    droppedAttributes &+= UInt32(clamping: new.count - kept.count)
    attributes = kept
  }

  mutating func set(_ new: SpanStatus) {
    if status?.code == .ok { return }
    if new.code == .error, new.message == nil, status?.code == .error { return }
    status = new
  }
}

extension SpanAttributes {
  /// In no particular order.
  var list: [(key: String, value: Tracing.SpanAttribute)] {
    var list: [(key: String, value: Tracing.SpanAttribute)] = []
    list.reserveCapacity(count)
    // swift-format-ignore: ReplaceForEachWithForLoop
    self.forEach { list.append(($0, $1)) }
    return list
  }
}
