/// The spans that arrived lately, found by a hash of trace and span id, and the children that wait for a parent among those to come.
///
/// Sets of four places, of which a newcomer takes the one that was touched longest ago: one cache line or two for each look, and
/// bounded memory whatever arrives. It begins small and doubles while places of spans that may still be asked for are taken.
struct RecentSpans: ~Copyable {
  /// What is known of a span.
  struct Known {
    /// 0 where the place is free.
    var key: UInt64 = 0
    /// Nanoseconds.
    var duration: Int64 = 0
    /// -1 where neither its end nor its start has arrived, and children wait for it.
    var agent: Int32 = -1
    /// The first of them; -1 for none.
    var waiting: Int32 = -1
    /// Seconds.
    var touched: UInt32 = 0
    /// Until then only the agent and what kind of span it is are known.
    var hasEnded = false
    var isError = false
    /// Whether it is the call of another agent as its caller saw it.
    var isCall = false
    var isMessage = false

    /// Whether children need not wait for it: a call in flight still has to tell how long it took and whether it failed.
    @inline(__always) var isCaller: Bool { agent >= 0 && (hasEnded || !isCall) }
  }

  /// The end of a child whose parent has not arrived.
  struct Waiting {
    var span: SpanObservation
    var agent: Int32 = 0
    var next: Int32 = -1
    var arrived: UInt32 = 0
  }

  private static let ways = 4

  private var places: UnsafeMutablePointer<Known>
  private(set) var capacity: Int
  private let maximumCapacity: Int
  private let patience: UInt32

  private var pool: [Waiting] = []
  private var freeWaiting: Int32 = -1
  private let maximumWaiting: Int
  private(set) var waitingCount = 0
  /// Children whose parent did not come in time, or for whom there was no room.
  private(set) var unpaired = 0

  init(maximum: Int, waiting: Int, patience: UInt32) {
    maximumCapacity = Self.powerOfTwo(max(maximum, 64))
    capacity = min(maximumCapacity, 4096)
    maximumWaiting = min(max(0, waiting), Int(Int32.max))
    self.patience = patience
    places = .allocate(capacity: capacity)
    places.initialize(repeating: Known(), count: capacity)
  }

  deinit { places.deallocate() }

  private static func powerOfTwo(_ number: Int) -> Int {
    1 << min(28, Int.bitWidth - 1 - number.leadingZeroBitCount)
  }

  /// The first place of the key's set; the hash's upper bits choose it.
  @inline(__always)
  private func set(of key: UInt64) -> Int {
    Int(truncatingIfNeeded: (key >> 20) & UInt64(truncatingIfNeeded: capacity &- 1)) & ~(Self.ways &- 1)
  }

  /// The place of a key, made for it if there is none: then its `agent` is -1 and nobody waits.
  ///
  /// - Parameter key: not 0.
  @inline(__always)
  mutating func place(of key: UInt64, now: UInt32) -> Int {
    let first = set(of: key)
    // Of places that were touched in the same second any may go.
    var oldest = first &+ Int(truncatingIfNeeded: key >> 2 & 3)
    var age = places[oldest].key == 0 ? UInt32.max : now &- places[oldest].touched
    for place in first..<first &+ Self.ways {
      if places[place].key == key { return place }
      let other = places[place].key == 0 ? UInt32.max : now &- places[place].touched
      if other > age { (oldest, age) = (place, other) }
    }
    if places[oldest].key != 0 { return replace(oldest, by: key, now) }
    places[oldest].key = key
    places[oldest].touched = now
    return oldest
  }

  private mutating func replace(_ place: Int, by key: UInt64, _ now: UInt32) -> Int {
    if capacity < maximumCapacity, now &- places[place].touched < patience {
      grow()
      return self.place(of: key, now: now)
    }
    giveUp(place)
    places[place] = Known(key: key, touched: now)
    return place
  }

  private mutating func grow() {
    let (old, count) = (places, capacity)
    capacity *= 2
    places = .allocate(capacity: capacity)
    places.initialize(repeating: Known(), count: capacity)
    for index in 0..<count where old[index].key != 0 {
      // A set of old goes to two of new, so that there is room for all of it.
      let first = set(of: old[index].key)
      for place in first..<first + Self.ways where places[place].key == 0 {
        places[place] = old[index]
        break
      }
    }
    old.deallocate()
  }

  subscript(place: Int) -> Known {
    @inline(__always) get { places[place] }
    @inline(__always) set { places[place] = newValue }
  }

  /// Lets a child wait at the place of its parent.
  @inline(__always)
  mutating func wait(_ span: SpanObservation, of agent: Int32, at place: Int, now: UInt32) {
    let number: Int32
    if freeWaiting >= 0 {
      number = freeWaiting
      freeWaiting = pool[Int(number)].next
      pool[Int(number)] = Waiting(span: span, agent: agent, next: places[place].waiting, arrived: now)
    } else if pool.count < maximumWaiting {
      number = Int32(truncatingIfNeeded: pool.count)
      pool.append(Waiting(span: span, agent: agent, next: places[place].waiting, arrived: now))
    } else {
      unpaired += 1
      return
    }
    waitingCount += 1
    places[place].waiting = number
    places[place].touched = now
  }

  /// Takes one child from those that wait at a place and have not waited too long.
  @inline(__always)
  mutating func takeWaiting(at place: Int, now: UInt32) -> Waiting? {
    while case let number = places[place].waiting, number >= 0 {
      let waiting = pool[Int(number)]
      places[place].waiting = waiting.next
      release(number)
      if now &- waiting.arrived <= patience { return waiting }
      unpaired += 1
    }
    return nil
  }

  private mutating func release(_ number: Int32) {
    pool[Int(number)].next = freeWaiting
    freeWaiting = number
    waitingCount -= 1
  }

  private mutating func giveUp(_ place: Int) {
    while case let number = places[place].waiting, number >= 0 {
      places[place].waiting = pool[Int(number)].next
      release(number)
      unpaired += 1
    }
  }

  /// Forgets all spans, and lets go of all children that wait. O(places).
  mutating func forget() {
    for place in 0..<capacity {
      giveUp(place)
      places[place] = Known()
    }
  }

  /// Lets go of children that have waited too long. O(places), unless nobody waits.
  mutating func expire(now: UInt32) {
    guard waitingCount > 0 else { return }
    for place in 0..<capacity where places[place].waiting >= 0 && now &- places[place].touched > patience {
      giveUp(place)
      if places[place].agent < 0 { places[place] = Known() }
    }
  }
}
