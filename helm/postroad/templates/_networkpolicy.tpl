{{/* Rules of traffic.  Not: for whom, which is networkpolicy.yaml. */}}

{{/* Every pod of this release. */}}
{{- define "postroad.ownPods" -}}
podSelector:
  matchLabels:
    app.kubernetes.io/name: {{ include "postroad.name" . }}
    app.kubernetes.io/instance: {{ .Release.Name }}
{{- end -}}

{{/* One rule: peers, or everyone, at some ports.  (list "from" $peers (list 8000 9000)) */}}
{{- define "postroad.trafficRule" -}}
{{- $peers := index . 1 -}}
- ports:
    {{- range index . 2 }}
    - {protocol: TCP, port: {{ . }}}
    {{- end }}
  {{- with $peers }}
  {{ index $ 0 }}:
    {{- toYaml . | nindent 4 }}
  {{- end }}
{{- end -}}

{{/* Ports of a server of all services: the given one, else the usual.  (list $ "broker" (list 5671 5672)) */}}
{{- define "postroad.serverPorts" -}}
{{- $ports := list -}}
{{- range $name := include "postroad.serviceNames" (index . 0) | fromJsonArray -}}
{{- $s := include "postroad.service" (list (index $ 0) $name) | fromJson -}}
{{- if $s.hasDatabase }}{{ $ports = concat $ports (list (get $s (index $ 1)).port | compact | default (index $ 2)) }}{{ end -}}
{{- end -}}
{{- $ports | uniq | toJson -}}
{{- end -}}

{{- define "postroad.dnsRule" -}}
- ports:
    - {protocol: UDP, port: 53}
    - {protocol: TCP, port: 53}
{{- end -}}
