"""Corrections of a workout's sets, as JSON: one set in each request. What they do is not known here."""

from functools import partial
from typing import Annotated, Any

from fastapi import APIRouter, Request
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError
from pydantic.json_schema import models_json_schema
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response

from smolvlm_core.analysis.corrections import NAME_MOST, NOTE_MOST, REPETITIONS_MOST, Edit, SetFields
from smolvlm_core.analysis.plain import one_line
from smolvlm_core.api import wire
from smolvlm_core.api.bodies import read_json
from smolvlm_core.api.deps import Service, SessionIdPath
from smolvlm_core.api.paths import VIDEO
from smolvlm_core.api.problems import BadForm, described
from smolvlm_core.api.schemas import FieldProblem, ResultsResponse
from smolvlm_core.jobs.service import JobService

JSON = "application/json"
SHOWN_CHARS = 80
PLACE_MOST = 2**31 - 1
ALLOWED = {
    "exercise_name": f"text of 1 to {NAME_MOST} characters, or null",
    "repetitions": f"a whole number from 0 to {REPETITIONS_MOST}, or null",
    "removed": "true, false or null",
    "note": f"text of at most {NOTE_MOST} characters, or null",
    "set_number": "a whole number, at least 1",
    "step": "a whole number, at least 1",
    "seen": "an object of fields of a set",
    "body": "a JSON object",
}


def _clean(text: object) -> object:
    """Without line breaks, and what cannot be sent back: half a character is none."""
    return one_line(text) if isinstance(text, str) else text


Name = Annotated[str, BeforeValidator(_clean), Field(min_length=1, max_length=NAME_MOST)]
Note = Annotated[str, BeforeValidator(_clean), Field(max_length=NOTE_MOST)]
Count = Annotated[int, Field(ge=0, le=REPETITIONS_MOST, strict=True)]
Place = Annotated[int, Field(ge=1, le=PLACE_MOST, strict=True)]


class CorrectedFields(BaseModel):
    """What can be corrected of a set. What is not sent stays as it is; null is what was measured."""

    model_config = ConfigDict(extra="forbid")

    exercise_name: Name | None = Field(None, description="Any name; null gives the measured one back.")
    repetitions: Count | None = Field(None, description="null gives the counted ones back.")
    removed: Annotated[bool, Field(strict=True)] | None = Field(
        None, description="true: it was no set, and counts as a Transition; false or null puts it back."
    )
    note: Note | None = Field(None, description="Your own words on it; null or empty deletes them.")


class SeenFields(BaseModel):
    """What was shown to whoever corrects; any of it."""

    model_config = ConfigDict(extra="forbid")

    exercise_name: Annotated[str, BeforeValidator(_clean)] | None = None
    repetitions: int | None = None
    removed: bool | None = None
    note: Annotated[str, BeforeValidator(_clean)] | None = None


class CorrectionRequest(CorrectedFields):
    """A correction of one set, which is named by its `set_number` or, as holds have none, by its place."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"set_number": 2, "exercise_name": "Lunge", "repetitions": 12}]}
    )

    set_number: Place | None = Field(None, description="`set_number` of a step, from 1.")
    step: Place | None = Field(None, description="Place in `exercise_steps`, from 1, in place of `set_number`.")
    seen: SeenFields = Field(
        default_factory=SeenFields,
        description="If given: when one of these is another value by now, and is to be changed, nothing happens "
        "(`correction_conflict`), so that two people lose nothing.",
    )

    def edit(self) -> Edit:
        return Edit(_sent(self), _sent(self.seen), self.set_number, self.step)


def _sent(model: BaseModel) -> SetFields:
    return SetFields(
        **{name: getattr(model, name) for name in SetFields.__slots__ if name in model.model_fields_set}
    )


_, _schemas = models_json_schema([(CorrectionRequest, "validation")], ref_template="#/components/schemas/{model}")
BODY_SCHEMAS: dict[str, Any] = _schemas["$defs"]
"""Of bodies that FastAPI does not read, for the document's components."""

BODY = {"required": True, "content": {JSON: {"schema": {"$ref": "#/components/schemas/CorrectionRequest"}}}}

router = APIRouter(prefix=VIDEO, tags=["Video analysis"])


@router.patch(
    "/results/{session_id}",
    response_model=ResultsResponse,
    responses=described(404, 409, 410, 413, 422),
    openapi_extra={"requestBody": BODY},
)
async def correct(request: Request, session_id: SessionIdPath, service: Service) -> Response:
    """Correct one set of a workout: its name, its repetitions, whether it was one; or leave a note on it.

    Results, charts and exports then show the corrected values, `summary` adds them up, and `corrected` of the step
    tells what was measured. Another analysis of the video starts without corrections."""
    service.session(session_id)  # an unknown session is the better answer than a wrong body
    edit = _read(await read_json(request))
    return Response(await run_in_threadpool(partial(_corrected, service, session_id, edit)), media_type=JSON)


def _corrected(service: JobService, session_id: str, edit: Edit) -> bytes:
    return wire.results_json(service.correct(session_id, edit))


def _read(body: object) -> Edit:
    """Raises: BadForm: it names every field that cannot be used, what was sent and what is allowed."""
    try:
        return CorrectionRequest.model_validate(body).edit()
    except ValidationError as error:
        found = {".".join(_path(one["loc"])): one for one in error.errors(include_url=False)}
        raise BadForm([_problem(field, one["input"]) for field, one in found.items()]) from error


def _path(location: tuple[int | str, ...]) -> list[str]:
    """Names of fields alone, as far as they are ours."""
    return [str(part) for part in location if part in ALLOWED] or (["body"] if not location else ["other"])


def _problem(field: str, sent: object) -> FieldProblem:
    allowed = ALLOWED.get(field.rpartition(".")[2], "only " + ", ".join(list(ALLOWED)[:-1]))
    return FieldProblem(field=field, sent=one_line(sent)[:SHOWN_CHARS], allowed=allowed)
