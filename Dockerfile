# syntax=docker/dockerfile:1

# Both stages have Python 3.13 on Debian 13, so that compiled wheels fit. Tags move with security
# updates; which digests went into a release is in its provenance.
FROM python:3.13-slim-trixie AS build
WORKDIR /src
COPY pyproject.toml README.md LICENSE ./
COPY exporter exporter
RUN pip install --no-cache-dir --target=/app . && mkdir /state

FROM gcr.io/distroless/python3-debian13:nonroot
ARG VERSION=dev
ARG REVISION=
ARG CREATED=
ARG SOURCE=
LABEL org.opencontainers.image.title="proxy-provider-exporter" \
      org.opencontainers.image.description="Prometheus exporter for the usage, quota and health of commercial proxy accounts" \
      org.opencontainers.image.licenses="MIT" \
      org.opencontainers.image.source="${SOURCE}" \
      org.opencontainers.image.version="${VERSION}" \
      org.opencontainers.image.revision="${REVISION}" \
      org.opencontainers.image.created="${CREATED}"
ENV PYTHONPATH=/app \
    PYTHONSAFEPATH=1 \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1 \
    PROXY_PROVIDER_EXPORTER_REVISION="${REVISION}"
COPY --from=build /app /app
COPY --from=build --chown=65532:65532 /state /var/lib/proxy-provider-exporter
USER 65532:65532
VOLUME /var/lib/proxy-provider-exporter
EXPOSE 10190
HEALTHCHECK --interval=30s --timeout=5s --start-period=10s \
    CMD ["/usr/bin/python3", "-c", "import urllib.request as r; r.urlopen('http://127.0.0.1:10190/-/healthy', timeout=4)"]
ENTRYPOINT ["/usr/bin/python3", "-m", "exporter"]
CMD ["--storage.path=/var/lib/proxy-provider-exporter/state.db"]
