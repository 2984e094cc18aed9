# syntax=docker/dockerfile:1
FROM python:3.11-slim

# PyTorch's CPU build; the default one, for NVIDIA's GPUs: --build-arg TORCH_INDEX=https://pypi.org/simple
ARG TORCH_INDEX=https://download.pytorch.org/whl/cpu

ENV PYTHONUNBUFFERED=1 \
    PYTHONDONTWRITEBYTECODE=1 \
    PIP_NO_CACHE_DIR=1 \
    PIP_DISABLE_PIP_VERSION_CHECK=1 \
    SMOLVLM_DATA_DIR=/data \
    HF_HOME=/data/huggingface \
    PORT=7860

# All that is written goes to /data: mount a volume there. (VOLUME would say so, and have Railway refuse the image.)
# 1000 is the user of Spaces, too. All wheels bring their libraries: no apt package is needed.
RUN useradd --uid 1000 --create-home app && install --directory --owner=app --group=app /data
WORKDIR /app

COPY requirements.txt ./
RUN grep '^torch' requirements.txt | xargs pip install --index-url "$TORCH_INDEX" \
    && pip install -r requirements.txt

COPY LICENSE NOTICE app.py ./
COPY smolvlm_core ./smolvlm_core
RUN python -m smolvlm_core.models.fetch --data-dir /opt/highlights
ENV SMOLVLM_POSE_DIR=/opt/highlights/models/pose

USER app
EXPOSE 7860
HEALTHCHECK --interval=30s --timeout=5s --start-period=60s \
    CMD ["python", "-c", "import os, urllib.request as r; r.urlopen('http://127.0.0.1:' + os.environ['PORT'] + '/health', timeout=4)"]
CMD ["python", "app.py"]
