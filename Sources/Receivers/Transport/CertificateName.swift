import NIOSSL

/// Whether a certificate was made out to a name.
///
/// NIOSSL also takes one that is made out to the address that was connected to. Whoever answers there would then be taken for
/// every name that somebody points at the address.
enum CertificateName {
  struct Mismatch: Error, Hashable, CustomStringConvertible {
    var name: String

    var description: String { "TLS: the certificate is not of the name \(name) (server_name)" }
  }

  /// A name fits itself, and `*.` in the place of its first label (RFC 6125, section 6.4.3).
  ///
  /// - Parameter certificate: NIOSSL has found it valid. One without alternative names has the name as its common name, then.
  /// - Throws: ``Mismatch``.
  static func check(_ certificate: NIOSSLCertificate?, shows name: String) throws(Mismatch) {
    guard let certificate else { throw Mismatch(name: name) }
    let alternatives = certificate._subjectAlternativeNames()
    if alternatives.isEmpty { return }
    let wanted = plain(name)
    let rest = wanted.drop { $0 != "." }
    for alternative in alternatives where alternative.nameType == .dnsName {
      let shown = plain(String(decoding: alternative.contents, as: UTF8.self))
      if shown == wanted || rest.count > 1 && shown == "*" + rest { return }
    }
    throw Mismatch(name: name)
  }

  private static func plain(_ name: String) -> String {
    let name = name.lowercased()
    return name.hasSuffix(".") ? String(name.dropLast()) : name
  }
}
