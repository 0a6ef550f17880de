import GoTemplate

/// The data and functions of the cases in `Cases/language.json`, as `Cases/generate.go` gives them to Go.
enum CaseWorld {
  static let alertLabels = ["job": "api", "zone": "z1"]

  static func alert(isPointer: Bool = false) -> TemplateValue {
    let time = GoTime(seconds: 1_770_091_506, nanoseconds: 789_000_000)
    let fields: [(name: String, value: TemplateValue)] = [
      ("Status", .string("firing")), ("Labels", .map(TemplateMap(strings: alertLabels))), ("StartsAt", time.value()),
      ("Value", .float(0.25)), ("Tags", .list(strings(["x", "y"]))),
    ]
    return .object(
      TemplateObject(
        typeName: "main.Alert", isPointer: isPointer, content: .fields(fields),
        methods: { name in
          switch name {
          case "Twice": TemplateFunction([.string]) { values in .string(text(values[0]) + text(values[0])) }
          case "Sum": TemplateFunction([.int, .int]) { values in .int(integer(values[0]) + integer(values[1])) }
          case "Failing":
            TemplateFunction { _ throws(TemplateCallFailure) in throw TemplateCallFailure.message("no luck") }
          case "Plain": TemplateFunction { _ in .string("plain firing") }
          case "Scale": TemplateFunction([.float]) { values in .float(0.25 * float(values[0])) }
          default: nil
          }
        }))
  }

  static func strings(_ texts: [String]) -> TemplateList {
    TemplateList(texts.map { .string($0) }, typeName: "[]string")
  }

  static func text(_ value: TemplateValue) -> String {
    if case .string(let text) = value { return text }
    return ""
  }

  static func integer(_ value: TemplateValue) -> Int {
    if case .int(let number) = value { return number }
    return 0
  }

  static func float(_ value: TemplateValue) -> Double {
    if case .float(let number) = value { return number }
    return 0
  }

  static let data: TemplateValue = .map(
    TemplateMap([
      "Name": .string("web-01"), "Empty": .string(""), "Int": .int(42), "Neg": .int(-7), "Zero": .int(0),
      "Float": .float(1_234_567), "Pi": .float(3.14159), "Small": .float(0.000012345), "NaN": .float(.nan),
      "Inf": .float(.infinity), "True": .bool(true), "False": .bool(false), "Nil": .null, "Big": .float(1e300),
      "Half": .float(0.5), "One": .float(1), "NegZero": .float(-0.0),
      "Text": .string("a <b> & \"c\" 'd' =\n\tü€😀 \\"), "Accent": .string("héllo wörld"),
      "Labels": .map(TemplateMap(strings: ["a": "1", "b": "2", "instance": "host:9090", "job": "api", "Z": "26"])),
      "EmptyLabels": .map(TemplateMap(strings: [:])),
      "KV": .map(
        TemplateMap(
          strings: ["k": "v"], typeName: "main.KV",
          methods: ["Names": TemplateFunction { _ in .list(strings(["one", "two"])) }])),
      "Any": .map(
        TemplateMap([
          "x": .int(1), "y": .string("s"), "z": .null, "m": .map(TemplateMap(["k": .string("v")])), "f": .float(2.5),
        ])),
      "Strings": .list(strings(["b", "a", "c"])),
      "Ints": .list(TemplateList([.int(3), .int(1), .int(2)], typeName: "[]int")),
      "Floats": .list(TemplateList([.float(1.5), .float(2)], typeName: "[]float64")),
      "Empties": .list(strings([])),
      "Mixed": .list(TemplateList([.int(1), .string("a"), .null, .float(2.5), .bool(true)])),
      "Alert": alert(), "Pointer": alert(isPointer: true),
      "Alerts": .list(TemplateList([alert(), alert()], typeName: "[]main.Alert")),
      "Level": .object(TemplateObject(typeName: "main.Level", content: .value(.int(3)), text: { "level 3" })),
      "Func": .function(TemplateFunction([.string]) { values in .string(text(values[0]).uppercased()) }),
      "Total": .function(
        TemplateFunction(rest: .int) { values in .int(values.reduce(0) { $0 + integer($1) }) }),
    ]))

  static let functions: [String: TemplateFunction] = [
    "add1": TemplateFunction([.int]) { values in .int(integer(values[0]) + 1) },
    "shout": TemplateFunction([.string]) { values in .string(text(values[0]).uppercased()) },
    "double": TemplateFunction([.float]) { values in .float(float(values[0]) * 2) },
    "negate": TemplateFunction([.bool]) { values in
      if case .bool(let truth) = values[0] { return .bool(!truth) }
      return .null
    },
    "status": TemplateFunction([.named("*main.Alert")]) { values throws(TemplateCallFailure) in
      if case .null = values[0] {
        throw .message("runtime error: invalid memory address or nil pointer dereference")
      }
      return .string("firing")
    },
    "statusOf": TemplateFunction([.named("main.Alert")]) { _ in .string("firing") },
    "join": TemplateFunction([.string, .named("[]string")]) { values in
      guard case .list(let list) = values[1] else { return .string("") }
      return .string(list.elements.map { text($0) }.joined(separator: text(values[0])))
    },
    "kind": TemplateFunction([.any]) { values in .string(values[0].typeName) },
    "pack": TemplateFunction(rest: .any) { values in
      .map(TemplateMap(Dictionary(uniqueKeysWithValues: values.enumerated().map { ("arg\($0)", $1) })))
    },
    "fail": TemplateFunction { _ throws(TemplateCallFailure) in throw TemplateCallFailure.message("asked to fail") },
  ]
}
