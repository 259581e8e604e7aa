# One image for every process: `docker run IMAGE eer serve --bind 0.0.0.0:8080`, `… smp serve …`.
# No default command: which process a container is, the deployment says.

FROM python:3.12-slim AS build
WORKDIR /source
COPY constraints.txt setup.cfg pyproject.toml README.md LICENSE ./
RUN pip install --no-cache-dir -c constraints.txt setuptools
COPY eer eer
COPY smp smp
COPY sync sync
RUN pip wheel --no-cache-dir --no-build-isolation --no-deps --wheel-dir /wheels .
RUN python -m venv --without-pip /opt/register \
    && pip --python /opt/register/bin/python install --no-cache-dir -c constraints.txt \
        "$(ls /wheels/*.whl)[postgres,fast]"

FROM python:3.12-slim
LABEL org.opencontainers.image.title="EHMI Endpoint Register and SMP publisher" \
      org.opencontainers.image.licenses="Apache-2.0"
COPY --from=build /opt/register /opt/register
RUN useradd --system --uid 10001 --create-home --home-dir /home/register register
ENV PATH=/opt/register/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    PYTHONDONTWRITEBYTECODE=1
WORKDIR /home/register
USER 10001

# HEALTH_URL says which process this is; without one, the register's. Keys and settings come in as
# mounted files and environment variables: nothing secret is in a layer.
HEALTHCHECK --interval=30s --timeout=5s --start-period=20s --retries=3 \
    CMD ["python", "-c", "import os, urllib.request; urllib.request.urlopen(os.environ.get('HEALTH_URL', 'http://127.0.0.1:8080/health'), timeout=4)"]
