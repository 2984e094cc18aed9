"""Counters for Prometheus, one registry an app. Knows the service's load, nothing about requests' content."""

import re
from collections.abc import Iterator
from contextlib import contextmanager

from prometheus_client import CollectorRegistry, Counter, Histogram, generate_latest
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from smolvlm_core.domain import ModelState
from smolvlm_core.errors import SmolVLMError
from smolvlm_core.jobs.service import JobService

LATENCY_BUCKETS_S = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 60, 600)
ID_AT_END = re.compile(r"/[0-9a-fA-F-]{36}$")
ID_LABEL = re.compile(r"\{[a-z_]+\}")
OTHER = "other"
METHODS = {"GET", "POST", "DELETE", "HEAD", "OPTIONS"}


class ServiceCollector(Collector):
    """The service's load, read when the metrics are."""

    def __init__(self, service: JobService) -> None:
        self._service = service

    def collect(self) -> Iterator[Metric]:
        load = self._service.load()
        tasks = GaugeMetricFamily("smolvlm_tasks", "Analyses queued or running now.", labels=["state"])
        tasks.add_metric(["queued"], load.queued)
        tasks.add_metric(["running"], load.running)
        yield tasks
        yield GaugeMetricFamily("smolvlm_sessions", "Sessions kept.", value=load.sessions)
        yield GaugeMetricFamily(
            "smolvlm_disk_used_bytes", "Disk space of the sessions.", value=load.disk_used_bytes
        )
        ready = self._service.model_status().state is ModelState.READY
        yield GaugeMetricFamily("smolvlm_model_ready", "1 when the model is loaded.", value=float(ready))


class Metrics:
    """What this app counts. ``operations`` are the paths, without ids, that get a label of their own."""

    def __init__(self, service: JobService, operations: frozenset[str]) -> None:
        self._operations = operations
        self._registry = CollectorRegistry()
        self._registry.register(ServiceCollector(service))
        self._uploads = Counter(
            "smolvlm_uploads",
            "Uploads by outcome: stored, or the code of the error.",
            ["outcome"],
            registry=self._registry,
        )
        self._started = Counter(
            "smolvlm_tasks_started", "Analyses queued through REST.", ["analysis_type"], registry=self._registry
        )
        self._seconds = Histogram(
            "smolvlm_request_seconds",
            "Time until a response was sent.",
            ["method", "operation", "status"],
            buckets=LATENCY_BUCKETS_S,
            registry=self._registry,
        )

    @contextmanager
    def counted_upload(self) -> Iterator[None]:
        """Count the upload inside by its outcome."""
        outcome = "broken_off"
        try:
            yield
            outcome = "stored"
        except SmolVLMError as error:
            outcome = error.code
            raise
        finally:
            self._uploads.labels(outcome).inc()

    def started(self, analysis_type: str) -> None:
        """Count an analysis."""
        self._started.labels(analysis_type).inc()

    def request(self, method: str, path: str, status: int, took_s: float) -> None:
        """Count a request under its operation; unknown paths share one label, so labels stay few."""
        operation = ID_AT_END.sub("/{id}", path)
        known = operation if operation in self._operations else OTHER
        method = method if method in METHODS else OTHER
        self._seconds.labels(method, known, str(status)).observe(took_s)

    def text(self) -> bytes:
        """All of it in Prometheus' text format."""
        return generate_latest(self._registry)
