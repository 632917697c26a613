{{/*
The migration Job's spec; its digest is part of the Job's name, so that whatever changes here makes a new Job.
It needs no ServiceAccount: as a hook it runs before one exists.  (list $ $service)
*/}}
{{- define "postroad.migrationsTemplate" -}}
{{- $root := index . 0 -}}
{{- $s := index . 1 -}}
backoffLimit: {{ toJson $s.migrations.backoffLimit }}
{{- if not (kindIs "invalid" $s.migrations.ttlSecondsAfterFinished) }}
ttlSecondsAfterFinished: {{ toJson $s.migrations.ttlSecondsAfterFinished }}
{{- end }}
template:
  metadata:
    labels:
      {{- include "postroad.selector" (dict "root" $root "service" $s.slug "role" "migrations") | nindent 6 }}
      {{- with $s.pod.labels }}
      {{- toYaml . | nindent 6 }}
      {{- end }}
    annotations:
      {{- include "postroad.checksums" . | nindent 6 }}
      {{- if not $root.Values.admin.existingSecret }}
      checksum/admin: {{ include "postroad.adminPassword" $root | sha256sum }}
      {{- end }}
      {{- with $s.pod.annotations }}
      {{- toYaml . | nindent 6 }}
      {{- end }}
  spec:
    automountServiceAccountToken: false
    {{- include "postroad.podBase" (list $root 10001) | nindent 4 }}
    restartPolicy: Never
    {{- include "postroad.scheduling" (list $s.pod "") | nindent 4 }}
    initContainers:
      - name: wait-for-servers
        {{- include "postroad.container" . | nindent 8 }}
        command: {{ list "python" "-c" ($root.Files.Get "files/wait_for_servers.py") ($s.migrations.waitSeconds | toJson) | toJson }}
        env:
          {{- include "postroad.migrationsEnv" . | nindent 10 }}
        resources:
          {{- toYaml $s.migrations.resources | nindent 10 }}
    containers:
      - name: migrate
        {{- include "postroad.container" . | nindent 8 }}
        command: [python, manage.py, prepare_service]
        env:
          {{- include "postroad.migrationsEnv" . | nindent 10 }}
          {{- include "postroad.adminEnv" $root | nindent 10 }}
        resources:
          {{- toYaml $s.migrations.resources | nindent 10 }}
        volumeMounts:
          - {name: tmp, mountPath: /tmp}
          {{- with $s.pod.extraVolumeMounts }}
          {{- toYaml . | nindent 10 }}
          {{- end }}
    volumes:
      - {name: tmp, emptyDir: {}}
      {{- with $s.pod.extraVolumes }}
      {{- toYaml . | nindent 6 }}
      {{- end }}
{{- end -}}

{{- define "postroad.migrationsEnv" -}}
{{- include "postroad.sharedEnv" . }}
{{- with (index . 1).migrations.extraEnv }}
{{ toYaml . }}
{{- end }}
{{- end -}}

{{/* The administrator's password that the chart knows; empty if none. */}}
{{- define "postroad.adminPassword" -}}
{{- if not .Values.admin.existingSecret -}}
{{- .Values.admin.password | default (ternary .Values.dev.adminPassword "" .Values.dev.enabled) -}}
{{- end -}}
{{- end -}}
