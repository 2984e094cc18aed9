"""The OpenAPI document: complete enough that a client can be generated from it."""

from collections.abc import Iterator
from typing import Any

import pytest
from fastapi import FastAPI

DOCUMENTED = {
    ("post", "/api/v1/video/upload"),
    ("post", "/api/v1/video/analyze/{session_id}"),
    ("get", "/api/v1/video/progress/{session_id}"),
    ("get", "/api/v1/video/estimate/{session_id}"),
    ("get", "/api/v1/video/results/{session_id}"),
    ("patch", "/api/v1/video/results/{session_id}"),
    ("post", "/api/v1/video/recut/{session_id}"),
    ("post", "/api/v1/video/cancel/{session_id}"),
    ("delete", "/api/v1/video/session/{session_id}"),
    ("get", "/api/v1/video/events/{session_id}"),
    ("get", "/api/v1/video/chart/{session_id}/{set_number}"),
    ("get", "/api/v1/video/export/{session_id}"),
    ("get", "/api/v1/video/clips/{session_id}"),
    ("get", "/api/v1/video/clips/{session_id}/{highlight_id}"),
    ("get", "/api/v1/video/reel/{session_id}"),
    ("post", "/api/v1/video/preview/{session_id}"),
    ("get", "/api/v1/video/preview/{session_id}"),
    ("get", "/api/v1/video/thumbnail/{session_id}"),
    ("post", "/analyze/highlights"),
    ("post", "/analyze/workout"),
    ("post", "/api/analyze/highlights"),
    ("post", "/api/analyze/workout"),
    ("get", "/health"),
    ("get", "/api/health"),
    ("get", "/ready"),
    ("get", "/metrics"),
}


@pytest.fixture
def document(api: FastAPI) -> dict[str, Any]:
    return api.openapi()


def operations(document: dict[str, Any]) -> Iterator[tuple[str, str, dict[str, Any]]]:
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            yield method, path, operation


def references(node: object) -> Iterator[str]:
    if isinstance(node, dict):
        if isinstance(node.get("$ref"), str):
            yield node["$ref"]
        for value in node.values():
            yield from references(value)
    elif isinstance(node, list):
        for value in node:
            yield from references(value)


def resolve(document: dict[str, Any], schema: dict[str, Any]) -> dict[str, Any]:
    if "$ref" in schema:
        found: dict[str, Any] = document["components"]["schemas"][schema["$ref"].rsplit("/", 1)[-1]]
        return found
    return schema


def test_every_endpoint_is_there(document: dict[str, Any]) -> None:
    assert {(method, path) for method, path, _ in operations(document)} >= DOCUMENTED


def test_every_response_has_a_schema_and_every_error_is_a_problem(document: dict[str, Any]) -> None:
    for method, path, operation in operations(document):
        assert operation["summary"]
        assert operation["description"], f"{method} {path}"
        for status, response in operation["responses"].items():
            if status == "204":
                continue
            assert all(content["schema"] for content in response["content"].values()), f"{method} {path} {status}"
            if int(status) >= 400:
                problem = {"schema": {"$ref": "#/components/schemas/Problem"}}
                assert response["content"] == {"application/problem+json": problem}


def test_every_reference_leads_somewhere(document: dict[str, Any]) -> None:
    for reference in references(document):
        assert reference.startswith("#/components/schemas/")
        assert reference.rsplit("/", 1)[-1] in document["components"]["schemas"]
    assert "HTTPValidationError" not in document["components"]["schemas"]


def test_operations_have_names_of_their_own(document: dict[str, Any]) -> None:
    names = [operation["operationId"] for _, _, operation in operations(document)]
    assert len(set(names)) == len(names)


def test_forms_are_described(document: dict[str, Any]) -> None:
    analyze = document["paths"]["/api/v1/video/analyze/{session_id}"]["post"]["requestBody"]
    assert analyze["required"] is True
    assert set(analyze["content"]) == {"application/x-www-form-urlencoded", "multipart/form-data"}
    schema = analyze["content"]["application/x-www-form-urlencoded"]["schema"]
    assert schema["required"] == ["analysis_type"]
    fields = schema["properties"]
    assert fields["analysis_type"]["enum"] == ["highlights", "workout"]
    assert {name: field.get("default") for name, field in fields.items()} == {
        "analysis_type": None,
        "min_significance": 6,
        "max_highlights": 10,
        "segment_duration": 15.0,
        "system_prompt": "",
        "user_prompt": "",
        "thoroughness": "balanced",
        "max_reel_duration": 0.0,
    }
    assert fields["thoroughness"]["enum"] == ["fast", "balanced", "exhaustive"]
    assert (fields["min_significance"]["minimum"], fields["min_significance"]["maximum"]) == (1, 10)


@pytest.mark.parametrize(
    ("path", "fields"),
    [
        ("/api/v1/video/upload", {"video", "description"}),
        ("/analyze/highlights", {"video", "min_significance", "max_highlights"}),
        ("/analyze/workout", {"video", "segment_duration", "system_prompt", "user_prompt"}),
    ],
)
def test_uploads_are_described(document: dict[str, Any], path: str, fields: set[str]) -> None:
    schema = document["paths"][path]["post"]["requestBody"]["content"]["multipart/form-data"]["schema"]
    assert set(schema["properties"]) == fields
    assert schema["required"] == ["video"]
    assert schema["properties"]["video"]["format"] == "binary"


def test_exports_are_described_with_every_type_and_format(document: dict[str, Any]) -> None:
    operation = document["paths"]["/api/v1/video/export/{session_id}"]["get"]
    content = operation["responses"]["200"]["content"]
    assert set(content) == {
        "application/json",
        "text/csv",
        "text/vtt",
        "application/x-subrip",
        "text/plain",
        "application/xml",
        "text/html",
    }
    assert content["application/json"]["schema"] == {"$ref": "#/components/schemas/ResultsResponse"}
    (wanted,) = [one for one in operation["parameters"] if one["in"] == "query"]
    assert (wanted["name"], wanted["required"]) == ("format", False)
    schema = resolve(document, wanted["schema"])
    assert schema["enum"] == ["json", "csv", "vtt", "srt", "chapters", "edl", "fcpxml", "html"]


def test_results_are_told_apart_by_their_type(document: dict[str, Any]) -> None:
    results = document["components"]["schemas"]["ResultsResponse"]["properties"]["results"]
    assert results["discriminator"]["propertyName"] == "analysis_type"
    assert set(results["discriminator"]["mapping"]) == {"highlights", "workout_with_timestamps"}


def test_every_field_of_the_contract_is_required(document: dict[str, Any]) -> None:
    """Bar those the contract has only sometimes."""
    schemas = document["components"]["schemas"]
    step = schemas["ExerciseStepModel"]
    assert {"repetitions", "tempo_seconds", "confidence", "movement_phase"} <= set(step["required"])
    progress = schemas["ProgressResponse"]
    optional = {"results", "error", "error_code", "queue_position", "task_id", "analysis_type"}
    optional |= {"best_so_far", "scored_so_far", "time_left_seconds"}
    assert set(progress["properties"]) - set(progress["required"]) == optional


def test_clips_say_what_they_can_look_like(document: dict[str, Any]) -> None:
    for path in ("clips/{session_id}", "clips/{session_id}/{highlight_id}", "reel/{session_id}"):
        operation = document["paths"][f"/api/v1/video/{path}"]["get"]
        asked = {one["name"]: one["schema"] for one in operation["parameters"] if one["in"] == "query"}
        aspect = resolve(document, asked["aspect"])
        assert (aspect["enum"], asked["aspect"]["default"]) == (["original", "9:16", "1:1"], "original")
        assert asked["captions"]["default"] is False
        assert ("max_reel_duration" in asked) == path.startswith("reel")
        (media_type,) = operation["responses"]["200"]["content"]
        assert media_type == ("application/zip" if path == "clips/{session_id}" else "video/mp4")
