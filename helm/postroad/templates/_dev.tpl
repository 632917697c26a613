{{/* The volume of a server of dev mode, deleted with its StatefulSet.  (list $ "1Gi") */}}
{{- define "postroad.devClaim" -}}
- apiVersion: v1
  kind: PersistentVolumeClaim
  metadata: {name: data}
  spec:
    accessModes: [ReadWriteOnce]
    {{- with (index . 0).Values.dev.storageClass }}
    storageClassName: {{ . }}
    {{- end }}
    resources: {requests: {storage: {{ index . 1 }}}}
{{- end -}}
