{{/* How metrics are read; each series gets the labels postroad_release, postroad_service and postroad_role. */}}
{{- define "postroad.scrape" -}}
path: /metrics
interval: {{ .Values.monitoring.monitors.interval }}
relabelings:
  - {sourceLabels: [__meta_kubernetes_pod_label_app_kubernetes_io_instance], targetLabel: postroad_release}
  - {sourceLabels: [__meta_kubernetes_pod_label_postroad_dev_service], targetLabel: postroad_service}
  - {sourceLabels: [__meta_kubernetes_pod_label_app_kubernetes_io_component], targetLabel: postroad_role}
  {{- with .Values.monitoring.monitors.relabelings }}
  {{- toYaml . | nindent 2 }}
  {{- end }}
{{- end -}}

{{/* Labels of this release's own series in a query. */}}
{{- define "postroad.series" -}}
{namespace={{ .Release.Namespace | quote }},postroad_release={{ .Release.Name | quote }}}
{{- end -}}
