"""The results of both analyses, as on the wire; ``analysis_type`` tells them apart. Knows how none is computed."""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

DEGREE = "\N{DEGREE SIGN}"
LOWERING = "Seconds of the way down; null where it cannot be told from the way up."
LIFTING = "Seconds of the way up; null where it cannot be told from the way down."
CLOCK_SPAN = r"^(\d+:)?\d\d:\d\d - (\d+:)?\d\d:\d\d$"


class TimesModel(BaseModel):
    """A stretch of the video: half-open, seconds from the first frame."""

    start_timestamp: float = Field(ge=0, description="Seconds.", examples=[12.4])
    end_timestamp: float = Field(gt=0, description="Seconds.", examples=[19.9])
    duration: float = Field(gt=0, description="Seconds.", examples=[7.5])
    timestamp_formatted: str = Field(
        pattern=CLOCK_SPAN, description="MM:SS - MM:SS; H:MM:SS from an hour.", examples=["00:12 - 00:19"]
    )


class EvidenceModel(BaseModel):
    """The measured numbers behind a score; levels are relative to what is usual in the same video."""

    motion_ratio: float = Field(ge=0, description="Motion over this video's usual; 1 is usual.", examples=[2.31])
    rarity: float = Field(ge=0, le=1, description="How unlike the rest of the video it looks.", examples=[0.62])
    loudness_db: float | None = Field(
        description="dB above this video's usual; null without sound.", examples=[6.2]
    )
    cuts: int = Field(ge=0, description="Hard cuts inside.", examples=[1])
    strength: float = Field(ge=0, le=1, description="All of it combined.", examples=[0.74])
    liveliest: bool = Field(False, description="The most motion of the video is in here.")
    loudest: bool = Field(False, description="The loudest second of the video is in here.")
    sudden_sound: bool = Field(False, description="A sound starts at once.")
    lone_shot: bool = Field(False, description="All of it lies in the only shot of its kind.")
    rare_voice: bool = Field(False, description="Speech or music, where there is seldom any in this video.")
    meaning: float | None = Field(
        None,
        ge=0,
        le=1,
        description="How surely the model sees what is looked for; null where no model looked.",
        examples=[0.81],
    )
    words: str = Field("", description="The same in words.")


class UsedModel(BaseModel):
    """The model that really ran, and why it was chosen."""

    backend: str = Field(examples=["torch"])
    id: str = Field(examples=["HuggingFaceTB/SmolVLM2-256M-Video-Instruct"])
    revision: str | None = Field(description="Commit of the checkpoint, when known.")
    device: str = Field(examples=["cpu"])
    dtype: str = Field(examples=["bfloat16"])
    reason: str


class SettingsUsed(BaseModel):
    """The parameters of the analysis as they were resolved."""

    analysis_type: Literal["highlights", "workout"]
    min_significance: int
    max_highlights: int
    segment_duration: float = Field(description="Seconds.")
    system_prompt: str
    user_prompt: str
    thoroughness: Literal["fast", "balanced", "exhaustive"] = "balanced"
    max_reel_duration: float = Field(0.0, description="Seconds for all highlights together; 0 is no limit.")


class HighlightModel(TimesModel):
    """A moment that made the list."""

    id: str = Field(description="Names this highlight within its session.", examples=["h1"])
    significance_score: float = Field(ge=1, le=10, examples=[8.4])
    description: str
    evidence: EvidenceModel


class MomentModel(TimesModel):
    """A moment that was scored, whether or not it made the list."""

    significance_score: float = Field(ge=1, le=10, examples=[5.2])
    description: str | None = Field(None, description="What was written on it; null where it never made the list.")
    evidence: EvidenceModel


class PartSoFarModel(BaseModel):
    """A part of a video that is still being analyzed, and its score until now."""

    start_timestamp: float = Field(ge=0, description="Seconds.", examples=[15.0])
    end_timestamp: float = Field(gt=0, description="Seconds.", examples=[30.0])
    significance_score: float | None = Field(
        ge=1, le=10, description="May still change; null where there is none.", examples=[6.4]
    )


class ScoringModel(BaseModel):
    """How scores came about."""

    model_config = ConfigDict(protected_namespaces=())

    model_share: float = Field(ge=0, le=1, description="Weight of the model's judgement; 0 without a model.")
    baseline: float = Field(description="What of the model's log-odds is usual in this video.")
    rule: str = Field(description="The same in words.")


class EffortModel(BaseModel):
    """How closely the model looked; null is no limit."""

    segments: int | None = Field(description="It was asked about so many at most, the most promising.")
    segment_frames: int | None = Field(description="So many frames of each it was shown at most.")
    frames_per_second: float = Field(description="It was shown no more of anything longer than two seconds.")
    moments: int = Field(description="It was then asked about so many moments at most, with all frames it wants.")
    halves: bool = Field(description="Whether it was asked about the halves of long moments.")


class ScoredSegmentModel(TimesModel):
    """One segment with its score, or the reason it has none."""

    segment: int = Field(ge=1, description="Number of the segment, in time order.")
    significance_score: float | None = Field(ge=1, le=10, description="null when the segment was skipped.")
    skipped_reason: str | None = Field(description="null when the segment has a score.")
    evidence: EvidenceModel


class ResultsBase(BaseModel):
    """What both kinds of results carry."""

    model_config = ConfigDict(protected_namespaces=())

    schema_version: int = Field(1, description="Version of this structure.")
    processing_time_seconds: float = Field(ge=0)
    total_segments_analyzed: int = Field(ge=0)
    total_duration_seconds: float = Field(ge=0, description="Length of what could be decoded.")
    settings: SettingsUsed
    model: UsedModel
    warnings: list[str] = Field(description="What limits the results, e.g. where a damaged video broke off.")


class HighlightsResults(ResultsBase):
    """Results of an analysis for highlights."""

    analysis_type: Literal["highlights"]
    highlights_found: int = Field(ge=0)
    highlights: list[HighlightModel] = Field(description="Best first.")
    overview: str = Field("", description="One paragraph on what was found.")
    closest: MomentModel | None = Field(None, description="When nothing reached the threshold: what came closest.")
    all_moments: list[MomentModel] = Field(
        default_factory=list,
        description="Every moment that was scored, in time order: enough to choose anew with another threshold.",
    )
    scoring: ScoringModel | None = None
    effort: EffortModel | None = Field(None, description="null where no model looked.")
    all_analyses: list[ScoredSegmentModel] = Field(description="Every segment, in time order.")


class RepetitionModel(BaseModel):
    """One repetition; times are seconds from the first frame."""

    repetition: int = Field(ge=1, description="Number within the set.")
    start_timestamp: float = Field(ge=0, description="Seconds.", examples=[12.4])
    end_timestamp: float = Field(gt=0, description="Seconds.", examples=[14.8])
    turn_timestamp: float = Field(
        ge=0, description="Of its turning point, e.g. the bottom of a squat. Seconds.", examples=[13.5]
    )
    range_of_motion: float = Field(description="How far it went, in the unit of its step.", examples=[92.5])
    lowering_seconds: float | None = Field(ge=0, description=LOWERING, examples=[1.1])
    lifting_seconds: float | None = Field(ge=0, description=LIFTING, examples=[0.9])


class CurveModel(BaseModel):
    """What was counted on: values at times, as many of the one as of the other, thinned for drawing."""

    unit: str = Field(description="Of the values; as `range_of_motion_unit`.", examples=[DEGREE])
    times_seconds: list[float] = Field(description="Seconds from the first frame, ascending.")
    values: list[float]


class CorrectedModel(BaseModel):
    """What was measured of a set that somebody corrected; its step has the corrected values."""

    measured_exercise_name: str = Field(examples=["Squats"])
    measured_repetitions: int | None = Field(ge=0, description="null when they were not counted.", examples=[8])
    measured_set_number: int | None = Field(ge=1, description="Its `set_number`, which a removed set has not.")
    removed: bool = Field(description="It was no set: its step is now a Transition.")
    note: str | None = Field(description="What somebody wrote about it.")


class ExerciseStepModel(TimesModel):
    """One stretch of a workout. What was not measured is null."""

    exercise_name: str = Field(description='"Unknown Exercise" where the model is not sure.', examples=["Squats"])
    description: str
    movement_phase: Literal["Setup", "Execution", "Rest", "Transition"]
    repetitions: int | None = Field(ge=0, description="null when they were not counted.", examples=[12])
    tempo_seconds: float | None = Field(
        description="Seconds a repetition (median); null when not measured.", examples=[2.4]
    )
    confidence: float = Field(ge=0, le=1)
    corrected: CorrectedModel | None = Field(
        None, description="null when nobody corrected it; see `PATCH /results/{session_id}`."
    )
    measured_words: str | None = Field(
        None,
        description="The end of the description: what was counted, as a sentence.",
        examples=["8 repetitions, one every 1.7 s; knee angle moves by 88\N{DEGREE SIGN}."],
    )
    set_number: int | None = Field(
        None, ge=1, description="Counts the sets whose repetitions were counted; null for other steps."
    )
    lowering_seconds: float | None = Field(None, ge=0, description=f"{LOWERING} Median.", examples=[1.1])
    lifting_seconds: float | None = Field(None, ge=0, description=f"{LIFTING} Median.", examples=[0.9])
    range_of_motion: float | None = Field(
        None, description="How far the driving signal goes in a repetition (median).", examples=[92.5]
    )
    range_of_motion_unit: str | None = Field(
        None,
        description="Degrees of a joint, or body lengths (shoulder to ankle); without a pose a share of what is "
        "usual in this set.",
        examples=[DEGREE],
    )
    driving_signal: str | None = Field(
        None, description="What is measured: its turning points are counted.", examples=["knee angle"]
    )
    left_range_of_motion: float | None = Field(
        None, description="Degrees; only where left and right differ clearly.", examples=[88.0]
    )
    right_range_of_motion: float | None = Field(
        None, description="Degrees; only where left and right differ clearly.", examples=[71.5]
    )
    repetition_times: list[RepetitionModel] | None = Field(None, description="One by one, in time order.")
    curve: CurveModel | None = None


class LabelledSegmentModel(TimesModel):
    """One segment with its label, or the reason it has none."""

    segment: int = Field(ge=1, description="Number of the segment, in time order.")
    exercise_name: str | None = Field(description="null when the segment was skipped.")
    confidence: float | None = Field(ge=0, le=1, description="null when the segment was skipped.")
    skipped_reason: str | None = Field(description="null when the segment has a label.")
    moving_share: float = Field(0.0, ge=0, le=1, description="Share of its time in which somebody moves.")
    evidence: EvidenceModel


class ExerciseTotals(BaseModel):
    """All sets of one exercise."""

    exercise_name: str = Field(examples=["Squats"])
    sets: int = Field(ge=1)
    repetitions: int | None = Field(ge=0, description="Of all of them; null where none was counted.")


class WorkoutSummary(BaseModel):
    """The workout in numbers."""

    total_exercises_identified: int = Field(ge=0, description="Steps of exercise that have a name.")
    total_sets: int = Field(0, ge=0, description="Steps of exercise, counted ones and others, such as a plank.")
    total_repetitions: int = Field(ge=0)
    sets_by_exercise: list[ExerciseTotals] = Field(
        default_factory=list, description="In the order in which they first happen."
    )
    active_seconds: float | None = Field(None, ge=0, description="Of all exercise together.", examples=[312.5])
    rest_seconds: float | None = Field(None, ge=0, description="Of all rests and transitions.", examples=[190.0])
    video_duration_formatted: str = Field(pattern=r"^(\d+:)?\d\d:\d\d$", examples=["12:31"])


class PoseModel(BaseModel):
    """What estimated poses, or why nothing did."""

    id: str | None = Field(
        description="null when no pose was estimated: repetitions were then counted from movement alone.",
        examples=["BlazePose full"],
    )
    reason: str


class WorkoutResults(ResultsBase):
    """Results of an analysis of a workout."""

    analysis_type: Literal["workout_with_timestamps"]
    system_prompt: str
    user_prompt: str
    pose: PoseModel | None = Field(None, description="Absent from results of before version 3.")
    exercise_steps: list[ExerciseStepModel] = Field(description="In time order.")
    segment_analyses: list[LabelledSegmentModel] = Field(description="Every segment, in time order.")
    summary: WorkoutSummary


Results = Annotated[HighlightsResults | WorkoutResults, Field(discriminator="analysis_type")]
