{{/* Commands, ports and probes of the roles.  Liveness never asks a database or a broker. */}}

{{/* The command of a role, as JSON; exec form, so that signals reach the program.  (dict "s" $service "role" "web" "r" $role) */}}
{{- define "postroad.command" -}}
{{- $commands := dict
  "worker" (list "celery" "-A" "config" "worker" "-n" (printf "%s@%%h" .s.name) "-c" (.r.concurrency | default 1 | toJson))
  "web" (list "python" "-m" "config.web")
  "relay" (list "python" "manage.py" "relay")
  "grpc" (list "python" "manage.py" "grpc")
-}}
{{- .r.command | default (get $commands .role) | toJson -}}
{{- end -}}

{{- define "postroad.ports" -}}
{{- if eq .role "web" -}}
- {name: http, containerPort: 8000}
{{ else if eq .role "grpc" -}}
- {name: grpc, containerPort: 9000}
{{ end -}}
- {name: metrics, containerPort: 9100}
{{- end -}}

{{/* Five minutes to start; then the process alone decides on liveness, and only web and grpc can be unready. */}}
{{- define "postroad.probes" -}}
{{- if eq .role "web" -}}
startupProbe:
  httpGet: {path: /livez, port: http}
  periodSeconds: 3
  timeoutSeconds: 5
  failureThreshold: 100
livenessProbe:
  httpGet: {path: /livez, port: http}
  periodSeconds: 10
  timeoutSeconds: 5
  failureThreshold: 6
readinessProbe:
  httpGet: {path: /readyz, port: http}
  periodSeconds: 5
  timeoutSeconds: 5
  failureThreshold: 3
{{- else if eq .role "grpc" -}}
startupProbe:
  {{- include "postroad.grpcProbe" . | nindent 2 }}
  periodSeconds: 3
  timeoutSeconds: 5
  failureThreshold: 100
livenessProbe:
  tcpSocket: {port: grpc}
  periodSeconds: 10
  timeoutSeconds: 5
  failureThreshold: 6
readinessProbe:
  {{- include "postroad.grpcProbe" . | nindent 2 }}
  periodSeconds: 5
  timeoutSeconds: 5
  failureThreshold: 3
{{- else -}}
startupProbe:
  exec: {command: {{ include "postroad.heartbeat" . }}}
  periodSeconds: 5
  timeoutSeconds: 5
  failureThreshold: 60
livenessProbe:
  exec: {command: {{ include "postroad.heartbeat" . }}}
  periodSeconds: 20
  timeoutSeconds: 5
  failureThreshold: 2
{{- end -}}
{{- end -}}

{{/* Kubernetes asks for health by gRPC in clear text only. */}}
{{- define "postroad.grpcProbe" -}}
{{- if .root.Values.grpcTls.secret }}tcpSocket: {port: grpc}{{ else }}grpc: {port: 9000}{{ end -}}
{{- end -}}

{{/* Succeeds if the heartbeat file is young; starts neither Python nor Django.  Asked seldom: it costs the node 0.1 s of a core. */}}
{{- define "postroad.heartbeat" -}}
{{- list "sh" "-c" (printf "test -n \"$(find /run/postroad/alive -newermt '-%d seconds')\"" (int .r.heartbeatSeconds)) | toJson -}}
{{- end -}}

{{/* Requests that are on their way when the pod leaves the Service still arrive; kept connections end with an answer. */}}
{{- define "postroad.lifecycle" -}}
{{- if eq .role "web" -}}
lifecycle:
  preStop: {exec: {command: [sh, -c, touch /run/postroad/draining && sleep 5]}}
{{- else if eq .role "grpc" -}}
lifecycle:
  preStop: {exec: {command: [sleep, "5"]}}
{{- end -}}
{{- end -}}
