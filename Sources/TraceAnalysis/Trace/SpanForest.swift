/// The children of each span, in a given order.
struct SpanForest {
  /// Where the children of a span begin in `children`, and, one further, where they end.
  private var begins: [Int32]
  private var children: [Int32]
  private var roots: [Int32] = []

  /// - Parameter links: the parent of each span, -1 for a root; no span is its own ancestor.
  init(links: [Int32], order: [Int32]) {
    begins = Array(repeating: 0, count: links.count + 1)
    for parent in links where parent >= 0 { begins[Int(parent) + 1] += 1 }
    for index in links.indices { begins[index + 1] += begins[index] }
    var next = begins
    children = Array(repeating: 0, count: links.count)
    for index in order {
      let parent = links[Int(index)]
      if parent < 0 {
        roots.append(index)
      } else {
        children[Int(next[Int(parent)])] = index
        next[Int(parent)] += 1
      }
    }
  }

  /// All spans, each before its descendants and they before its next sibling.
  ///
  /// - Parameter isFirst: the roots with which to begin.
  func depthFirst(beginningWith isFirst: (Int32) -> Bool) -> [Int32] {
    var order: [Int32] = []
    order.reserveCapacity(begins.count)
    var waiting = Array((roots.filter(isFirst) + roots.filter { !isFirst($0) }).reversed())
    while let index = waiting.popLast() {
      order.append(index)
      let (begin, end) = (Int(begins[Int(index)]), Int(begins[Int(index) + 1]))
      for child in stride(from: end - 1, through: begin, by: -1) { waiting.append(children[child]) }
    }
    return order
  }
}
