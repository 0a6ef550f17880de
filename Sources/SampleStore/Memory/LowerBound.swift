/// The first index in `first ..< end` whose time is not before `time`; `end` if there is none.
func lowerBound(_ times: UnsafePointer<Int64>, _ first: Int, _ end: Int, _ time: Int64) -> Int {
  var low = first
  var length = end - first
  while length > 0 {
    let half = length / 2
    if times[low + half] < time {
      low += half + 1
      length -= half + 1
    } else {
      length = half
    }
  }
  return low
}
