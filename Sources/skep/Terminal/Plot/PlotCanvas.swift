/// A drawing of dots in cells of text: two by four to a cell in braille, one to a cell in ASCII.
struct PlotCanvas {
  /// In cells.
  let columns: Int
  let rows: Int
  let isBraille: Bool
  /// Which dots of each cell are set, row by row, numbered as Unicode's braille patterns are (U+2800, bits 0 to 7).
  private var dots: [UInt8]
  /// The pen that drew in a cell last; -1 where none did.
  private var pens: [Int]
  /// Letters in place of dots.
  private var letters: [Character?]

  init(columns: Int, rows: Int, isBraille: Bool) {
    self.columns = columns
    self.rows = rows
    self.isBraille = isBraille
    dots = Array(repeating: 0, count: columns * rows)
    pens = Array(repeating: -1, count: columns * rows)
    letters = Array(repeating: nil, count: columns * rows)
  }

  var width: Int { columns * (isBraille ? 2 : 1) }
  var height: Int { rows * (isBraille ? 4 : 1) }

  private func cell(_ x: Int, _ y: Int) -> Int? {
    guard x >= 0, y >= 0, x < width, y < height else { return nil }
    return y / (isBraille ? 4 : 1) * columns + x / (isBraille ? 2 : 1)
  }

  /// The dot at `x` from the left and `y` from the top; what lies outside is left out.
  mutating func set(_ x: Int, _ y: Int, pen: Int) {
    guard let cell = cell(x, y) else { return }
    let bit: UInt8 =
      isBraille ? (y % 4 == 3 ? (x % 2 == 0 ? 0x40 : 0x80) : 1 << UInt8(x % 2 * 3 + y % 4)) : 1
    dots[cell] |= bit
    pens[cell] = pen
  }

  /// A line by J. E. Bresenham's algorithm (IBM Systems Journal 4(1), 1965). O(its length).
  mutating func line(from start: (x: Int, y: Int), to end: (x: Int, y: Int), pen: Int) {
    let (width, height) = (abs(end.x - start.x), -abs(end.y - start.y))
    let (stepX, stepY) = (start.x < end.x ? 1 : -1, start.y < end.y ? 1 : -1)
    var (x, y, error) = (start.x, start.y, width + height)
    while true {
      set(x, y, pen: pen)
      if x == end.x, y == end.y { return }
      let twice = 2 * error
      if twice >= height {
        error += height
        x += stepX
      }
      if twice <= width {
        error += width
        y += stepY
      }
    }
  }

  /// A letter in the cell of a dot, in place of what is drawn there.
  mutating func mark(_ x: Int, _ y: Int, _ letter: Character, pen: Int) {
    guard let cell = cell(x, y) else { return }
    letters[cell] = letter
    pens[cell] = pen
  }

  /// A row from the top as runs of text drawn by one pen.
  func row(_ row: Int) -> [(text: String, pen: Int)] {
    var runs: [(text: String, pen: Int)] = []
    for column in 0..<columns {
      let cell = row * columns + column
      let character = letters[cell] ?? character(dots[cell])
      let pen = character == " " ? -1 : pens[cell]
      if let last = runs.indices.last, runs[last].pen == pen {
        runs[last].text.append(character)
      } else {
        runs.append((String(character), pen))
      }
    }
    return runs
  }

  private func character(_ dots: UInt8) -> Character {
    if dots == 0 { return " " }
    guard isBraille else { return "*" }
    return Unicode.Scalar(0x2800 + UInt32(dots)).map(Character.init) ?? " "
  }
}
