/// How far words are apart.
enum Spelling {
  /// The least number of letters to add, drop or change; more than `limit` once it is clear that it is more.
  static func distance(_ a: [UInt8], _ b: [UInt8], limit: Int) -> Int {
    if a.count > b.count + limit || b.count > a.count + limit { return limit + 1 }
    var row = Array(0...b.count)
    for (i, x) in a.enumerated() {
      var diagonal = row[0]
      row[0] = i + 1
      for (j, y) in b.enumerated() {
        let above = row[j + 1]
        row[j + 1] = Swift.min(above + 1, row[j] + 1, diagonal + (x == y ? 0 : 1))
        diagonal = above
      }
    }
    return row[b.count]
  }
}
