import Receivers
import Testing

@Suite struct ReceiverErrorTests {
  @Test func namesTheReceiver() {
    let error = ReceiverError(receiver: "on-call", problem: "token.txt does not exist")
    #expect("\(error)" == #"receiver "on-call": token.txt does not exist"#)
  }
}
