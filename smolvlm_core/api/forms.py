"""The form fields of every endpoint: one Pydantic model each, for validation and for OpenAPI alike."""

from typing import Annotated, Any, Literal, TypeVar

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError

from smolvlm_core.analysis.recut import Cut
from smolvlm_core.api.problems import BadForm
from smolvlm_core.api.schemas import FieldProblem
from smolvlm_core.domain import AnalysisOptions, AnalysisType, Criteria, Thoroughness

MAX_TEXT_BYTES = 64 * 1024  # of one text field; a prompt of that size is longer than any model's context
MAX_INT = 2**31 - 1
SHOWN_CHARS = 80
URLENCODED = "application/x-www-form-urlencoded"
MULTIPART = "multipart/form-data"

Form = TypeVar("Form", bound=BaseModel)


def _clean(text: object) -> object:
    """NUL is no text: databases refuse it."""
    return text.replace("\0", "") if isinstance(text, str) else text


Text = Annotated[str, BeforeValidator(_clean), Field(max_length=MAX_TEXT_BYTES)]
MinSignificance = Annotated[int, Field(ge=1, le=10, description="Lowest score that makes the list.")]
MaxHighlights = Annotated[int, Field(ge=1, le=MAX_INT, description="How many highlights at most.")]
SegmentDuration = Annotated[
    float, Field(ge=1, le=600, allow_inf_nan=False, description="Length of the segments to look at, in seconds.")
]
ThoroughnessField = Annotated[
    Literal["fast", "balanced", "exhaustive"],
    Field(description="How much of a long video the model looks at; without a model all of it is measured."),
]
MaxReelDuration = Annotated[
    float,
    Field(ge=0, le=86400, allow_inf_nan=False, description="Seconds for all highlights together; 0 is no limit."),
]
SystemPrompt = Annotated[Text, Field(description="Replaces the built-in system prompt; empty keeps it.")]
UserPrompt = Annotated[Text, Field(description="Replaces the built-in question; empty keeps it.")]


class UploadForm(BaseModel):
    """Fields beside the file of `POST /upload`."""

    description: Annotated[Text, Field(description="Your own note on the video.")] = ""


class AnalyzeForm(BaseModel):
    """Fields of `POST /analyze/{session_id}`."""

    model_config = ConfigDict(frozen=True)

    analysis_type: Annotated[Literal["highlights", "workout"], Field(description="What to look for.")]
    min_significance: MinSignificance = 6
    max_highlights: MaxHighlights = 10
    segment_duration: SegmentDuration = 15.0
    system_prompt: SystemPrompt = ""
    user_prompt: UserPrompt = ""
    thoroughness: ThoroughnessField = "balanced"
    max_reel_duration: MaxReelDuration = 0.0

    def options(self) -> AnalysisOptions:
        return AnalysisOptions(
            AnalysisType(self.analysis_type),
            self.min_significance,
            self.max_highlights,
            self.segment_duration,
            Criteria(self.system_prompt, self.user_prompt),
            Thoroughness(self.thoroughness),
            self.max_reel_duration,
        )


class RecutForm(BaseModel):
    """Fields of `POST /recut/{session_id}`; what is absent stays as it is."""

    model_config = ConfigDict(frozen=True)

    min_significance: MinSignificance | None = None
    max_highlights: MaxHighlights | None = None
    max_reel_duration: MaxReelDuration | None = None

    def cut(self) -> Cut:
        return Cut(self.min_significance, self.max_highlights, self.max_reel_duration)


class HighlightsForm(BaseModel):
    """Fields beside the file of `POST /analyze/highlights`."""

    min_significance: MinSignificance = 6
    max_highlights: MaxHighlights = 10

    def options(self) -> AnalysisOptions:
        return AnalysisOptions(AnalysisType.HIGHLIGHTS, self.min_significance, self.max_highlights)


class WorkoutForm(BaseModel):
    """Fields beside the file of `POST /analyze/workout`."""

    segment_duration: SegmentDuration = 15.0
    system_prompt: SystemPrompt = ""
    user_prompt: UserPrompt = ""

    def options(self) -> AnalysisOptions:
        criteria = Criteria(self.system_prompt, self.user_prompt)
        return AnalysisOptions(AnalysisType.WORKOUT, segment_duration_s=self.segment_duration, criteria=criteria)


def read_fields(form: type[Form], fields: dict[str, str]) -> Form:
    """The fields as the form. An empty field counts as not sent; fields it does not know are ignored.

    Raises: BadForm: it names every field that cannot be used, what was sent and what is allowed.
    """
    sent = {name: text for name, text in fields.items() if text != ""}
    try:
        return form.model_validate(sent)
    except ValidationError as error:
        names = dict.fromkeys(str(found["loc"][0]) for found in error.errors())
        raise BadForm([_problem(form, name, sent.get(name)) for name in names]) from error


def _problem(form: type[BaseModel], name: str, sent: str | None) -> FieldProblem:
    shown = "nothing" if sent is None else sent[:SHOWN_CHARS]
    return FieldProblem(field=name, sent=shown, allowed=_allowed(form.model_json_schema()["properties"][name]))


def _allowed(schema: dict[str, Any]) -> str:
    """What a field takes, in words, out of its JSON schema."""
    schema = next(one for one in schema.get("anyOf", [schema]) if one.get("type") != "null")
    if "enum" in schema:
        return "one of " + ", ".join(schema["enum"])
    if schema["type"] == "string":
        return f"text of at most {schema['maxLength']} characters"
    kind = "a whole number" if schema["type"] == "integer" else "a number"
    low, high = schema["minimum"], schema["maximum"]
    return f"{kind}, at least {low}" if high >= MAX_INT else f"{kind} from {low:g} to {high:g}"


def request_body(form: type[BaseModel], *, file: str | None = None, many: bool = False) -> dict[str, Any]:
    """The OpenAPI ``requestBody`` of a form, with a ``file`` part (or ``many`` of that name)."""
    schema = form.model_json_schema()
    schema["title"] = form.__name__
    if file is None:
        return {
            "requestBody": {"required": True, "content": {k: {"schema": schema} for k in (URLENCODED, MULTIPART)}}
        }
    part: dict[str, Any] = {"type": "string", "format": "binary", "description": "The video file."}
    schema["properties"] = {
        file: {"type": "array", "items": part} if many else part,
        **schema.get("properties", {}),
    }
    schema["required"] = [file, *schema.get("required", [])]
    return {"requestBody": {"required": True, "content": {MULTIPART: {"schema": schema}}}}
