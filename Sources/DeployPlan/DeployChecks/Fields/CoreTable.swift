extension FieldTables {
  /// Fields of the core group beside pods.
  /// Facts from the Kubernetes API reference (<https://kubernetes.io/docs/reference/kubernetes-api/>), 1.27 to 1.37.
  static let core = #"""
    NamespaceSpec: finalizers [string]
    ServiceSpec: allocateLoadBalancerNodePorts bool, clusterIP string, clusterIPs [string], externalIPs [string],
      externalName string, externalTrafficPolicy Cluster|Local, healthCheckNodePort int32,
      internalTrafficPolicy Cluster|Local, ipFamilies [IPv4|IPv6],
      ipFamilyPolicy SingleStack|PreferDualStack|RequireDualStack, loadBalancerClass string, loadBalancerIP string,
      loadBalancerSourceRanges [string], ports [ServicePort by port+protocol], publishNotReadyAddresses bool,
      selector {string}, sessionAffinity None|ClientIP, sessionAffinityConfig SessionAffinityConfig,
      trafficDistribution string, type ClusterIP|NodePort|LoadBalancer|ExternalName
    ServicePort: appProtocol string, name string, nodePort int32, port! int32, protocol TCP|UDP|SCTP,
      targetPort intOrString
    SessionAffinityConfig: clientIP ClientIPConfig
    ClientIPConfig: timeoutSeconds int32
    ObjectReference: apiVersion string, fieldPath string, kind string, name string, namespace string,
      resourceVersion string, uid string
    PersistentVolumeSpec: accessModes [ReadWriteOnce|ReadOnlyMany|ReadWriteMany|ReadWriteOncePod],
      awsElasticBlockStore AWSElasticBlockStoreVolumeSource, azureDisk AzureDiskVolumeSource,
      azureFile AzureFilePersistentVolumeSource, capacity {quantity}, cephfs CephFSPersistentVolumeSource,
      cinder CinderPersistentVolumeSource, claimRef ObjectReference, csi CSIPersistentVolumeSource, fc FCVolumeSource,
      flexVolume FlexPersistentVolumeSource, flocker FlockerVolumeSource, gcePersistentDisk GCEPersistentDiskVolumeSource,
      glusterfs GlusterfsPersistentVolumeSource, hostPath HostPathVolumeSource, iscsi ISCSIPersistentVolumeSource,
      local LocalVolumeSource, mountOptions [string], nfs NFSVolumeSource, nodeAffinity VolumeNodeAffinity,
      persistentVolumeReclaimPolicy Retain|Delete|Recycle, photonPersistentDisk PhotonPersistentDiskVolumeSource,
      portworxVolume PortworxVolumeSource, quobyte QuobyteVolumeSource, rbd RBDPersistentVolumeSource,
      scaleIO ScaleIOPersistentVolumeSource, storageClassName string, storageos StorageOSPersistentVolumeSource,
      volumeAttributesClassName string, volumeMode Filesystem|Block, vsphereVolume VsphereVirtualDiskVolumeSource
    AzureFilePersistentVolumeSource: readOnly bool, secretName! string, secretNamespace string, shareName! string
    CephFSPersistentVolumeSource: monitors! [string], path string, readOnly bool, secretFile string,
      secretRef SecretReference, user string
    CinderPersistentVolumeSource: fsType string, readOnly bool, secretRef SecretReference, volumeID! string
    CSIPersistentVolumeSource: controllerExpandSecretRef SecretReference, controllerPublishSecretRef SecretReference,
      driver! string, fsType string, nodeExpandSecretRef SecretReference, nodePublishSecretRef SecretReference,
      nodeStageSecretRef SecretReference, readOnly bool, volumeAttributes {string}, volumeHandle! string
    FlexPersistentVolumeSource: driver! string, fsType string, options {string}, readOnly bool, secretRef SecretReference
    GlusterfsPersistentVolumeSource: endpoints! string, endpointsNamespace string, path! string, readOnly bool
    ISCSIPersistentVolumeSource: chapAuthDiscovery bool, chapAuthSession bool, fsType string, initiatorName string,
      iqn! string, iscsiInterface string, lun! int32, portals [string], readOnly bool, secretRef SecretReference,
      targetPortal! string
    LocalVolumeSource: fsType string, path! string
    VolumeNodeAffinity: required NodeSelector
    RBDPersistentVolumeSource: fsType string, image! string, keyring string, monitors! [string], pool string,
      readOnly bool, secretRef SecretReference, user string
    ScaleIOPersistentVolumeSource: fsType string, gateway! string, protectionDomain string, readOnly bool,
      secretRef! SecretReference, sslEnabled bool, storageMode string, storagePool string, system! string,
      volumeName string
    StorageOSPersistentVolumeSource: fsType string, readOnly bool, secretRef ObjectReference, volumeName string,
      volumeNamespace string
    SecretReference: name string, namespace string
    ResourceQuotaSpec: hard {quantity}, scopeSelector ScopeSelector, scopes [string]
    ScopeSelector: matchExpressions [ScopedResourceSelectorRequirement]
    ScopedResourceSelectorRequirement: operator! string, scopeName! string, values [string]
    LimitRangeSpec: limits! [LimitRangeItem]
    LimitRangeItem: default {quantity}, defaultRequest {quantity}, max {quantity}, maxLimitRequestRatio {quantity},
      min {quantity}, type! string
    EndpointSubset: addresses [EndpointAddress], notReadyAddresses [EndpointAddress], ports [EndpointPort]
    EndpointAddress: hostname string, ip! string, nodeName string, targetRef ObjectReference
    EndpointPort: appProtocol string, name string, port! int32, protocol TCP|UDP|SCTP
    ReplicationControllerSpec: minReadySeconds int32, replicas int32, selector {string}, template PodTemplateSpec
    """#
}
