public import FleetModel

/// A series as scripts and rule tests write it: `metric{a="b"} 1 2+3x4 _ stale {{count:2 sum:3 buckets:[2]}}`.
public struct NotedSeries: Sendable {
  public var labels: LabelSet
  public var samples: SampleColumns
  public var histograms: HistogramColumns

  /// - Parameters:
  ///   - start: the time of the first value.
  ///   - gap: between two values; whole milliseconds.
  public init(_ line: String, from start: Timestamp, gap: Duration) throws(NotationError) {
    do throws(ScriptProblem) {
      let line = try SeriesLine(line)
      labels = line.labels
      samples = try line.samples(gap: gap.wholeMilliseconds)
      histograms = try line.histogramSamples(gap: gap.wholeMilliseconds)
    } catch {
      throw NotationError(error.description)
    }
    for index in samples.timestamps.indices {
      samples.timestamps[index] = (start + .milliseconds(samples.timestamps[index])).milliseconds
    }
    for index in histograms.timestamps.indices {
      histograms.timestamps[index] = (start + .milliseconds(histograms.timestamps[index])).milliseconds
    }
  }
}

extension NotedSeries {
  /// With the counter reset hints that a store gives to histograms that follow one another.
  public var stored: NotedSeries {
    var series = self
    series.histograms.values = ResetHints.stored(
      ScriptSeries(labels: labels, samples: samples, histograms: histograms))
    return series
  }
}

extension LabelSet {
  /// Reads `metric{a="b"}`; an empty text has no labels.
  public init(notation text: String) throws(NotationError) {
    do throws(ScriptProblem) { self = text.isEmpty ? LabelSet() : try SeriesLine.labels(text) } catch {
      throw NotationError(error.description)
    }
  }
}

/// What is wrong with a text that should be a series.
public struct NotationError: Error, Sendable, Hashable, CustomStringConvertible {
  public let description: String

  public init(_ description: String) { self.description = description }
}
