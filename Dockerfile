# One image, three commands: web, worker, beat (docker-compose.yml).
FROM python:3.11-slim-bookworm

ENV PYTHONUNBUFFERED=1 PYTHONUTF8=1 PIP_DISABLE_PIP_VERSION_CHECK=1 \
    DJANGO_SETTINGS_MODULE=config.settings.production DATA_DIR=/data

WORKDIR /app
COPY requirements/run.txt requirements/run.txt
RUN pip install --no-cache-dir --require-hashes -r requirements/run.txt

COPY . .
RUN useradd --system --uid 990 qingling && mkdir -p /data/var && chown -R qingling /data
USER qingling
VOLUME /data
EXPOSE 8000
CMD ["python", "-m", "config.web"]
