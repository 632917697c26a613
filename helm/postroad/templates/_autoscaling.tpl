{{/* Who decides on the number of pods. */}}

{{/* "hpa", "keda" or nothing, for a role's values. */}}
{{- define "postroad.autoscaler" -}}
{{- if and .hpa .hpa.enabled }}hpa{{ else if and .keda .keda.enabled }}keda{{ end -}}
{{- end -}}
