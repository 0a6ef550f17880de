import DeployPlan
import FleetModel
import Testing

@Suite struct UnchangedProofTests {
  /// The story of `apply/`: whatever is proven to change nothing changed nothing, and what changed nothing is proven.
  @Test(.enabled(if: Recording.isPresent, "needs ../shared/kubernetes"))
  func agreesWithTheServer() throws {
    var live: [String: LiveObject] = [:]
    var proven: [String] = []
    var missed: [String] = []
    for recording in Recording.all("apply") {
      let object = LiveObject(recording.body)
      if let manager = recording.applier, let sent = recording.sent, let before = live[recording.resource] {
        let proof = UnchangedProof.isSurelyUnchanged(desired: sent.json, live: before, manager: manager)
        // Controllers write statuses in between; an apply that changes anything writes its time.
        let isUnchanged =
          recording.status == 200 && Self.wanted(object, by: manager) == Self.wanted(before, by: manager)
        if proof {
          #expect(isUnchanged, "\(recording): \(recording.title)")
          proven.append(recording.file)
        } else if isUnchanged, !recording.isDryRun {
          missed.append(recording.file)
        }
      }
      // The same object in another version of its group.
      if recording.applier != nil, recording.status < 300, !recording.isDryRun {
        live = live.filter { $0.value.uid != object.uid || $0.key == recording.resource }
      }
      let isKept = recording.status < 300 && !recording.isDryRun && object.kind != "Scale" && object.kind != "Status"
      if isKept { live[recording.resource] = object }
    }
    #expect(proven.count >= 8, "\(proven)")
    #expect(missed.count <= 1, "sure of none of these: \(missed)")
  }

  /// What people want of an object, and what the manager owns since when.
  static func wanted(_ object: LiveObject, by manager: String) -> [JSONValue] {
    let own = object.managedFields.filter { $0["manager"]?.string == manager && $0["operation"]?.string == "Apply" }
    let content = object.json.members.filter { !["status", "metadata"].contains($0.key) }.map(\.value)
    return own + content + [object.metadata["labels"] ?? .null, object.metadata["generation"] ?? .null]
  }

  /// A Deployment as Skep applied it, with a default filled in that is part of a key.
  static let desired: JSONValue = [
    "apiVersion": "apps/v1", "kind": "Deployment",
    "metadata": ["name": "web", "namespace": "shop", "labels": ["app": "é"]],
    "spec": [
      "selector": ["matchLabels": ["app": "web"]],
      "template": [
        "spec": [
          "containers": [
            [
              "name": "web", "image": "web:1", "args": ["a", "b"],
              "ports": [["containerPort": 80], ["containerPort": 53, "protocol": "UDP"]],
              "resources": ["requests": ["cpu": "50m"]],
            ], ["name": "proxy", "image": "proxy:1"],
          ]
        ]
      ],
    ],
  ]

  static let owned: JSONValue = [
    "f:metadata": ["f:labels": ["f:app": [:]]],
    "f:spec": [
      "f:selector": [:],
      "f:template": [
        "f:spec": [
          "f:containers": [
            "k:{\"name\":\"web\"}": [
              ".": [:], "f:name": [:], "f:image": [:], "f:args": [:],
              "f:ports": [
                "k:{\"containerPort\":80,\"protocol\":\"TCP\"}": [".": [:], "f:containerPort": [:]],
                "k:{\"containerPort\":53,\"protocol\":\"UDP\"}": [".": [:], "f:containerPort": [:], "f:protocol": [:]],
              ], "f:resources": ["f:requests": ["f:cpu": [:]]],
            ], "k:{\"name\":\"proxy\"}": [".": [:], "f:name": [:], "f:image": [:]],
          ]
        ]
      ],
    ],
  ]

  static func live(owned: JSONValue = owned, more: [JSONValue] = []) -> LiveObject {
    var json = desired
    json.put(["metadata", "uid"], "1")
    json.put(["spec", "replicas"], 3)
    let containers = ["spec", "template", "spec", "containers"]
    json.change(containers) { list in
      var items = list.elements
      items[0].put(
        ["ports"],
        [
          ["containerPort": 80, "protocol": "TCP"], ["containerPort": 53, "protocol": "UDP"],
        ])
      items[0].put(["imagePullPolicy"], "IfNotPresent")
      list = .array(items)
    }
    let entry: JSONValue = [
      "manager": "skep", "operation": "Apply", "apiVersion": "apps/v1", "fieldsType": "FieldsV1", "fieldsV1": owned,
    ]
    json.put(["metadata", "managedFields"], .array([entry] + more))
    return LiveObject(json)
  }

  @Test func whatIsAsItWasApplied() {
    #expect(UnchangedProof.isSurelyUnchanged(desired: Self.desired, live: Self.live()))
    // Others own what the document does not name.
    let other: JSONValue = [
      "manager": "hpa", "operation": "Update", "apiVersion": "apps/v1", "fieldsType": "FieldsV1",
      "subresource": "scale",
      "fieldsV1": ["f:spec": ["f:replicas": [:]]],
    ]
    #expect(UnchangedProof.isSurelyUnchanged(desired: Self.desired, live: Self.live(more: [other])))
    #expect(!UnchangedProof.isSurelyUnchanged(desired: Self.desired, live: Self.live(), manager: "other"))
  }

  /// Every value, key and item of the document changed, added, taken away or moved: never the same.
  @Test func everyChangeIsSeen() {
    let live = Self.live()
    var count = 0
    for changed in Self.desired.mutations {
      #expect(!UnchangedProof.isSurelyUnchanged(desired: changed, live: live), "\(changed)")
      count += 1
    }
    #expect(count > 50, "only \(count)")
  }

  /// Every field of the owned set lost or added: an apply would own it again, or take something away.
  @Test func everyOtherOwnershipIsSeen() {
    var count = 0
    for owned in Self.owned.mutations {
      #expect(!UnchangedProof.isSurelyUnchanged(desired: Self.desired, live: Self.live(owned: owned)), "\(owned)")
      count += 1
    }
    #expect(count > 30, "only \(count)")
  }

  /// Every named value of the live object changed.
  @Test func everyLiveChangeIsSeen() {
    let paths: [[String]] = [
      ["metadata", "labels", "app"], ["spec", "selector", "matchLabels", "app"], ["metadata", "name"], ["kind"],
    ]
    for path in paths {
      var live = Self.live()
      live.json.change(path) { $0 = "changed" }
      #expect(!UnchangedProof.isSurelyUnchanged(desired: Self.desired, live: live), "\(path)")
    }
    var moved = Self.live()
    moved.json.change(["spec", "template", "spec", "containers"]) { $0 = .array($0.elements.reversed()) }
    #expect(!UnchangedProof.isSurelyUnchanged(desired: Self.desired, live: moved))
    // Equal to Swift, other bytes to the server.
    var spelled = Self.live()
    spelled.json.change(["metadata", "labels", "app"]) { $0 = "e\u{301}" }
    #expect(!UnchangedProof.isSurelyUnchanged(desired: Self.desired, live: spelled))
    var leaving = Self.live()
    leaving.json.put(["metadata", "deletionTimestamp"], "2026-11-23T00:00:00Z")
    #expect(!UnchangedProof.isSurelyUnchanged(desired: Self.desired, live: leaving))
  }

  @Test(
    arguments: [
      ["manager": "x"],
      ["manager": "x", "operation": "Apply", "apiVersion": "v1", "fieldsType": "FieldsV2", "fieldsV1": [:]],
      "text", .null,
    ] as [JSONValue])
  func whatCannotBeReadProvesNothing(entry: JSONValue) {
    #expect(!UnchangedProof.isSurelyUnchanged(desired: Self.desired, live: Self.live(more: [entry])))
  }

  @Test func numbersBeyondTheirDigitsProveNothing() {
    let desired: JSONValue = [
      "apiVersion": "v1", "kind": "X", "metadata": ["name": "a"], "size": 9_007_199_254_740_993,
    ]
    var live = desired
    live.put(
      ["metadata", "managedFields"],
      [
        [
          "manager": "skep", "operation": "Apply", "apiVersion": "v1", "fieldsType": "FieldsV1",
          "fieldsV1": ["f:size": [:]],
        ]
      ])
    #expect(!UnchangedProof.isSurelyUnchanged(desired: desired, live: LiveObject(live)))
    var small = desired
    small.put(["size"], 7)
    live.put(["size"], 7)
    #expect(UnchangedProof.isSurelyUnchanged(desired: small, live: LiveObject(live)))
  }
}

extension JSONValue {
  /// Puts a value under a path of keys, in the place of what is there.
  mutating func put(_ path: [String], _ value: JSONValue) {
    guard let key = path.first else {
      self = value
      return
    }
    var members = members
    let rest = Array(path.dropFirst())
    if let index = members.firstIndex(where: { $0.key == key }) {
      members[index].value.put(rest, value)
    } else {
      var below = JSONValue.object([])
      below.put(rest, value)
      members.append(Member(key: key, value: below))
    }
    self = .object(members)
  }

  /// Changes the value of a path of keys.
  mutating func change(_ path: [String], _ body: (inout JSONValue) -> Void) {
    guard let key = path.first else { return body(&self) }
    guard case .object(var members) = self, let index = members.firstIndex(where: { $0.key == key }) else { return }
    members[index].value.change(Array(path.dropFirst()), body)
    self = .object(members)
  }

  /// All values that differ from this one in one place.
  var mutations: [JSONValue] {
    switch self {
    case .object(let members):
      var all: [JSONValue] = [.object(members + [Member(key: "f:added", value: .object([]))])]
      for (index, member) in members.enumerated() {
        var without = members
        without.remove(at: index)
        all.append(.object(without))
        for value in member.value.mutations {
          var other = members
          other[index].value = value
          all.append(.object(other))
        }
      }
      return all
    case .array(let items):
      var all: [JSONValue] = [.array(items + ["added"]), .array(items + items.prefix(1))]
      if items.count > 1 { all.append(.array(items.reversed())) }
      for (index, item) in items.enumerated() {
        var without = items
        without.remove(at: index)
        all.append(.array(without))
        for value in item.mutations {
          var other = items
          other[index] = value
          all.append(.array(other))
        }
      }
      return all
    case .string(let text): return [.string(text + "x"), .null, .number(1), .object([])]
    case .number(let number): return [.number(number + 1), .string("\(Int(number))"), .null]
    case .bool(let value): return [.bool(!value)]
    case .null: return ["text"]
    }
  }
}
