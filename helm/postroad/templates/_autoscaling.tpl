{{/* Who decides on the number of pods. */}}

{{/* "hpa", "keda" or nothing, for a role's values. */}}
{{- define "postroad.autoscaler" -}}
{{- if and .hpa .hpa.enabled }}hpa{{ else if and .keda .keda.enabled }}keda{{ end -}}
{{- end -}}

{{/* Least number of pods of a role. */}}
{{- define "postroad.leastPods" -}}
{{- $by := include "postroad.autoscaler" . -}}
{{- if $by }}{{ (get . $by).minReplicas | toJson }}{{ else }}{{ .replicas | default 1 | toJson }}{{ end -}}
{{- end -}}

{{- define "postroad.scaleTarget" -}}
apiVersion: apps/v1
kind: Deployment
name: {{ . }}
{{- end -}}

{{/* KEDA's trigger on the management API: AMQP would count only what is not yet under way.  (list $ $service $keda) */}}
{{- define "postroad.rabbitmqTrigger" -}}
{{- $s := index . 1 -}}
{{- $rabbitmq := (index . 2).rabbitmq -}}
{{- $vhost := ternary "/" $s.broker.vhost (not $s.broker.vhost) -}}
- type: rabbitmq
  metadata:
    protocol: http
    {{- if or $rabbitmq.managementUrl $s.broker.host }}
    host: {{ printf "%s/" ($rabbitmq.managementUrl | default (printf "http://%s:15672" $s.broker.host) | trimSuffix "/") | quote }}
    {{- end }}
    vhostName: {{ $vhost | quote }}
    mode: QueueLength
    value: {{ include "postroad.text" $rabbitmq.messages | quote }}
    activationValue: "0"
    queueName: {{ $rabbitmq.queues | default (printf "^%s\\.(.*\\.)?([0-9]+|any)$" $s.name) | quote }}
    useRegex: "true"
    operation: sum
    pageSize: "100"
  authenticationRef: {name: {{ $s.fullname }}-worker}
{{- end -}}

{{/* KEDA's trigger on our own metric.  (list $ $service $keda) */}}
{{- define "postroad.prometheusTrigger" -}}
{{- $root := index . 0 -}}
{{- $s := index . 1 -}}
{{- $prometheus := (index . 2).prometheus -}}
{{- $query := include "postroad.series" $root | replace "}" (printf ",postroad_service=%q}" $s.slug) | printf "max(postroad_consumer_lag_seconds%s)" -}}
- type: prometheus
  metadata:
    serverAddress: {{ $prometheus.serverAddress | quote }}
    query: {{ $prometheus.query | default $query | quote }}
    threshold: {{ include "postroad.text" $prometheus.seconds | quote }}
    activationThreshold: "0"
    ignoreNullValues: "true"
{{- end -}}

{{/* Where KEDA takes the broker's user and password from: one Secret, the given one or ours.  (list $ $service) */}}
{{- define "postroad.brokerLogin" -}}
{{- $broker := (index . 1).broker -}}
{{- range $part := list "url" "user" "password" }}
{{- $parameter := get (dict "url" "host" "user" "username" "password" "password") $part }}
{{- if include "postroad.isMapped" (list $broker $part) }}
- {parameter: {{ $parameter }}, name: {{ $broker.existingSecret }}, key: {{ get $broker.keys $part }}}
{{- else if get $broker $part }}
- {parameter: {{ $parameter }}, name: {{ (index $ 1).fullname }}-worker, key: {{ $parameter }}}
{{- end }}
{{- end }}
{{- end -}}
