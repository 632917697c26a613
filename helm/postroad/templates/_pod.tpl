{{/* What pods and containers of the image have in common.  Not: what a role runs, which is _probes.tpl. */}}

{{/* Pod Security "restricted" for a pod that runs as a user.  uid */}}
{{- define "postroad.podSecurity" -}}
runAsNonRoot: true
runAsUser: {{ . }}
runAsGroup: {{ . }}
fsGroup: {{ . }}
fsGroupChangePolicy: OnRootMismatch
seccompProfile: {type: RuntimeDefault}
{{- end -}}

{{- define "postroad.containerSecurity" -}}
allowPrivilegeEscalation: false
readOnlyRootFilesystem: true
runAsNonRoot: true
capabilities: {drop: [ALL]}
seccompProfile: {type: RuntimeDefault}
{{- end -}}

{{/* Lines that every pod spec of the chart has.  (list $ 10001) */}}
{{- define "postroad.podBase" -}}
enableServiceLinks: false
securityContext:
  {{- include "postroad.podSecurity" (index . 1) | nindent 2 }}
{{- with (index . 0).Values.global.imagePullSecrets }}
imagePullSecrets:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- end -}}

{{/* Where pods may run, and how names are looked up.  (list $pod $selector-yaml or "") */}}
{{- define "postroad.scheduling" -}}
{{- $pod := index . 0 -}}
{{- $selector := index . 1 -}}
{{- with $pod.dnsConfig }}
dnsConfig:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with $pod.priorityClassName }}
priorityClassName: {{ . }}
{{- end }}
{{- with $pod.nodeSelector }}
nodeSelector:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with $pod.tolerations }}
tolerations:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- if $pod.affinity }}
affinity:
  {{- toYaml $pod.affinity | nindent 2 }}
{{- else if $selector }}
affinity:
  podAntiAffinity:
    preferredDuringSchedulingIgnoredDuringExecution:
      - weight: 1
        podAffinityTerm:
          topologyKey: kubernetes.io/hostname
          labelSelector:
            matchLabels:
              {{- $selector | nindent 14 }}
{{- end }}
{{- if $pod.topologySpreadConstraints }}
topologySpreadConstraints:
  {{- toYaml $pod.topologySpreadConstraints | nindent 2 }}
{{- else if $selector }}
topologySpreadConstraints:
{{- range $key := list "topology.kubernetes.io/zone" "kubernetes.io/hostname" }}
  - maxSkew: 1
    topologyKey: {{ $key }}
    whenUnsatisfiable: ScheduleAnyway
    labelSelector:
      matchLabels:
        {{- $selector | nindent 8 }}
{{- end }}
{{- end }}
{{- end -}}

{{/* Lines that every container of our image has.  (list $ $service) */}}
{{- define "postroad.container" -}}
{{- $root := index . 0 -}}
{{- $s := index . 1 -}}
image: {{ include "postroad.image" (list $root $s.image) | quote }}
imagePullPolicy: {{ $s.image.pullPolicy | default $root.Values.image.pullPolicy }}
securityContext:
  {{- include "postroad.containerSecurity" . | nindent 2 }}
envFrom:
  - configMapRef: {name: {{ $s.fullname }}}
  {{- with $s.envFrom }}
  {{- toYaml . | nindent 2 }}
  {{- end }}
{{- end -}}

{{/* The init container that waits for migrations, or makes them (mode init).  (list $ $service $role) */}}
{{- define "postroad.migrationsContainer" -}}
{{- $s := index . 1 -}}
{{- $isMaker := eq $s.migrations.mode "init" -}}
- name: {{ ternary "migrate" "wait-for-migrations" $isMaker }}
  {{- include "postroad.container" . | nindent 2 }}
  {{- if $isMaker }}
  command: [python, manage.py, prepare_service]
  {{- else }}
  command: [python, -m, postroad.schema.wait, --seconds, {{ $s.migrations.waitSeconds | toJson | quote }}]
  {{- end }}
  env:
    {{- include "postroad.sharedEnv" . | nindent 4 }}
    {{- if $isMaker }}
    {{- include "postroad.adminEnv" (index . 0) | nindent 4 }}
    {{- end }}
  resources:
    {{- toYaml $s.migrations.resources | nindent 4 }}
  volumeMounts:
    - {name: tmp, mountPath: /tmp}
    {{- with (index . 2).pod.extraVolumeMounts }}
    {{- toYaml . | nindent 4 }}
    {{- end }}
{{- end -}}

{{/* Variables of whoever makes the administrator. */}}
{{- define "postroad.adminEnv" -}}
{{- if or .Values.admin.existingSecret .Values.admin.password .Values.dev.enabled }}
- name: ADMIN_USER
  value: {{ .Values.admin.username | quote }}
- name: ADMIN_PASSWORD
  valueFrom: {secretKeyRef: {name: {{ include "postroad.adminSecret" . }}, key: {{ ternary .Values.admin.key "password" (ne .Values.admin.existingSecret "") }}}}
{{- end }}
{{- end -}}

{{- define "postroad.adminSecret" -}}
{{- .Values.admin.existingSecret | default (printf "%s-admin" (include "postroad.fullname" .)) -}}
{{- end -}}

{{- define "postroad.serviceAccount" -}}
{{- .serviceAccount.existing | default .fullname -}}
{{- end -}}

{{/* Digests of what the chart's own objects say, so that a change of them renews the pods.  (list $ $service) */}}
{{- define "postroad.checksums" -}}
checksum/config: {{ include "postroad.config" . | sha256sum }}
checksum/secret: {{ include "postroad.secrets" . | sha256sum }}
{{- with include "postroad.accessChecksum" (index . 0) }}
checksum/access: {{ . }}
{{- end }}
{{- end -}}
