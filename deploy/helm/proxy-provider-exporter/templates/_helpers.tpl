{{- define "exporter.name" -}}
{{- if contains .Chart.Name .Release.Name -}}
{{ .Release.Name | trunc 52 | trimSuffix "-" }}
{{- else -}}
{{ printf "%s-%s" .Release.Name .Chart.Name | trunc 52 | trimSuffix "-" }}
{{- end -}}
{{- end -}}

{{- define "exporter.selector" -}}
app.kubernetes.io/name: {{ .Chart.Name }}
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end -}}

{{- define "exporter.labels" -}}
{{ include "exporter.selector" . }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
helm.sh/chart: {{ .Chart.Name }}-{{ .Chart.Version }}
{{- end -}}

{{- define "exporter.image" -}}
{{- if .Values.image.digest -}}
{{ .Values.image.repository }}@{{ .Values.image.digest }}
{{- else -}}
{{ .Values.image.repository }}:{{ .Values.image.tag | default .Chart.AppVersion }}
{{- end -}}
{{- end -}}

{{- define "exporter.keys" -}}
{{ .Values.existingSecret | default (include "exporter.name" .) }}
{{- end -}}

{{- define "exporter.hasKeys" -}}
{{- if and (not .Values.demo) (or .Values.existingSecret .Values.keys) -}}true{{- end -}}
{{- end -}}

{{- define "exporter.storage" -}}
{{- if and .Values.storage.enabled (not .Values.demo) -}}true{{- end -}}
{{- end -}}

{{/* No probe has a password, so one that would need it only connects. */}}
{{- define "exporter.probe" -}}
{{- if .root.Values.webConfig.existingSecret -}}
tcpSocket: {port: metrics}
{{- else -}}
httpGet: {path: {{ .path }}, port: metrics}
{{- end -}}
{{- end -}}
