{{/* What the schema cannot see: every problem of the values at once, each with the key and the way out.  $ */}}
{{- define "postroad.checks" -}}
{{- $found := dict -}}
{{- range $name := include "postroad.serviceNames" $ | fromJsonArray -}}
{{- $s := include "postroad.service" (list $ $name) | fromJson -}}
{{- range $problem := include "postroad.problems" $s | fromJsonArray -}}
{{- $_ := set $found $problem (append (get $found $problem | default list) $name) -}}
{{- end -}}
{{- end -}}
{{- $lines := list -}}
{{- range $problem, $names := $found }}{{ $lines = append $lines (printf "\n  - %s  (services: %s)" $problem (join ", " $names)) }}{{ end -}}
{{- if and .Values.ingress.enabled (not .Values.ingress.host) }}{{ $lines = append $lines "\n  - ingress.host is empty: set it, or ingress.enabled=false" }}{{ end -}}
{{- range include "postroad.accessProblems" . | fromJsonArray }}{{ $lines = append $lines (printf "\n  - %s" .) }}{{ end -}}
{{- if $lines -}}
{{- fail (printf "\n\npostroad: these values cannot be installed:%s\n" (join "" $lines)) -}}
{{- end -}}
{{- end -}}

{{/* Problems of one service as a JSON list; equal ones of several services are told once. */}}
{{- define "postroad.problems" -}}
{{- $problems := list -}}
{{- if not (or .secretKey.value .secretKey.existingSecret) -}}
{{- $problems = append $problems "secretKey is missing: set defaults.secretKey.existingSecret or defaults.secretKey.value, or dev.enabled=true to try the chart out" -}}
{{- end -}}
{{- range $server := ternary (list "database" "broker") list .hasDatabase -}}
{{- range $part := list "host" "user" "password" -}}
{{- if include "postroad.isMissing" (list (get $ $server) $part) -}}
{{- $key := printf "defaults.%s" $server -}}
{{- $problems = append $problems (printf "%s.%s is missing: set %s.%s, or %s.existingSecret with %s.keys.%s, or %s.url (services.<name>.%s for one service), or dev.enabled=true for throw-away servers" $server $part $key $part $key $key $part $key $server) -}}
{{- end -}}
{{- end -}}
{{- end -}}
{{- range $role := .roles -}}
{{- $r := get $ $role -}}
{{- if and $r.hpa $r.keda $r.hpa.enabled $r.keda.enabled -}}
{{- $problems = append $problems (printf "services.<name>.%s.hpa.enabled and services.<name>.%s.keda.enabled are both true: two autoscalers would fight, turn one off" $role $role) -}}
{{- end -}}
{{- if and $r.hpa $r.hpa.enabled (not $r.hpa.cpu) (not $r.hpa.metrics) -}}
{{- $problems = append $problems (printf "services.<name>.%s.hpa has nothing to scale by: set %s.hpa.cpu or %s.hpa.metrics" $role $role $role) -}}
{{- end -}}
{{- with $r.keda -}}
{{- if and .enabled (not (or .rabbitmq.enabled .prometheus.enabled .triggers)) -}}
{{- $problems = append $problems (printf "services.<name>.%s.keda has nothing to scale by: set keda.rabbitmq.enabled, keda.prometheus.enabled or keda.triggers" $role) -}}
{{- end -}}
{{- if and .enabled .prometheus.enabled (not .prometheus.serverAddress) -}}
{{- $problems = append $problems (printf "services.<name>.%s.keda.prometheus.serverAddress is missing: set it, as http://prometheus.monitoring.svc:9090" $role) -}}
{{- end -}}
{{- end -}}
{{- end -}}
{{- toJson $problems -}}
{{- end -}}

{{/* "true" if neither a URL nor this part of a server is known.  (list $server "host") */}}
{{- define "postroad.isMissing" -}}
{{- $server := index . 0 -}}
{{- $part := index . 1 -}}
{{- if not (or $server.url (include "postroad.isMapped" (list $server "url")) (get $server $part) (include "postroad.isMapped" .)) }}true{{ end -}}
{{- end -}}
