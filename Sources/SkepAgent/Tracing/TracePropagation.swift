public import FleetModel
public import Tracing

private enum TraceContextKey: ServiceContextKey {
  typealias Value = TraceContext
  static let nameOverride: String? = "traceparent"
}

private enum BaggageKey: ServiceContextKey {
  typealias Value = String
  static let nameOverride: String? = "baggage"
}

extension ServiceContext {
  /// The span that is the parent of what is done in this context: one of this process, or one that a message came with.
  public var traceContext: TraceContext? {
    get { self[TraceContextKey.self] }
    set { self[TraceContextKey.self] = newValue }
  }

  /// The header `baggage` (<https://www.w3.org/TR/baggage/>) as it came: handed on untouched.
  public var baggageHeader: String? {
    get { self[BaggageKey.self] }
    set { self[BaggageKey.self] = newValue }
  }
}

/// What is read from and written to messages between agents.
public enum TracePropagator: String, Sendable, Hashable, CaseIterable {
  /// `traceparent` and `tracestate`.
  case traceContext = "tracecontext"
  case baggage
}

extension SkepTracer: Instrument {
  /// Reads `traceparent`, `tracestate` and `baggage`. What is not valid counts as not there: the context stays as it was.
  ///
  /// - Parameter extractor: gives all values of a header that came more than once, joined by commas (RFC 9110, section 5.3).
  public func extract<Carrier, Extract: Extractor>(
    _ carrier: Carrier, into context: inout ServiceContext, using extractor: Extract
  ) where Extract.Carrier == Carrier {
    if propagators.contains(.traceContext), let parent = extractor.extract(key: "traceparent", from: carrier) {
      let state = extractor.extract(key: "tracestate", from: carrier)
      if let received = TraceContext(traceparent: parent, tracestate: state.map { [$0] } ?? []) {
        context.traceContext = received
      }
    }
    if propagators.contains(.baggage), let baggage = extractor.extract(key: "baggage", from: carrier),
      Self.isBaggage(baggage)
    {
      context.baggageHeader = baggage
    }
  }

  /// Writes `traceparent`, `tracestate` and `baggage`, as far as the context has them.
  public func inject<Carrier, Inject: Injector>(
    _ context: ServiceContext, into carrier: inout Carrier, using injector: Inject
  ) where Inject.Carrier == Carrier {
    if propagators.contains(.traceContext), let trace = context.traceContext {
      injector.inject(trace.traceparent, forKey: "traceparent", into: &carrier)
      if let state = trace.tracestate { injector.inject(state, forKey: "tracestate", into: &carrier) }
    }
    if propagators.contains(.baggage), let baggage = context.baggageHeader {
      injector.inject(baggage, forKey: "baggage", into: &carrier)
    }
  }

  /// At most 8,192 bytes, all printable ASCII: nothing that could break out of a header.
  private static func isBaggage(_ text: String) -> Bool {
    !text.isEmpty && text.utf8.count <= 8192 && text.utf8.allSatisfy { (0x20...0x7e).contains($0) || $0 == 0x09 }
  }
}
