/// A matcher ready to be held against labels, its regular expression compiled.
public struct MatcherTest: Sendable {
  private let operation: LabelMatcher.Operation
  private let name: [UInt8]
  private let value: [UInt8]
  private let pattern: LabelPattern?

  /// - Throws: ``InvalidMatcher`` if the regular expression does not parse.
  public init(_ matcher: LabelMatcher) throws(InvalidMatcher) {
    operation = matcher.operation
    name = Array(matcher.name.utf8)
    value = Array(matcher.value.utf8)
    switch matcher.operation {
    case .equal, .notEqual: pattern = nil
    case .matches, .matchesNot:
      do throws(PatternError) { pattern = try LabelPattern(matcher.value) } catch {
        throw InvalidMatcher(matcher: matcher, problem: "\(error)")
      }
    }
  }

  /// A label that is not there counts as empty; values are compared as bytes. O(bytes of the set), no allocation.
  public func accepts(_ labels: LabelSet) -> Bool { labels.withValue(ofUTF8: name, accepts(utf8:)) }

  /// Whether it takes `value`.
  public func accepts(value: String) -> Bool {
    var value = value
    return value.withUTF8(accepts(utf8:))
  }

  /// The only values that it takes, where there are few; `nil` otherwise. An index looks these up instead of trying.
  public var exactValues: [String]? {
    switch operation {
    case .equal: [String(decoding: value, as: UTF8.self)]
    case .matches: pattern?.exactValues
    case .notEqual, .matchesNot: nil
    }
  }

  private func accepts(utf8 text: UnsafeBufferPointer<UInt8>) -> Bool {
    switch operation {
    case .equal: text.elementsEqual(value)
    case .notEqual: !text.elementsEqual(value)
    case .matches: pattern?.matches(utf8: text) == true
    case .matchesNot: pattern?.matches(utf8: text) == false
    }
  }
}
