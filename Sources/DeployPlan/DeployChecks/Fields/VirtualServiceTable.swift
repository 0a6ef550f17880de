extension FieldTables {
  /// Fields of VirtualService. Facts from istio/api (`kubernetes/customresourcedefinitions.gen.yaml`, 1.31).
  static let virtualService = #"""
    VirtualServiceStringMatch(exact|prefix|regex): exact string, prefix string, regex string
    VirtualServiceCorsPolicy: allowCredentials bool?, allowHeaders [string], allowMethods [string], allowOrigin [string],
      allowOrigins [VirtualServiceStringMatch], exposeHeaders [string], maxAge duration,
      unmatchedPreflights UNSPECIFIED|FORWARD|IGNORE
    VirtualServiceDelegate: name string, namespace string
    VirtualServiceBody(string|bytes): bytes base64, string string
    VirtualServiceDirectResponse: body VirtualServiceBody, status! int64(0..4294967295)
    VirtualServicePercentage: value number
    VirtualServiceAbort(httpStatus|grpcStatus|http2Error): grpcStatus string, http2Error string, httpStatus int32,
      percentage VirtualServicePercentage
    VirtualServiceDelay(fixedDelay|exponentialDelay): exponentialDelay duration, fixedDelay duration, percent int32,
      percentage VirtualServicePercentage
    VirtualServiceFault: abort VirtualServiceAbort, delay VirtualServiceDelay
    VirtualServiceRequest: add {string}, remove [string], set {string}
    VirtualServiceHeaders: request VirtualServiceRequest, response VirtualServiceRequest
    VirtualServiceMatch: authority VirtualServiceStringMatch, gateways [string], headers {VirtualServiceStringMatch},
      ignoreUriCase bool, method VirtualServiceStringMatch, name string, port int64(0..4294967295),
      queryParams {VirtualServiceStringMatch}, scheme VirtualServiceStringMatch, sourceLabels {string},
      sourceNamespace string, statPrefix string, uri VirtualServiceStringMatch,
      withoutHeaders {VirtualServiceStringMatch}
    VirtualServicePort: number int64(0..4294967295)
    VirtualServiceDestination: host! string, port VirtualServicePort, subset string
    VirtualServiceMirrors: destination! VirtualServiceDestination, percentage VirtualServicePercentage
    VirtualServiceRedirect(port|derivePort): authority string, derivePort FROM_PROTOCOL_DEFAULT|FROM_REQUEST_PORT,
      port int64(0..4294967295), prefixRewrite string, redirectCode int64(0..4294967295), scheme string, uri string
    VirtualServiceRetries: attempts int32, backoff duration, perTryTimeout duration, retryIgnorePreviousHosts bool?,
      retryOn string, retryRemoteLocalities bool?
    VirtualServiceUriRegexRewrite: match string, rewrite string
    VirtualServiceRewrite: authority string, uri string, uriRegexRewrite VirtualServiceUriRegexRewrite
    VirtualServiceRoute: destination! VirtualServiceDestination, headers VirtualServiceHeaders, weight int32
    VirtualServiceHttp: corsPolicy VirtualServiceCorsPolicy, delegate VirtualServiceDelegate,
      directResponse VirtualServiceDirectResponse, fault VirtualServiceFault, headers VirtualServiceHeaders,
      match [VirtualServiceMatch], mirror VirtualServiceDestination, mirrorPercent int64(0..4294967295)?,
      mirrorPercentage VirtualServicePercentage, mirror_percent int64(0..4294967295)?, mirrors [VirtualServiceMirrors],
      name string, redirect VirtualServiceRedirect, retries VirtualServiceRetries, rewrite VirtualServiceRewrite,
      route [VirtualServiceRoute], timeout duration
    VirtualServiceTcpMatch: destinationSubnets [string], gateways [string], port int64(0..4294967295),
      sourceLabels {string}, sourceNamespace string, sourceSubnet string
    VirtualServiceTcpRoute: destination! VirtualServiceDestination, weight int32
    VirtualServiceTcp: match [VirtualServiceTcpMatch], route [VirtualServiceTcpRoute]
    VirtualServiceTlsMatch: destinationSubnets [string], gateways [string], port int64(0..4294967295), sniHosts! [string],
      sourceLabels {string}, sourceNamespace string
    VirtualServiceTls: match! [VirtualServiceTlsMatch], route [VirtualServiceTcpRoute]
    VirtualServiceSpec: exportTo [string], gateways [string], hosts [string], http [VirtualServiceHttp],
      tcp [VirtualServiceTcp], tls [VirtualServiceTls]
    """#
}
