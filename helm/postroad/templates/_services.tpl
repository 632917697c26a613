{{/* What is in force for one service.  Not: how it becomes objects. */}}

{{/*
One service as JSON: defaults, the service's own values over them, and
  name (order_history), slug (order-history), fullname, roles (of its Deployments), hasJob, database and broker filled in.
Made once: the answer is kept beside the release's own facts, since nearly every object asks for it.  (list $ "order_history")
*/}}
{{- define "postroad.service" -}}
{{- $root := index . 0 -}}
{{- $name := index . 1 -}}
{{- $key := printf "postroad/%s" $name -}}
{{- if not (hasKey $root.Release $key) }}{{ $_ := set $root.Release $key (include "postroad.makeService" .) }}{{ end -}}
{{- get $root.Release $key -}}
{{- end -}}

{{- define "postroad.makeService" -}}
{{- $root := index . 0 -}}
{{- $name := index . 1 -}}
{{- $slug := $name | replace "_" "-" -}}
{{- $s := mergeOverwrite (deepCopy $root.Values.defaults) (deepCopy (get $root.Values.services $name | default dict)) -}}
{{- $_ := set $s "name" ($name | replace "-" "_") -}}
{{- $_ := set $s "slug" $slug -}}
{{- $_ := set $s "fullname" (printf "%s-%s" (include "postroad.fullname" $root) $slug) -}}
{{- if eq $slug "registry" }}{{ $_ := set $s "enabled" (and $s.enabled (eq $root.Values.discovery.mode "registry")) }}{{ end -}}
{{- $roles := list -}}
{{- range $role := ternary (list "web" "worker" "relay" "grpc") (list "web") $s.hasDatabase -}}
{{- if and $s.enabled (get $s $role).enabled }}{{ $roles = append $roles $role }}{{ end -}}
{{- end -}}
{{- $_ := set $s "roles" $roles -}}
{{- $_ := set $s "hasJob" (and $s.enabled $s.hasDatabase (has $s.migrations.mode (list "job" "hook"))) -}}
{{- $_ := set $s.secretKey "existingSecret" (tpl $s.secretKey.existingSecret (dict "service" $slug "Template" $root.Template)) -}}
{{- $_ := set $s "database" (include "postroad.database" (list $root $s) | fromJson) -}}
{{- $_ := set $s "broker" (include "postroad.broker" (list $root $s) | fromJson) -}}
{{- if and $root.Values.dev.enabled (not (or $s.secretKey.value $s.secretKey.existingSecret)) -}}
{{- $_ := set $s.secretKey "value" $root.Values.dev.secretKey -}}
{{- end -}}
{{- toJson $s -}}
{{- end -}}

{{/*
What a template makes of the root: made once, and kept like a service, since nearly every object asks for it.
(list $ "postroad.makeServiceNames")
*/}}
{{- define "postroad.once" -}}
{{- $root := index . 0 -}}
{{- $template := index . 1 -}}
{{- if not (hasKey $root.Release $template) }}{{ $_ := set $root.Release $template (include $template $root) }}{{ end -}}
{{- get $root.Release $template -}}
{{- end -}}

{{/* Names of the services that run, in one order.  $ */}}
{{- define "postroad.serviceNames" }}{{ include "postroad.once" (list . "postroad.makeServiceNames") }}{{ end -}}

{{- define "postroad.makeServiceNames" -}}
{{- $names := list -}}
{{- range $name, $_ := .Values.services -}}
{{- if (include "postroad.service" (list $ $name) | fromJson).enabled }}{{ $names = append $names $name }}{{ end -}}
{{- end -}}
{{- toJson $names -}}
{{- end -}}

{{/* The values of a service's role, its `pod` merged over the service's.  (list $service "web") */}}
{{- define "postroad.role" -}}
{{- $s := index . 0 -}}
{{- $role := deepCopy (get $s (index . 1)) -}}
{{- $_ := set $role "pod" (mergeOverwrite (deepCopy $s.pod) $role.pod) -}}
{{- toJson $role -}}
{{- end -}}

{{- define "postroad.database" -}}
{{- $root := index . 0 -}}
{{- $s := index . 1 -}}
{{- $database := deepCopy $s.database -}}
{{- $_ := set $database "existingSecret" (tpl $database.existingSecret (dict "service" $s.slug "Template" $root.Template)) -}}
{{- if and $root.Values.dev.enabled (not (or $database.url $database.host $database.existingSecret)) -}}
{{- $_ := set $database "host" (printf "%s-postgresql" (include "postroad.fullname" $root)) -}}
{{- $_ := set $database "user" "postroad" -}}
{{- $_ := set $database "password" $root.Values.dev.postgresql.password -}}
{{- end -}}
{{- $_ := set $database "name" ($database.name | default $s.name) -}}
{{- toJson $database -}}
{{- end -}}

{{- define "postroad.broker" -}}
{{- $root := index . 0 -}}
{{- $s := index . 1 -}}
{{- $broker := deepCopy $s.broker -}}
{{- $_ := set $broker "existingSecret" (tpl $broker.existingSecret (dict "service" $s.slug "Template" $root.Template)) -}}
{{- if and $root.Values.dev.enabled (not (or $broker.url $broker.host $broker.existingSecret)) -}}
{{- $_ := set $broker "host" (printf "%s-rabbitmq" (include "postroad.fullname" $root)) -}}
{{- $_ := set $broker "user" "postroad" -}}
{{- $_ := set $broker "password" $root.Values.dev.rabbitmq.password -}}
{{- end -}}
{{- toJson $broker -}}
{{- end -}}
