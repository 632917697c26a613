{{/* What the schema cannot see: every problem of the values at once, each with the key and the way out.  $ */}}
{{- define "postroad.checks" -}}
{{- $problems := list -}}
{{- range $name := include "postroad.serviceNames" $ | fromJsonArray -}}
{{- $s := include "postroad.service" (list $ $name) | fromJson -}}
{{- if not (or $s.secretKey.value $s.secretKey.existingSecret) -}}
{{- $problems = append $problems (printf "services.%s has no SECRET_KEY: set defaults.secretKey.existingSecret (or .value), or services.%s.secretKey" $name $name) -}}
{{- end -}}
{{- if $s.hasDatabase -}}
{{- range $server := list "database" "broker" -}}
{{- with include "postroad.serverProblem" (get $s $server) -}}
{{- $problems = append $problems (printf "services.%s.%s %s: set defaults.%s.host with .user and .password, .url or .existingSecret (or the same of services.%s.%s), or dev.enabled=true for throw-away servers" $name $server . $server $name $server) -}}
{{- end -}}
{{- end -}}
{{- end -}}
{{- range $role := $s.roles -}}
{{- $r := get $s $role -}}
{{- if and $r.hpa $r.keda $r.hpa.enabled $r.keda.enabled -}}
{{- $problems = append $problems (printf "services.%s.%s.hpa.enabled and services.%s.%s.keda.enabled are both true: two autoscalers would fight, turn one off" $name $role $name $role) -}}
{{- end -}}
{{- end -}}
{{- end -}}
{{- if $problems -}}
{{- fail (printf "\n\npostroad: these values cannot be installed:\n  - %s\n" (join "\n  - " $problems)) -}}
{{- end -}}
{{- end -}}

{{/* What is missing at a database or broker; nothing if it can be reached. */}}
{{- define "postroad.serverProblem" -}}
{{- $hasUrl := or .url (include "postroad.isMapped" (list . "url")) -}}
{{- if not $hasUrl -}}
{{- if not (or .host (include "postroad.isMapped" (list . "host"))) -}}
has no host
{{- else if not (or .user (include "postroad.isMapped" (list . "user"))) -}}
has no user
{{- else if not (or .password (include "postroad.isMapped" (list . "password"))) -}}
has no password
{{- end -}}
{{- end -}}
{{- end -}}
