/// Writes columns of integers; ``ValueColumn`` describes the form, ``IntegerColumn`` reads it.
enum IntegerColumnEncoder {
  /// Appends `scratch.numbers` as a column.
  ///
  /// - Parameter form: where in `bytes` the first byte of the column is; its low five bits are the caller's.
  static func encode(count: Int, form: Int, _ scratch: borrowing ColumnScratch, into bytes: inout [UInt8]) {
    let numbers = scratch.numbers
    var same = 1
    while same < count, numbers[same] == numbers[0] { same += 1 }
    if same == count {
      bytes.append(signedNumber: numbers[0])
      return
    }
    var codes = scratch.codes
    var tried = scratch.triedCodes
    var patched = scratch.patched
    var triedPatched = scratch.triedPatched
    let sources = scratch.sources
    for index in 1..<count { sources[index - 1] = numbers[index] &- numbers[index - 1] }
    var best = ColumnPlan(.steps, sources, count: count - 1, codes: codes, patched: patched, scratch)
    if best.isPeaked {
      let plan = ColumnPlan(.signedSteps, sources, count: count - 1, codes: tried, patched: triedPatched, scratch)
      if plan.bits < best.bits {
        best = plan
        swap(&codes, &tried)
        swap(&patched, &triedPatched)
      }
    }
    if isNarrow(numbers, count: count, steps: best.range) {
      let plan = ColumnPlan(.numbers, numbers, count: count, codes: tried, patched: triedPatched, scratch)
      if plan.bits < best.bits {
        best = plan
        swap(&codes, &tried)
        swap(&patched, &triedPatched)
      }
    }
    bytes[form] |= best.kind.rawValue << 5 | (best.header.factor > 1 ? 0x80 : 0)
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

  /// The numbers themselves may be as good as the steps between them: most lie within a few of these.
  private static func isNarrow(_ numbers: UnsafePointer<Int64>, count: Int, steps: UInt64) -> Bool {
    let (limit, overflow) = steps.multipliedReportingOverflow(by: 2)
    let center = numbers[count / 2]
    var far = 0
    for index in 0..<count {
      if !overflow, (numbers[index] &- center).magnitude > limit { far += 1 }
    }
    return far <= count / 32
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
