/// Writes columns of integers; ``ValueColumn`` describes the form, ``IntegerColumn`` reads it.
enum IntegerColumnEncoder {
  /// Appends `scratch.numbers` as a column, first byte to last.
  ///
  /// - Parameter mark: what the caller keeps in the low five bits of the first byte.
  /// - Parameter preface: bytes of the caller that follow the first byte.
  static func encode(
    count: Int, mark: UInt8, preface: [UInt8], _ scratch: borrowing ColumnScratch, into bytes: inout [UInt8]
  ) {
    let numbers = scratch.numbers
    var isConstant = true
    for index in 1..<max(1, count) where numbers[index] != numbers[0] {
      isConstant = false
      break
    }
    if isConstant {
      bytes.append(mark)
      bytes += preface
      bytes.append(signedNumber: numbers[0])
      return
    }
    var codes = scratch.codes
    var tried = scratch.triedCodes
    var patched = scratch.patched
    var triedPatched = scratch.triedPatched
    for index in 1..<count { scratch.sources[index - 1] = numbers[index] &- numbers[index - 1] }
    var best = ColumnPlan.make(.steps, scratch.sources, count: count - 1, codes: codes, patched: patched, scratch)
    for kind in [IntegerColumn.Kind.signedSteps, .numbers] {
      let plan = ColumnPlan.make(
        kind, kind == .numbers ? numbers : scratch.sources, count: kind == .numbers ? count : count - 1, codes: tried,
        patched: triedPatched, scratch)
      if plan.bits < best.bits {
        best = plan
        swap(&codes, &tried)
        swap(&patched, &triedPatched)
      }
    }
    bytes.append(mark | best.kind.rawValue << 5 | (best.header.factor > 1 ? 0x80 : 0))
    bytes += preface
    best.header.first = numbers[0]
    best.header.append(to: &bytes, kind: best.kind)
    if best.patches > 0 {
      appendPatches(best, best.kind == .numbers ? numbers : scratch.sources, patched, into: &bytes)
    }
    let coded = best.kind == .numbers ? count : count - 1
    var writer = BitWriter(scratch.output)
    if best.header.tableBits == 0 {
      let width = best.header.scale.shift
      if width > 0 { for index in 0..<coded { writer.put(codes[index], width) } }
    } else {
      SymbolEncoder.encode(codes, count: coded, header: best.header, scratch, &writer, into: &bytes)
    }
    bytes.append(contentsOf: UnsafeRawBufferPointer(start: scratch.output, count: writer.byteCount))
  }

  private static func appendPatches(
    _ plan: ColumnPlan, _ sources: UnsafePointer<Int64>, _ patched: UnsafePointer<UInt16>, into bytes: inout [UInt8]
  ) {
    bytes.append(UInt8(plan.patches - 1))
    let offset = plan.kind == .numbers ? 0 : 1
    for index in 0..<plan.patches {
      let source = sources[Int(patched[index])]
      let size = ColumnPlan.byteSize(source)
      bytes.append(word: UInt64(Int(patched[index]) + offset | (size - 1) << 10), size: 2)
      bytes.append(word: UInt64(bitPattern: source), size: size)
    }
  }
}
