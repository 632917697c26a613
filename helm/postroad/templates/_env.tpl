{{/* Variables of processes.  Not: which process they go to, which is _pod.tpl. */}}

{{/* Data of a service's ConfigMap.  (list $ $service) */}}
{{- define "postroad.config" -}}
{{- $root := index . 0 -}}
{{- $s := index . 1 -}}
{{- $data := dict
  "POSTROAD_SERVICE" $s.name
  "LOG_LEVEL" $root.Values.log.level
  "LOG_FORMAT" $root.Values.log.format
  "POSTROAD_DISCOVERY" $root.Values.discovery.mode
-}}
{{- if ne $s.slug "registry" }}{{ $_ := set $data "POSTROAD_SIBLINGS" (include "postroad.once" (list $root "postroad.siblings")) }}{{ end -}}
{{- if has $s.slug (include "postroad.clusterServices" $root | fromJsonArray) -}}
{{- $_ := set $data "POSTROAD_CLUSTER_PAGE" "true" -}}
{{- $_ := set $data "POSTROAD_CLUSTER_RELEASE" $root.Release.Name -}}
{{- end -}}
{{- if eq $root.Values.discovery.mode "registry" -}}
{{- $registry := include "postroad.service" (list $root "registry") | fromJson -}}
{{- $_ := set $data "POSTROAD_REGISTRY_URL" (printf "http://%s:%v/eureka" $registry.fullname $registry.service.port) -}}
{{- else -}}
{{- $_ := set $data "POSTROAD_DNS_TEMPLATE" (printf "http://%s-{service}:80" (include "postroad.fullname" $root)) -}}
{{- with include "postroad.once" (list $root "postroad.addresses") }}{{ $_ := set $data "POSTROAD_ADDRESSES" . }}{{ end -}}
{{- end -}}
{{- $data = mergeOverwrite $data (include "postroad.accessConfig" . | fromYaml) -}}
{{- range $key, $value := $s.settings }}{{ $_ := set $data (printf "POSTROAD_%s" $key) (include "postroad.text" $value) }}{{ end -}}
{{- range $key, $value := $s.env }}{{ $_ := set $data $key (include "postroad.text" $value) }}{{ end -}}
{{- toYaml $data -}}
{{- end -}}

{{/* What the template of addresses cannot say: gRPC by headless Services, and Services of another port. */}}
{{- define "postroad.addresses" -}}
{{- $addresses := list -}}
{{- range $name := include "postroad.serviceNames" . | fromJsonArray -}}
{{- $s := include "postroad.service" (list $ $name) | fromJson -}}
{{- if ne (int $s.service.port) 80 }}{{ $addresses = append $addresses (printf "%s=http://%s:%v" $s.name $s.fullname $s.service.port) }}{{ end -}}
{{- if has "grpc" $s.roles }}{{ $addresses = append $addresses (printf "%s-grpc=%s://%s-grpc:9000" $s.name (ternary "https" "http" (ne $.Values.grpcTls.secret "")) $s.fullname) }}{{ end -}}
{{- end -}}
{{- join "," $addresses -}}
{{- end -}}

{{/* The services that answer for themselves, for the doctor: gateway and registry only pass on. */}}
{{- define "postroad.siblings" -}}
{{- $names := list -}}
{{- range $name := include "postroad.serviceNames" . | fromJsonArray -}}
{{- $s := include "postroad.service" (list $ $name) | fromJson -}}
{{- if and $s.hasDatabase (has "web" $s.roles) }}{{ $names = append $names $s.name }}{{ end -}}
{{- end -}}
{{- join "," $names -}}
{{- end -}}

{{/* The services that may look at the cluster, with hyphens. */}}
{{- define "postroad.clusterServices" -}}
{{- $slugs := list -}}
{{- range .Values.clusterAccess.services }}{{ $slugs = append $slugs (replace "_" "-" .) }}{{ end -}}
{{- toJson $slugs -}}
{{- end -}}

{{/* Data of the Secret that the chart makes for a service; empty if all secrets are given.  (list $ $service) */}}
{{- define "postroad.secrets" -}}
{{- $s := index . 1 -}}
{{- $data := dict -}}
{{- if not $s.secretKey.existingSecret }}{{ $_ := set $data "secret-key" $s.secretKey.value }}{{ end -}}
{{- if $s.hasDatabase -}}
{{- range $server := list "database" "broker" -}}
{{- range $part := list "url" "password" -}}
{{- $values := get $s $server -}}
{{- if and (get $values $part) (not (include "postroad.isMapped" (list $values $part))) -}}
{{- $_ := set $data (printf "%s-%s" $server $part) (get $values $part) -}}
{{- end -}}
{{- end -}}
{{- end -}}
{{- end -}}
{{- include "postroad.secretData" $data -}}
{{- end -}}

{{/* "true" if a part of a server comes from its existingSecret.  (list $server "password") */}}
{{- define "postroad.isMapped" -}}
{{- $server := index . 0 -}}
{{- if and $server.existingSecret (get $server.keys (index . 1)) }}true{{ end -}}
{{- end -}}

{{/* Variables that say where a server is and how to log in.  (dict "service" $s "server" "database" "parts" (list …)) */}}
{{- define "postroad.serverEnv" -}}
{{- $values := get .service .server -}}
{{- $secrets := list "url" "password" -}}
{{- $isUrl := or $values.url (include "postroad.isMapped" (list $values "url")) -}}
{{- range $part := ternary (list "url") .parts (not (not $isUrl)) }}
{{- if include "postroad.isMapped" (list $values $part) }}
- name: {{ printf "%s_%s" $.server $part | upper }}
  valueFrom: {secretKeyRef: {name: {{ $values.existingSecret }}, key: {{ get $values.keys $part | quote }}}}
{{- else if and (has $part $secrets) (get $values $part) }}
- name: {{ printf "%s_%s" $.server $part | upper }}
  valueFrom: {secretKeyRef: {name: {{ $.service.fullname }}, key: {{ $.server }}-{{ $part }}}}
{{- else if get $values $part }}
- name: {{ printf "%s_%s" $.server $part | upper }}
  value: {{ include "postroad.text" (get $values $part) | quote }}
{{- end }}
{{- end }}
{{- end -}}

{{/* The env list that all containers of a service share.  (list $ $service) */}}
{{- define "postroad.sharedEnv" -}}
{{- $root := index . 0 -}}
{{- $s := index . 1 -}}
{{- if eq $root.Values.discovery.mode "registry" }}
- name: POD_IP
  valueFrom: {fieldRef: {fieldPath: status.podIP}}
{{- end }}
- name: ALLOWED_HOSTS
  value: {{ include "postroad.hosts" . | quote }}
- name: SECRET_KEY
  valueFrom: {secretKeyRef: {name: {{ $s.secretKey.existingSecret | default $s.fullname }}, key: {{ ternary $s.secretKey.key "secret-key" (ne $s.secretKey.existingSecret "") }}}}
{{- if $s.hasDatabase }}
{{- include "postroad.serverEnv" (dict "service" $s "server" "database" "parts" (list "host" "port" "name" "user" "password" "options")) }}
{{- include "postroad.serverEnv" (dict "service" $s "server" "broker" "parts" (list "host" "port" "vhost" "tls" "user" "password")) }}
{{- end }}
{{- include "postroad.accessEnv" . }}
{{- with $s.extraEnv }}
{{ toYaml . }}
{{- end }}
{{- end -}}

{{/* Host names a service answers to: its own in all lengths, those for people, and its address if a registry tells that. */}}
{{- define "postroad.hosts" -}}
{{- $root := index . 0 -}}
{{- $short := (index . 1).fullname -}}
{{- $long := printf "%s.%s" $short $root.Release.Namespace -}}
{{- $hosts := list "localhost" "127.0.0.1" $short $long (printf "%s.svc" $long) (printf "%s.svc.%s" $long $root.Values.clusterDomain) -}}
{{- $hosts = concat $hosts $root.Values.allowedHosts -}}
{{- if $root.Values.ingress.enabled }}{{ $hosts = append $hosts $root.Values.ingress.host }}{{ end -}}
{{- if $root.Values.httpRoute.enabled }}{{ $hosts = concat $hosts $root.Values.httpRoute.hostnames }}{{ end -}}
{{- if eq $root.Values.discovery.mode "registry" }}{{ $hosts = append $hosts "$(POD_IP)" }}{{ end -}}
{{- $hosts | uniq | join "," -}}
{{- end -}}

{{/* Variables of one role.  (dict "root" $ "s" $service "role" "web" "r" $role) */}}
{{- define "postroad.roleEnv" -}}
{{- if eq .role "web" }}
- name: WEB_THREADS
  value: {{ .r.threads | toJson | quote }}
- name: WEB_GRACE_SECONDS
  value: {{ sub (int .r.terminationGracePeriodSeconds) 15 | max 1 | quote }}
- name: POSTROAD_DRAIN_FILE
  value: /run/postroad/draining
{{- if .root.Values.tour.enabled }}
- name: TOUR
  value: "true"
{{- end }}
{{- end }}
- name: POSTROAD_METRICS_PORT
  value: "9100"
{{- if eq .role "grpc" }}
- name: GRPC_HOST
  value: 0.0.0.0
- name: GRPC_PORT
  value: "9000"
{{- end }}
{{- if has .role (list "worker" "relay") }}
- name: POSTROAD_HEARTBEAT_FILE
  value: /run/postroad/alive
{{- end }}
{{- range $key, $value := .r.env }}
- name: {{ $key }}
  value: {{ include "postroad.text" $value | quote }}
{{- end }}
{{- end -}}
