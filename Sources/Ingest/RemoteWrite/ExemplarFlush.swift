import FleetModel
import WireFormats

/// The way of one request's exemplars into their store, behind its samples.
struct ExemplarFlush {
  let message: UnsafeRawBufferPointer
  let now: Timestamp
  let appender: (any ExemplarAppender)?
  /// Whether the sender hears of exemplars that were not kept: of remote write 2.0.
  let isRefusalTold: Bool

  func run(_ work: WriteScratch, _ outcome: inout WriteOutcome) {
    let latest = now + RemoteWriteIntake.maximumAhead
    for written in work.request.exemplars {
      let entry = work.entries[Int(written.series)]
      guard entry.mark != WrittenSeriesCache.Entry.missing || appender == nil else {
        refuse(&outcome, .invalid, "an exemplar is of a series that was refused")
        continue
      }
      let exemplar: Exemplar
      do throws(WrittenLabelFlaw) { exemplar = try work.request.exemplar(written, in: message) } catch {
        refuse(&outcome, .invalid, error.problem)
        continue
      }
      let time = exemplar.time ?? now
      guard time <= latest else {
        refuse(&outcome, .future, "an exemplar of \(time) is more than ten minutes in the future")
        continue
      }
      switch appender?.append(exemplar, to: entry.reference, at: time) ?? .off {
      case .appended, .duplicate: outcome.exemplarsWritten += 1
      case .outOfOrder:
        refuse(&outcome, .outOfOrder, "an exemplar of \(time) comes behind one that is newer")
      case .labelsTooLong:
        refuse(
          &outcome, .limit, "the labels of an exemplar have more than \(ExemplarLimits.labelCharacters) characters")
      case .unknownSeries:
        refuse(&outcome, .invalid, "the series of an exemplar was forgotten; send a sample of it first")
      case .off:
        refuse(&outcome, .unsupported, "exemplars are not kept here; set storage.max_exemplars, or do not send them")
      }
    }
  }

  private func refuse(_ outcome: inout WriteOutcome, _ reason: WriteOutcome.Reason, _ words: @autoclosure () -> String)
  {
    if isRefusalTold { outcome.refuse(reason, 1, words()) }
  }
}
