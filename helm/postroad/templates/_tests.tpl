{{/*
A pod of `helm test` that runs one command as a service would.
(dict "root" $ "s" $service "test" "doctor" "command" (list …) "env" (dict …))
*/}}
{{- define "postroad.testPod" -}}
apiVersion: v1
kind: Pod
metadata:
  name: {{ .s.fullname }}-test-{{ .test }}
  labels:
    {{- include "postroad.roleLabels" (dict "root" .root "service" .s.slug "role" "test") | nindent 4 }}
  annotations:
    helm.sh/hook: test
    helm.sh/hook-delete-policy: before-hook-creation{{ if not .root.Values.tests.keepPods }},hook-succeeded{{ end }}
spec:
  restartPolicy: Never
  activeDeadlineSeconds: {{ toJson .root.Values.tests.deadlineSeconds }}
  automountServiceAccountToken: false
  {{- include "postroad.podBase" (list .root 10001) | nindent 2 }}
  {{- include "postroad.scheduling" (list .s.pod "") | nindent 2 }}
  containers:
    - name: {{ .test }}
      {{- include "postroad.container" (list .root .s) | nindent 6 }}
      command: {{ toJson .command }}
      env:
        {{- include "postroad.sharedEnv" (list .root .s) | nindent 8 }}
        {{- range $key, $value := .env }}
        - {name: {{ $key }}, value: {{ $value | quote }}}
        {{- end }}
      resources:
        {{- toYaml .s.migrations.resources | nindent 8 }}
      volumeMounts:
        - {name: tmp, mountPath: /tmp}
        {{- with .s.pod.extraVolumeMounts }}
        {{- toYaml . | nindent 8 }}
        {{- end }}
  volumes:
    - {name: tmp, emptyDir: {}}
    {{- with .s.pod.extraVolumes }}
    {{- toYaml . | nindent 4 }}
    {{- end }}
{{- end -}}

{{/* Asks /readyz through the Service's name, then lets the doctor look at everything else. */}}
{{- define "postroad.testScript" -}}
import subprocess, sys, urllib.request
print(urllib.request.urlopen(sys.argv[1], timeout=10).read().decode(), flush=True)
sys.exit(subprocess.call([sys.executable, "manage.py", "doctor"]))
{{- end -}}
