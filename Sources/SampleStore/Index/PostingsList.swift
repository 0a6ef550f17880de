import Glibc

/// The series that carry one label: a set of numbers, kept as in Roaring bitmaps (S. Chambi et al., Software: Practice
/// and Experience 46(5), 2016): numbers of equal upper 16 bits share a container, an array of the lower 16 bits or, above
/// 4096 members, a bitmap. At most 2 bytes a member, each found in O(log). One number alone lies in the list itself.
///
/// Owns memory but is plain data, since it lies in a page of records: whoever drops it calls ``free(_:)``. `bytes` is the
/// caller's account of what all lists hold.
struct PostingsList: BitwiseCopyable {
  private var containers: UnsafeMutablePointer<Container>?
  /// Number of containers; without containers the single member.
  private var containerCount: UInt32 = 0
  private(set) var count: UInt32 = 0

  private struct Container {
    var data: UnsafeMutableRawPointer
    var key: UInt16
    /// Members that the array has room for; 0 for a bitmap.
    var capacity: UInt16
    var count: UInt32

    var members: UnsafeMutablePointer<UInt16> { data.assumingMemoryBound(to: UInt16.self) }
    var bits: UnsafeMutablePointer<UInt64> { data.assumingMemoryBound(to: UInt64.self) }
    var isBitmap: Bool { capacity == 0 }
    var byteCount: Int { isBitmap ? PostingsList.bitmapBytes : Int(capacity) * 2 }

    /// The first index whose member is not below `low`.
    func lowerBound(_ low: UInt16, from start: Int = 0) -> Int {
      var first = start
      var length = Int(count) - start
      while length > 0 {
        let half = length / 2
        if members[first + half] < low {
          first += half + 1
          length -= half + 1
        } else {
          length = half
        }
      }
      return first
    }

    func contains(_ low: UInt16) -> Bool {
      if isBitmap { return bits[Int(low >> 6)] >> UInt64(low & 63) & 1 == 1 }
      let index = lowerBound(low)
      return index < count && members[index] == low
    }
  }

  private static let bitmapBytes = 8192
  private static let arrayLimit: UInt32 = 4096

  // MARK: changing

  mutating func insert(_ number: UInt32, bytes: inout Int) {
    if containers == nil {
      if count == 0 {
        containerCount = number
        count = 1
        return
      }
      if containerCount == number { return }
      let single = containerCount
      containerCount = 0
      count = 0
      insertIntoContainer(single, bytes: &bytes)
    }
    insertIntoContainer(number, bytes: &bytes)
  }

  mutating func remove(_ number: UInt32, bytes: inout Int) {
    guard let containers else {
      if count == 1, containerCount == number { count = 0 }
      return
    }
    let index = containerIndex(UInt16(truncatingIfNeeded: number >> 16))
    guard index < containerCount, containers[index].key == UInt16(truncatingIfNeeded: number >> 16) else { return }
    let low = UInt16(truncatingIfNeeded: number)
    guard containers[index].contains(low) else { return }
    if containers[index].isBitmap {
      containers[index].bits[Int(low >> 6)] &= ~(1 << UInt64(low & 63))
    } else {
      let place = containers[index].lowerBound(low)
      let members = containers[index].members
      let rest = Int(containers[index].count) - place - 1
      memmove(members + place, members + place + 1, rest * 2)
    }
    containers[index].count -= 1
    count -= 1
    if containers[index].count == 0 { dropContainer(index, bytes: &bytes) }
  }

  mutating func free(bytes: inout Int) {
    if let containers {
      for index in 0..<Int(containerCount) {
        bytes -= containers[index].byteCount
        containers[index].data.deallocate()
      }
      bytes -= Int(containerCount) * MemoryLayout<Container>.stride
      containers.deallocate()
    }
    self = PostingsList()
  }

  // MARK: asking

  func contains(_ number: UInt32) -> Bool {
    guard let containers else { return count == 1 && containerCount == number }
    let key = UInt16(truncatingIfNeeded: number >> 16)
    let index = containerIndex(key)
    guard index < containerCount, containers[index].key == key else { return false }
    return containers[index].contains(UInt16(truncatingIfNeeded: number))
  }

  /// Keeps of the sorted `numbers` those that are members (or, if `keepingMembers` is false, those that are not).
  /// O(numbers × log) by galloping: what lies between two numbers is not looked at.
  func filter(_ numbers: inout [UInt32], keepingMembers: Bool) {
    var kept = 0
    var container = -1
    var containerKey: UInt32?
    var position = 0
    for index in numbers.indices {
      let number = numbers[index]
      let isMember: Bool
      if let containers {
        if containerKey != number >> 16 {
          containerKey = number >> 16
          let found = containerIndex(UInt16(truncatingIfNeeded: number >> 16))
          let isThere = found < containerCount && UInt32(containers[found].key) == number >> 16
          container = isThere ? found : -1
          position = 0
        }
        isMember = container >= 0 && Self.gallop(containers[container], UInt16(truncatingIfNeeded: number), &position)
      } else {
        isMember = count == 1 && containerCount == number
      }
      if isMember == keepingMembers {
        numbers[kept] = number
        kept += 1
      }
    }
    numbers.removeLast(numbers.count - kept)
  }

  /// Appends to `target` up to `limit` members that are not below `first`, in rising order.
  ///
  /// - Returns: the number to go on from, `nil` at the end.
  func collect(from first: UInt32, limit: Int, into target: inout [UInt32]) -> UInt32? {
    guard let containers else {
      if count == 1, containerCount >= first { target.append(containerCount) }
      return nil
    }
    var room = limit
    for index in containerIndex(UInt16(truncatingIfNeeded: first >> 16))..<Int(containerCount) {
      let container = containers[index]
      let high = UInt32(container.key) << 16
      let low = high > first ? 0 : UInt16(truncatingIfNeeded: first)
      if container.isBitmap {
        var word = Int(low >> 6)
        var mask = UInt64.max << UInt64(low & 63)
        while word < Self.bitmapBytes / 8 {
          var bits = container.bits[word] & mask
          while bits != 0 {
            let member = high | UInt32(truncatingIfNeeded: word << 6 + bits.trailingZeroBitCount)
            if room == 0 { return member }
            target.append(member)
            room -= 1
            bits &= bits - 1
          }
          mask = .max
          word += 1
        }
      } else {
        for place in container.lowerBound(low)..<Int(container.count) {
          let member = high | UInt32(container.members[place])
          if room == 0 { return member }
          target.append(member)
          room -= 1
        }
      }
    }
    return nil
  }

  private static func gallop(_ container: Container, _ low: UInt16, _ position: inout Int) -> Bool {
    if container.isBitmap { return container.contains(low) }
    let count = Int(container.count)
    let members = container.members
    var step = 1
    while position + step < count, members[position + step] < low {
      position += step
      step *= 2
    }
    position = container.lowerBound(low, from: position)
    return position < count && members[position] == low
  }

  /// The first container whose key is not below `key`.
  private func containerIndex(_ key: UInt16) -> Int {
    guard let containers else { return 0 }
    var first = 0
    var length = Int(containerCount)
    if length > 0, containers[length - 1].key <= key { return length - (containers[length - 1].key == key ? 1 : 0) }
    while length > 0 {
      let half = length / 2
      if containers[first + half].key < key {
        first += half + 1
        length -= half + 1
      } else {
        length = half
      }
    }
    return first
  }
}

extension PostingsList {
  private mutating func insertIntoContainer(_ number: UInt32, bytes: inout Int) {
    let key = UInt16(truncatingIfNeeded: number >> 16)
    let low = UInt16(truncatingIfNeeded: number)
    let index = containerIndex(key)
    if index == containerCount || containers?[index].key != key { addContainer(key, at: index, bytes: &bytes) }
    guard let containers else { return }
    if containers[index].isBitmap {
      guard !containers[index].contains(low) else { return }
      containers[index].bits[Int(low >> 6)] |= 1 << UInt64(low & 63)
    } else {
      let members = Int(containers[index].count)
      let isLast = members == 0 || containers[index].members[members - 1] < low
      let place = isLast ? members : containers[index].lowerBound(low)
      if !isLast, containers[index].members[place] == low { return }
      if members == Int(containers[index].capacity) {
        enlarge(index, bytes: &bytes)
        if containers[index].isBitmap {
          containers[index].bits[Int(low >> 6)] |= 1 << UInt64(low & 63)
          containers[index].count += 1
          count += 1
          return
        }
      }
      let target = containers[index].members
      if !isLast { memmove(target + place + 1, target + place, (members - place) * 2) }
      target[place] = low
    }
    containers[index].count += 1
    count += 1
  }

  private mutating func addContainer(_ key: UInt16, at index: Int, bytes: inout Int) {
    let old = Int(containerCount)
    let larger = UnsafeMutablePointer<Container>.allocate(capacity: old + 1)
    if let containers {
      larger.moveInitialize(from: containers, count: index)
      (larger + index + 1).moveInitialize(from: containers + index, count: old - index)
      containers.deallocate()
    }
    let capacity: UInt16 = 4
    let data = UnsafeMutableRawPointer.allocate(byteCount: Int(capacity) * 2, alignment: 8)
    (larger + index).initialize(to: Container(data: data, key: key, capacity: capacity, count: 0))
    containers = larger
    containerCount += 1
    bytes += Int(capacity) * 2 + MemoryLayout<Container>.stride
  }

  private mutating func dropContainer(_ index: Int, bytes: inout Int) {
    guard let containers else { return }
    bytes -= containers[index].byteCount + MemoryLayout<Container>.stride
    containers[index].data.deallocate()
    (containers + index).update(from: containers + index + 1, count: Int(containerCount) - index - 1)
    containerCount -= 1
    if containerCount == 0 {
      containers.deallocate()
      self.containers = nil
    }
  }

  /// Makes room in a full array, or a bitmap of it.
  private func enlarge(_ index: Int, bytes: inout Int) {
    guard let containers else { return }
    let old = containers[index]
    let before = old.byteCount
    if old.count >= Self.arrayLimit {
      let data = UnsafeMutableRawPointer.allocate(byteCount: Self.bitmapBytes, alignment: 8)
      memset(data, 0, Self.bitmapBytes)
      containers[index].data = data
      containers[index].capacity = 0
      for place in 0..<Int(old.count) {
        let low = old.members[place]
        containers[index].bits[Int(low >> 6)] |= 1 << UInt64(low & 63)
      }
    } else {
      let capacity = min(old.capacity + max(4, old.capacity / 2), UInt16(Self.arrayLimit))
      let data = UnsafeMutableRawPointer.allocate(byteCount: Int(capacity) * 2, alignment: 8)
      memcpy(data, old.data, Int(old.count) * 2)
      containers[index].data = data
      containers[index].capacity = capacity
    }
    old.data.deallocate()
    bytes += containers[index].byteCount - before
  }
}
