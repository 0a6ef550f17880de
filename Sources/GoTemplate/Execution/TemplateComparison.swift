/// `eq` and `lt`: values of one kind compare, whatever their types; integers and floats are of two kinds.
enum TemplateComparison {
  private enum Kind { case bool, int, float, string, other }

  private static func kind(_ value: TemplateValue) -> Kind {
    switch value.underlying {
    case .bool: .bool
    case .int: .int
    case .float: .float
    case .string: .string
    default: .other
    }
  }

  private static func isNull(_ value: TemplateValue) -> Bool {
    if case .null = value { return true }
    return false
  }

  static func equal(_ left: TemplateValue, _ right: TemplateValue) throws(TemplateCallFailure) -> Bool {
    switch (left.underlying, right.underlying) {
    case (.bool(let left), .bool(let right)): return left == right
    case (.int(let left), .int(let right)): return left == right
    case (.float(let left), .float(let right)): return left == right
    case (.string(let left), .string(let right)): return left.utf8.elementsEqual(right.utf8)
    case (.null, .null): return true
    case (.null, _), (_, .null): return false
    case (.object(let one), .object(let other)) where one.isPointer == other.isPointer:
      if one.isPointer || isComparable(left) && isComparable(right) { return same(left, right) }
    default: break
    }
    guard kind(left) == .other, kind(right) == .other else {
      throw .message("incompatible types for comparison: \(left.typeName) and \(right.typeName)")
    }
    guard isSameKind(left.underlying, right.underlying) else {
      throw .message(
        "non-comparable types \(GoFormat.text(of: left, "s")): \(left.typeName), \(right.typeName): "
          + GoFormat.text(of: right))
    }
    throw .message("non-comparable type \(GoFormat.text(of: right, "s")): \(right.typeName)")
  }

  private static func isSameKind(_ left: TemplateValue, _ right: TemplateValue) -> Bool {
    switch (left, right) {
    case (.list, .list), (.map, .map), (.function, .function): true
    case (.object(let left), .object(let right)): left.isPointer == right.isPointer
    default: false
    }
  }

  /// Whether Go compares values of this type: not slices, maps and functions, nor what holds one.
  private static func isComparable(_ value: TemplateValue) -> Bool {
    switch value {
    case .list, .map, .function: return false
    case .object(let object):
      switch object.content {
      case .fields(let fields): return fields.allSatisfy { isComparable($0.value) }
      case .value(let inner): return isComparable(inner)
      }
    default: return true
    }
  }

  /// Equal in all parts. Pointers are the same where what they point at is: nothing else can be told of them.
  private static func same(_ left: TemplateValue, _ right: TemplateValue) -> Bool {
    guard left.typeName == right.typeName else { return false }
    switch (left, right) {
    case (.list(let left), .list(let right)):
      return left.elements.count == right.elements.count
        && zip(left.elements, right.elements).allSatisfy { same($0, $1) }
    case (.map(let left), .map(let right)):
      return left.entries.count == right.entries.count
        && left.entries.allSatisfy { key, value in right.entries[key].map { same(value, $0) } ?? false }
    case (.object(let left), .object(let right)):
      if let text = left.text, let other = right.text { return text() == other() }
      switch (left.content, right.content) {
      case (.fields(let left), .fields(let right)):
        return left.count == right.count && zip(left, right).allSatisfy { same($0.value, $1.value) }
      case (.value(let left), .value(let right)): return same(left, right)
      default: return false
      }
    default: return (try? equal(left, right)) ?? false
    }
  }

  static func less(_ left: TemplateValue, _ right: TemplateValue) throws(TemplateCallFailure) -> Bool {
    guard kind(left) != .other, kind(right) != .other else { throw .message("invalid type for comparison") }
    switch (left.underlying, right.underlying) {
    case (.int(let left), .int(let right)): return left < right
    case (.float(let left), .float(let right)): return left < right
    case (.string(let left), .string(let right)): return left.utf8.lexicographicallyPrecedes(right.utf8)
    case (.bool, .bool): throw .message("invalid type for comparison")
    default: throw .message("incompatible types for comparison: \(left.typeName) and \(right.typeName)")
    }
  }
}

/// `index`, `slice` and `len`.
enum TemplateIndexing {
  static func index(
    _ value: TemplateValue, _ indices: ArraySlice<TemplateValue>
  ) throws(TemplateCallFailure) -> TemplateValue {
    if case .null = value { throw .message("index of untyped nil") }
    var item = value
    for index in indices {
      switch item.pointee.underlying {
      case .null: throw .message("index of nil pointer")
      case .list(let list):
        let place = try place(index, in: list.elements.count)
        guard place < list.elements.count else { throw .message("reflect: slice index out of range") }
        item = list.elements[place]
      case .string(let text):
        let place = try place(index, in: text.utf8.count)
        guard place < text.utf8.count else { throw .message("reflect: string index out of range") }
        let byte = text.utf8[text.utf8.index(text.utf8.startIndex, offsetBy: place)]
        item = .object(TemplateObject(typeName: "uint8", content: .value(.int(Int(byte)))))
      case .map(let map):
        guard case .string(let key) = index else {
          if case .null = index { throw .message("value is nil; should be of type string") }
          throw .message("value has type \(index.typeName); should be string")
        }
        item = map.entries[key] ?? map.zero
      default: throw .message("can't index item of type \(item.pointee.typeName)")
      }
    }
    return item
  }

  private static func place(_ index: TemplateValue, in count: Int) throws(TemplateCallFailure) -> Int {
    switch index.underlying {
    case .int(let place):
      guard place >= 0, place <= count else { throw .message("index out of range: \(place)") }
      return place
    case .null: throw .message("cannot index slice/array with nil")
    default: throw .message("cannot index slice/array with type \(index.typeName)")
    }
  }

  static func slice(_ value: TemplateValue, _ indices: [TemplateValue]) throws(TemplateCallFailure) -> TemplateValue {
    if case .null = value { throw .message("slice of untyped nil") }
    if indices.count > 3 { throw .message("too many slice indexes: \(indices.count)") }
    let target = value.pointee.underlying
    let count: Int
    switch target {
    case .string(let text):
      if indices.count == 3 { throw .message("cannot 3-index slice a string") }
      count = text.utf8.count
    case .list(let list): count = list.elements.count
    default: throw .message("can't slice item of type \(value.pointee.typeName)")
    }
    var places = [0, count, count]
    for (number, index) in indices.enumerated() { places[number] = try place(index, in: count) }
    for (low, high) in [(0, 1), (1, 2)] where places[low] > places[high] {
      throw .message("invalid slice index: \(places[low]) > \(places[high])")
    }
    switch target {
    case .string(let text): return .string(String(decoding: Array(text.utf8)[places[0]..<places[1]], as: UTF8.self))
    case .list(let list):
      return .list(
        TemplateList(Array(list.elements[places[0]..<places[1]]), typeName: list.typeName, methods: list.methods))
    default: return .null
    }
  }

  static func length(_ value: TemplateValue) throws(TemplateCallFailure) -> Int {
    switch value.pointee.underlying {
    case .string(let text): text.utf8.count
    case .list(let list): list.elements.count
    case .map(let map): map.entries.count
    case .null: throw .message("len of nil pointer")
    default: throw .message("len of type \(value.pointee.typeName)")
    }
  }
}
