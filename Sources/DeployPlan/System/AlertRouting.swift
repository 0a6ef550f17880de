public struct RecordingRule: Sendable, Hashable {}
public struct Receiver: Sendable, Hashable {}
public struct Route: Sendable, Hashable {}
public struct InhibitRule: Sendable, Hashable {}
public struct RoutingRule: Sendable, Hashable {}
