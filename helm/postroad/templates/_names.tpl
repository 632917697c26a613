{{/* Names, labels and images.  Not: what stands in a pod. */}}

{{/* First part of every name; at most 25 characters, so that the longest suffix fits into 63. */}}
{{- define "postroad.fullname" -}}
{{- $name := .Values.fullnameOverride | default .Release.Name -}}
{{- if gt (len $name) 25 -}}
{{- printf "%s-%s" ($name | trunc 18 | trimSuffix "-") (sha256sum $name | trunc 6) -}}
{{- else -}}
{{- $name -}}
{{- end -}}
{{- end -}}

{{- define "postroad.name" -}}
{{- .Values.nameOverride | default .Chart.Name | trunc 63 | trimSuffix "-" -}}
{{- end -}}

{{/* What a selector may say; it can never change.  (dict "root" $ "service" "orders" "role" "web") */}}
{{- define "postroad.selector" -}}
app.kubernetes.io/name: {{ include "postroad.name" .root }}
app.kubernetes.io/instance: {{ .root.Release.Name }}
app.kubernetes.io/component: {{ .role }}
postroad.dev/service: {{ .service }}
{{- end -}}

{{/* Labels of an object that belongs to the whole release. */}}
{{- define "postroad.labels" -}}
app.kubernetes.io/name: {{ include "postroad.name" . }}
app.kubernetes.io/instance: {{ .Release.Name }}
{{ include "postroad.origin" . }}
{{- end -}}

{{/* Labels of an object that belongs to one role of one service; arguments as of postroad.selector. */}}
{{- define "postroad.roleLabels" -}}
{{ include "postroad.selector" . }}
{{ include "postroad.origin" .root }}
{{- end -}}

{{- define "postroad.origin" -}}
app.kubernetes.io/part-of: postroad
app.kubernetes.io/managed-by: {{ .Release.Service }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version | replace "+" "_" | trunc 63 | trimSuffix "-" }}
{{- with .Values.commonLabels }}
{{ toYaml . }}
{{- end }}
{{- end -}}

{{/* The line `annotations:` of an object.  (list $ (dict …)) */}}
{{- define "postroad.annotations" -}}
{{- with mergeOverwrite (deepCopy (index . 0).Values.commonAnnotations) (index . 1 | default dict) }}
annotations:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- end -}}

{{/* The image of a service.  (list $ .image-of-service) */}}
{{- define "postroad.image" -}}
{{- $root := index . 0 -}}
{{- $image := mergeOverwrite (deepCopy $root.Values.image) (deepCopy (index . 1)) -}}
{{- $registry := $root.Values.global.imageRegistry | default $image.registry -}}
{{- $path := ternary (printf "%s/%s" $registry $image.repository) $image.repository (ne $registry "") -}}
{{- if $image.digest -}}
{{- printf "%s@%s" $path $image.digest -}}
{{- else -}}
{{- printf "%s:%s" $path ($image.tag | default $root.Chart.AppVersion) -}}
{{- end -}}
{{- end -}}

{{/* The image of a server of dev mode.  (list $ "postgres:17") */}}
{{- define "postroad.devImage" -}}
{{- with (index . 0).Values.global.imageRegistry }}{{ . }}/{{ end }}{{ index . 1 }}
{{- end -}}

{{/*
Data of a Secret.  Not stringData: there a key that is gone would stay in the cluster, and every apply would be a change.
(dict "password" "…")
*/}}
{{- define "postroad.secretData" -}}
{{- range $key, $value := . }}
{{ $key }}: {{ $value | b64enc | quote }}
{{- end }}
{{- end -}}

{{/* Text of a value: numbers never as 1e+06. */}}
{{- define "postroad.text" -}}
{{- if kindIs "string" . }}{{ . }}{{ else }}{{ toJson . }}{{ end -}}
{{- end -}}
