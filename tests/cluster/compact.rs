//! What is read in protobuf is what JSON would have said, to the last field.

use crate::fault::{Fault, Proxy, Rule};
use crate::harness::Cluster;
use crate::wire::Address;
use std::collections::BTreeMap;
use std::io::Read;

/// The rows of the table that the program has.
const TABLE: &str = include_str!("../../src/sources/cluster/protobuf/fields.tsv");

/// Workloads and a Service with as many fields as an API server takes, the empty ones and zeros that mean something too.
const OBJECTS: &str = r#"
apiVersion: apps/v1
kind: Deployment
metadata:
  name: otel-everything
  namespace: compact
  labels: {app: everything, empty: ""}
  annotations: {note: "üñí <b>&</b>", empty: ""}
  finalizers: [example.com/kept]
spec:
  replicas: 0
  paused: true
  minReadySeconds: 3
  revisionHistoryLimit: 0
  progressDeadlineSeconds: 30
  strategy: {rollingUpdate: {maxSurge: 25%, maxUnavailable: 0}}
  selector:
    matchLabels: {app: everything}
    matchExpressions: [{key: app, operator: In, values: [everything, ""]}, {key: app, operator: Exists}]
  template:
    metadata: {labels: {app: everything}, annotations: {sidecar.opentelemetry.io/inject: "false"}}
    spec:
      serviceAccountName: default
      automountServiceAccountToken: false
      hostNetwork: false
      shareProcessNamespace: false
      enableServiceLinks: false
      setHostnameAsFQDN: false
      terminationGracePeriodSeconds: 30
      dnsPolicy: None
      dnsConfig: {nameservers: [10.0.0.10], searches: [svc.cluster.local], options: [{name: ndots, value: "5"}, {name: edns0}]}
      hostAliases: [{ip: 10.0.0.1, hostnames: [a.example.com]}]
      hostname: h
      subdomain: s
      nodeSelector: {kubernetes.io/os: linux}
      priorityClassName: ""
      imagePullSecrets: [{name: pull}]
      readinessGates: [{conditionType: example.com/ready}]
      os: {name: linux}
      overhead: {}
      schedulerName: other
      tolerations: [{operator: Exists}, {key: a, operator: Equal, value: "", effect: NoExecute, tolerationSeconds: 0}]
      topologySpreadConstraints: [{maxSkew: 1, topologyKey: zone, whenUnsatisfiable: ScheduleAnyway, labelSelector: {matchLabels: {app: everything}}, minDomains: null, matchLabelKeys: [pod-template-hash]}]
      affinity:
        nodeAffinity:
          requiredDuringSchedulingIgnoredDuringExecution: {nodeSelectorTerms: [{matchExpressions: [{key: x, operator: NotIn, values: [a]}], matchFields: [{key: metadata.name, operator: In, values: [node-1]}]}]}
          preferredDuringSchedulingIgnoredDuringExecution: [{weight: 7, preference: {matchExpressions: [{key: x, operator: Exists}]}}]
        podAffinity: {preferredDuringSchedulingIgnoredDuringExecution: [{weight: 1, podAffinityTerm: {topologyKey: zone, labelSelector: {}, namespaceSelector: {}, namespaces: [a]}}]}
        podAntiAffinity: {requiredDuringSchedulingIgnoredDuringExecution: [{topologyKey: zone}]}
      securityContext: {runAsUser: 0, runAsGroup: 10001, runAsNonRoot: false, fsGroup: 0, supplementalGroups: [0, 5], fsGroupChangePolicy: Always, sysctls: [{name: net.ipv4.tcp_syncookies, value: "0"}], seccompProfile: {type: Localhost, localhostProfile: p}, seLinuxOptions: {level: "s0:c1"}}
      initContainers:
      - {name: sidecar, image: "otel/opentelemetry-collector:0.128.0", restartPolicy: Always, startupProbe: {tcpSocket: {port: 4317, host: h}, failureThreshold: 3}}
      - {name: first, image: busybox, command: [sh, -c, "echo <>&"], args: [""]}
      containers:
      - name: app
        image: registry.example.com/app:1
        imagePullPolicy: Never
        workingDir: /srv
        tty: true
        stdin: true
        stdinOnce: true
        terminationMessagePath: /dev/end
        terminationMessagePolicy: FallbackToLogsOnError
        ports: [{containerPort: 4317, name: grpc}, {containerPort: 4318, hostPort: 4318, protocol: UDP, hostIP: 10.0.0.1}]
        envFrom: [{prefix: P_, configMapRef: {name: c, optional: false}}, {secretRef: {name: s, optional: true}}, {configMapRef: {name: d}}]
        env:
        - {name: OTEL_EXPORTER_OTLP_ENDPOINT, value: "http://collector:4317"}
        - {name: EMPTY, value: ""}
        - {name: NODE_IP, valueFrom: {fieldRef: {fieldPath: status.hostIP}}}
        - {name: CPU, valueFrom: {resourceFieldRef: {resource: limits.cpu, divisor: 1m}}}
        - {name: MEMORY, valueFrom: {resourceFieldRef: {containerName: app, resource: limits.memory}}}
        - {name: KEY, valueFrom: {configMapKeyRef: {name: c, key: k, optional: false}}}
        - {name: TOKEN, valueFrom: {secretKeyRef: {name: s, key: k}}}
        resources: {limits: {cpu: 1500m, memory: 1Gi, ephemeral-storage: "0"}, requests: {cpu: "0.1", memory: 128974848}, claims: []}
        volumeMounts: [{name: config, mountPath: /etc/a, subPath: a.yaml, readOnly: true}, {name: data, mountPath: /data, subPathExpr: $(NODE_IP), mountPropagation: None}]
        volumeDevices: [{name: block, devicePath: /dev/x}]
        livenessProbe: {httpGet: {path: /, port: 13133, scheme: HTTPS, host: h, httpHeaders: [{name: X-A, value: ""}]}, initialDelaySeconds: 1, timeoutSeconds: 2, periodSeconds: 3, successThreshold: 1, failureThreshold: 5, terminationGracePeriodSeconds: 9}
        readinessProbe: {grpc: {port: 4317, service: ""}}
        startupProbe: {exec: {command: [/bin/true]}}
        lifecycle: {preStop: {sleep: {seconds: 0}}, postStart: {exec: {command: [x]}}}
        securityContext: {privileged: false, allowPrivilegeEscalation: false, readOnlyRootFilesystem: true, capabilities: {add: [NET_ADMIN], drop: [ALL]}, procMount: Default, runAsUser: -0}
      volumes:
      - {name: config, configMap: {name: c, defaultMode: 0, items: [{key: a.yaml, path: a.yaml, mode: 256}, {key: b, path: b}], optional: false}}
      - {name: data, emptyDir: {medium: Memory, sizeLimit: 1500Mi}}
      - {name: empty, emptyDir: {}}
      - {name: secret, secret: {secretName: s, optional: true}}
      - {name: host, hostPath: {path: /var/log, type: ""}}
      - {name: claim, persistentVolumeClaim: {claimName: p, readOnly: true}}
      - {name: block, persistentVolumeClaim: {claimName: b}}
      - {name: image, image: {reference: "registry.example.com/agent:1", pullPolicy: IfNotPresent}}
      - {name: nfs, nfs: {server: nfs.example.com, path: /}}
      - {name: csi, csi: {driver: d, volumeAttributes: {b: "2", a: "1"}, nodePublishSecretRef: {name: s}}}
      - {name: down, downwardAPI: {items: [{path: labels, fieldRef: {fieldPath: metadata.labels}}]}}
      - {name: made, ephemeral: {volumeClaimTemplate: {spec: {accessModes: [ReadWriteOnce], resources: {requests: {storage: 1Gi}}, storageClassName: ""}}}}
      - name: projected
        projected:
          defaultMode: 420
          sources:
          - {configMap: {name: c, items: [{key: a, path: b}]}}
          - {secret: {name: s}}
          - {serviceAccountToken: {path: token, audience: tempo, expirationSeconds: 3600}}
          - {downwardAPI: {items: [{path: cpu, resourceFieldRef: {containerName: app, resource: limits.cpu}}]}}
---
apiVersion: apps/v1
kind: StatefulSet
metadata: {name: tempo-everything, namespace: compact}
spec:
  serviceName: ""
  replicas: 0
  podManagementPolicy: Parallel
  persistentVolumeClaimRetentionPolicy: {whenDeleted: Delete, whenScaled: Retain}
  ordinals: {start: 0}
  updateStrategy: {type: RollingUpdate, rollingUpdate: {partition: 0, maxUnavailable: 1}}
  selector: {matchLabels: {app: tempo}}
  template:
    metadata: {labels: {app: tempo}}
    spec: {containers: [{name: tempo, image: "grafana/tempo:2.9.0", args: [-config.file=/conf/tempo.yaml, -mem-ballast-size-mbs=0]}]}
  volumeClaimTemplates: [{metadata: {name: data, annotations: {a: ""}}, spec: {accessModes: [ReadWriteOnce], volumeMode: Filesystem, resources: {requests: {storage: 10Gi}}, selector: {matchLabels: {a: b}}, dataSource: {kind: PersistentVolumeClaim, name: x}}}]
---
apiVersion: apps/v1
kind: DaemonSet
metadata: {name: otel-agent-everything, namespace: compact}
spec:
  updateStrategy: {type: OnDelete}
  selector: {matchLabels: {app: agent}}
  template:
    metadata: {labels: {app: agent}}
    spec: {nodeSelector: {no: such}, hostNetwork: true, hostPID: true, hostIPC: true, containers: [{name: agent, image: "otel/opentelemetry-collector-k8s:0.128.0", ports: [{containerPort: 4317, hostPort: 4317}]}]}
---
apiVersion: v1
kind: Service
metadata: {name: otel-everything, namespace: compact}
spec:
  type: LoadBalancer
  selector: {app: everything}
  sessionAffinity: ClientIP
  sessionAffinityConfig: {clientIP: {timeoutSeconds: 60}}
  externalTrafficPolicy: Local
  internalTrafficPolicy: Local
  publishNotReadyAddresses: true
  allocateLoadBalancerNodePorts: false
  ipFamilyPolicy: PreferDualStack
  externalIPs: [192.0.2.1]
  loadBalancerSourceRanges: [192.0.2.0/24]
  loadBalancerClass: example.com/lb
  ports: [{name: grpc, port: 4317, targetPort: grpc, appProtocol: kubernetes.io/h2c}, {name: udp, port: 4318, targetPort: 4318, protocol: UDP}]
---
apiVersion: v1
kind: Service
metadata: {name: otel-elsewhere, namespace: compact}
spec: {type: ExternalName, externalName: collector.example.com}
---
apiVersion: v1
kind: Service
metadata: {name: otel-headless, namespace: compact}
spec: {clusterIP: None, ports: [{port: 4317}]}
"#;

/// Takes a bundle through a proxy; its entries but for the one that tells when it was taken.
fn captured(cluster: &Cluster, name: &str, rule: Rule) -> BTreeMap<String, String> {
    let proxy = Proxy::start(Address::new(cluster.port, &cluster.path("ca.crt")), rule);
    let kubeconfig = cluster.kubeconfig("admin", &proxy.server);
    let file = cluster.file(&format!("{name}.tar.gz"));
    let program = assert_cmd::cargo::cargo_bin("tracedoctor");
    let output = std::process::Command::new(program)
        .args(["capture", "-n", "compact", "--to", &file, "--kubeconfig"])
        .arg(&kubeconfig)
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    let bytes = std::fs::File::open(&file).unwrap_or_else(|error| panic!("{error}: {said}"));
    let mut archive = tar::Archive::new(flate2::read::GzDecoder::new(bytes));
    let entries = archive.entries().unwrap().map(|entry| {
        let mut entry = entry.unwrap();
        let path = entry.path().unwrap().to_string_lossy().into_owned();
        let mut text = String::new();
        entry.read_to_string(&mut text).unwrap();
        (path, text)
    });
    entries.filter(|(path, _)| !path.ends_with("bundle.json")).collect()
}

/// The table is that of the API, and the same objects come out of both forms.
pub(crate) fn protobuf_is_json(cluster: &Cluster) {
    let fields = std::process::Command::new(&cluster.program)
        .arg("fields")
        .output()
        .unwrap();
    assert_eq!(
        String::from_utf8_lossy(&fields.stdout),
        TABLE,
        "`kube fields` prints src/sources/cluster/protobuf/fields.tsv"
    );
    cluster.namespaces(&["compact"]);
    cluster.apply(OBJECTS);
    cluster.wait_for("the objects to be at rest", |cluster| {
        let generation = |kind: &str, name: &str| {
            let path = "{.metadata.generation}={.status.observedGeneration}";
            cluster
                .kubectl(&["get", "-n", "compact", kind, name, "-o", &format!("jsonpath={path}")])
                .stdout
        };
        generation("deployment", "otel-everything") == "1=1"
            && generation("statefulset", "tempo-everything") == "1=1"
            && generation("daemonset", "otel-agent-everything") == "1=1"
    });
    let compact = captured(cluster, "compact", |_, _| None);
    let json = captured(cluster, "json", |_, _| Some(Fault::OnlyJson));
    assert!(
        compact.values().any(|text| text.contains("kubernetes.io/h2c")),
        "the objects are in the bundle: {:?}",
        compact.keys()
    );
    for (path, text) in &json {
        // Protobuf has no kind in an object within another.
        let text = &text.replace(
            "- kind: PersistentVolumeClaim\n    apiVersion: v1\n    metadata:",
            "- metadata:",
        );
        let other = compact.get(path).unwrap_or_else(|| panic!("{path} is missing"));
        for (one, other) in text.lines().zip(other.lines()) {
            assert_eq!(one, other, "{path}: JSON on the left, protobuf on the right");
        }
        assert_eq!(text, other, "{path}");
    }
    assert_eq!(json.len(), compact.len());
}
