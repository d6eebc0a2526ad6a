# `maskclf serve` in a container, without PyTorch, without a root user, and with nothing to write but feedback:
#
#     docker build -t maskclf .
#     docker run --rm -p 8000:8000 --read-only --tmpfs /tmp -v feedback:/data maskclf
#     docker run --rm -p 8000:8000 --read-only --tmpfs /tmp -v "$PWD/my-model:/model:ro" -e MASKCLF_TOKEN maskclf /model
#
# The first `run` serves the model that comes with maskclf, the second one yours, for those who know the token.
FROM python:3.12-slim AS build
WORKDIR /source
COPY setup.py settings.ini pyproject.toml README.md LICENSE NOTICE ./
COPY maskclf maskclf
RUN python -m venv /opt/maskclf && MASKCLF_INSTALL=use /opt/maskclf/bin/pip install --no-cache-dir '.[app]'

FROM python:3.12-slim
COPY --from=build /opt/maskclf /opt/maskclf
RUN useradd --uid 10001 --create-home maskclf && install --directory --owner maskclf /data
ENV PATH=/opt/maskclf/bin:$PATH PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1
USER 10001
EXPOSE 8000
VOLUME /data
HEALTHCHECK --interval=30s --timeout=5s --start-period=30s \
    CMD ["python", "-c", "import urllib.request; urllib.request.urlopen('http://127.0.0.1:8000/v2/health/live', timeout=4)"]
ENTRYPOINT ["maskclf", "serve", "--host", "0.0.0.0", "--db", "/data/feedback.db"]
