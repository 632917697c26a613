{{/*
The volume of a server of dev mode, deleted with the release.  A claim of its own: what a StatefulSet's template of claims
says is completed by the API server, so that each `kubectl apply` would find something to change.
(list $ $own "name" "1Gi")
*/}}
{{- define "postroad.devClaim" -}}
apiVersion: v1
kind: PersistentVolumeClaim
metadata:
  name: {{ index . 2 }}
  labels:
    {{- include "postroad.roleLabels" (index . 1) | nindent 4 }}
spec:
  accessModes: [ReadWriteOnce]
  {{- with (index . 0).Values.dev.storageClass }}
  storageClassName: {{ . }}
  {{- end }}
  resources: {requests: {storage: {{ index . 3 }}}}
{{- end -}}
