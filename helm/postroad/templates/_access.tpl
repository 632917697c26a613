{{/* Who may call: what the gateway, the services behind it and the registry are told.  Not: who may reach a pod. */}}

{{/* Lines of a service's ConfigMap on who may call; the registry has a password of its own.  (list $ $service) */}}
{{- define "postroad.accessConfig" -}}
{{- $gateway := (index . 0).Values.gateway -}}
{{- $data := dict -}}
{{- if and $gateway.auth (ne (index . 1).slug "registry") -}}
{{- $_ := set $data "GATEWAY_AUTH" $gateway.auth -}}
{{- if eq $gateway.auth "oidc" -}}
{{- $_ := set $data "GATEWAY_OIDC_ISSUER" $gateway.oidc.issuer -}}
{{- $_ := set $data "GATEWAY_OIDC_AUDIENCE" $gateway.oidc.audience -}}
{{- $_ := set $data "GATEWAY_OIDC_JWKS_URL" $gateway.oidc.jwksUrl -}}
{{- $_ := set $data "GATEWAY_OIDC_ROLES_CLAIM" $gateway.oidc.rolesClaim -}}
{{- $_ := set $data "GATEWAY_OIDC_CONSUMER_CLAIM" $gateway.oidc.consumerClaim -}}
{{- end -}}
{{- end -}}
{{- toYaml $data -}}
{{- end -}}

{{/* Entries of the env list on who may call, from Secrets.  (list $ $service) */}}
{{- define "postroad.accessEnv" -}}
{{- $root := index . 0 -}}
{{- $slug := (index . 1).slug -}}
{{- if and (eq $root.Values.gateway.auth "api_key") (ne $slug "registry") }}
{{- include "postroad.accessEntry" (list $root "GATEWAY_TOKEN_SECRET" "token-secret" $root.Values.gateway.tokenSecret) }}
{{- if eq $slug "gateway" }}
{{- include "postroad.accessEntry" (list $root "GATEWAY_API_KEYS" "api-keys" $root.Values.gateway.apiKeys) }}
{{- end }}
{{- end }}
{{- $password := $root.Values.discovery.registryPassword -}}
{{- if and (eq $root.Values.discovery.mode "registry") (or $password.asked (ne $slug "registry")) }}
{{- include "postroad.accessEntry" (list $root "POSTROAD_REGISTRY_PASSWORD" "registry-password" $password) }}
{{- end }}
{{- end -}}

{{/* One such entry.  (list $ "VARIABLE" "key of the chart's Secret" $secret-of-the-values) */}}
{{- define "postroad.accessEntry" -}}
{{- $secret := index . 3 }}
- name: {{ index . 1 }}
  valueFrom: {secretKeyRef: {name: {{ $secret.existingSecret | default (include "postroad.accessSecret" (index . 0)) }}, key: {{ ternary $secret.key (index . 2) (ne $secret.existingSecret "") }}}}
{{- end -}}

{{- define "postroad.accessSecret" -}}
{{- printf "%s-access" (include "postroad.fullname" .) -}}
{{- end -}}

{{/*
Data of the Secret that the chart makes for all this; empty if it makes none.  What no value says is generated at the
first install and taken from the cluster after that.
*/}}
{{- define "postroad.accessData" -}}
{{- $data := dict -}}
{{- if eq .Values.gateway.auth "api_key" -}}
{{- if not .Values.gateway.apiKeys.existingSecret }}{{ $_ := set $data "api-keys" .Values.gateway.apiKeys.value }}{{ end -}}
{{- if not .Values.gateway.tokenSecret.existingSecret -}}
{{- $_ := set $data "token-secret" (.Values.gateway.tokenSecret.value | default (include "postroad.kept" (list . "token-secret"))) -}}
{{- end -}}
{{- end -}}
{{- $password := .Values.discovery.registryPassword -}}
{{- if and (eq .Values.discovery.mode "registry") (not $password.existingSecret) -}}
{{- $_ := set $data "registry-password" ($password.value | default (include "postroad.kept" (list . "registry-password"))) -}}
{{- end -}}
{{- include "postroad.secretData" $data -}}
{{- end -}}

{{/* The key of the chart's Secret as the cluster has it, or a new random text.  (list $ "key") */}}
{{- define "postroad.kept" -}}
{{- $root := index . 0 -}}
{{- $found := lookup "v1" "Secret" $root.Release.Namespace (include "postroad.accessSecret" $root) -}}
{{- with get (get ($found | default dict) "data" | default dict) (index . 1) }}{{ . | b64dec }}{{ else }}{{ randAlphaNum 48 }}{{ end -}}
{{- end -}}

{{/* Digest of the secrets that values say, so that a change of them renews the pods. */}}
{{- define "postroad.accessChecksum" -}}
{{- $texts := list .Values.gateway.apiKeys.value .Values.gateway.tokenSecret.value .Values.discovery.registryPassword.value | compact -}}
{{- if $texts }}{{ $texts | toJson | sha256sum }}{{ end -}}
{{- end -}}

{{/* Variables of TLS between gRPC servers and callers.  (dict "root" $ "role" "grpc") */}}
{{- define "postroad.grpcTlsEnv" -}}
{{- if .root.Values.grpcTls.secret }}
{{- if eq .role "grpc" }}
- name: POSTROAD_GRPC_TLS_CERTIFICATE
  value: /etc/postroad/grpc-tls/tls.crt
- name: POSTROAD_GRPC_TLS_KEY
  value: /etc/postroad/grpc-tls/tls.key
{{- else }}
- name: POSTROAD_GRPC_TLS_CA
  value: /etc/postroad/grpc-tls/ca.crt
{{- end }}
{{- end }}
{{- end -}}

{{- define "postroad.grpcTlsMount" -}}
{{- if .root.Values.grpcTls.secret }}
- {name: grpc-tls, mountPath: /etc/postroad/grpc-tls, readOnly: true}
{{- end }}
{{- end -}}

{{/* A server has its certificate and key, a caller whom it trusts and no key.  (dict "root" $ "s" $service "role" "grpc") */}}
{{- define "postroad.grpcTlsVolume" -}}
{{- with .root.Values.grpcTls.secret }}
- name: grpc-tls
  secret:
    defaultMode: 0440
    {{- if eq $.role "grpc" }}
    secretName: {{ tpl . (dict "service" $.s.slug "Template" $.root.Template) }}
    {{- else }}
    secretName: {{ $.root.Values.grpcTls.caSecret | default . }}
    items: [{key: ca.crt, path: ca.crt}]
    {{- end }}
{{- end }}
{{- end -}}

{{/* Port at which the issuer's keys are. */}}
{{- define "postroad.issuerPort" -}}
{{- $url := urlParse .Values.gateway.oidc.jwksUrl -}}
{{- regexFind "[0-9]+$" (regexFind ":[0-9]+$" $url.host) | default (ternary "80" "443" (eq $url.scheme "http")) -}}
{{- end -}}

{{/* What is wrong with who may call, as a JSON list of lines.  $ */}}
{{- define "postroad.accessProblems" -}}
{{- $found := list -}}
{{- $gateway := .Values.gateway -}}
{{- $service := include "postroad.service" (list . "gateway") | fromJson -}}
{{- $isOpen := or .Values.ingress.enabled .Values.httpRoute.enabled (has $service.service.type (list "NodePort" "LoadBalancer")) -}}
{{- if and $service.enabled $isOpen (not $gateway.auth) -}}
{{- $found = append $found "gateway.auth is not said, and an ingress, httpRoute or Service leads to the gateway from outside: set gateway.auth=oidc or gateway.auth=api_key, or gateway.auth=none to let whoever reaches it see and change everybody's orders" -}}
{{- end -}}
{{- if eq $gateway.auth "oidc" -}}
{{- range $key := list "issuer" "audience" "jwksUrl" -}}
{{- if not (get $gateway.oidc $key) }}{{ $found = append $found (printf "gateway.oidc.%s is empty: set it, as gateway.auth is oidc" $key) }}{{ end -}}
{{- end -}}
{{- end -}}
{{- if and (eq $gateway.auth "api_key") (not (or $gateway.apiKeys.value $gateway.apiKeys.existingSecret)) -}}
{{- $found = append $found "gateway.apiKeys is empty: set gateway.apiKeys.existingSecret or gateway.apiKeys.value, as gateway.auth is api_key" -}}
{{- end -}}
{{- if and (contains "{{" .Values.grpcTls.secret) (not .Values.grpcTls.caSecret) -}}
{{- $found = append $found "grpcTls.caSecret is empty: set it, as grpcTls.secret is a Secret of each service" -}}
{{- end -}}
{{- toJson $found -}}
{{- end -}}
