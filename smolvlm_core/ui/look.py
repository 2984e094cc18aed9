"""How the page looks, and what else its launch needs. One accent colour; the fonts come with Gradio."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import gradio as gr

from smolvlm_core.ui.words import BUILT

STYLES = tuple(Path(__file__).with_name(name) for name in ("page.css", "sets.css", "cards.css"))
DESCRIPTION = "Get the best moments of a video, or every exercise of a workout, with exact times."


@dataclass(frozen=True, slots=True)
class LaunchOptions:
    """Arguments of ``gr.Blocks.launch`` of the same names."""

    theme: Any
    head: str
    i18n: gr.I18n
    footer_links: tuple[Literal["api"], ...] = ("api",)
    run_history: bool = False  # what one visitor uploads is nobody else's business
    show_error: bool = False  # unexpected errors reach people without their internals


def page_options() -> LaunchOptions:
    """What the page needs from ``launch``."""
    # Not through ``css``: Gradio prefixes its selectors, which breaks those in media queries.
    style = "".join(f"<style>{sheet.read_text(encoding='utf-8')}</style>" for sheet in STYLES)
    return LaunchOptions(_theme(), f'<meta name="description" content="{DESCRIPTION}">{style}', BUILT)


def _theme() -> Any:
    # Gradio 6.31's SemiBold file of IBM Plex Sans lacks most letters: bold stands in for it.
    sans = gr.themes.utils.fonts.LocalFont("IBM Plex Sans", weights=(400, 700))
    mono = gr.themes.utils.fonts.LocalFont("IBM Plex Mono", weights=(400,))
    return gr.themes.Base(
        primary_hue="teal",
        secondary_hue="teal",
        neutral_hue="slate",
        radius_size="lg",
        font=(sans, "ui-sans-serif", "system-ui", "sans-serif"),
        font_mono=(mono, "ui-monospace", "monospace"),
    ).set(
        body_background_fill="*neutral_50",
        body_background_fill_dark="*neutral_950",
        body_text_color_subdued="*neutral_600",
        body_text_color_subdued_dark="*neutral_400",
        block_background_fill="white",
        block_background_fill_dark="*neutral_900",
        block_border_width="1px",
        block_label_background_fill="white",
        block_label_background_fill_dark="*neutral_900",
        button_primary_background_fill="*primary_700",
        button_primary_background_fill_hover="*primary_800",
        button_primary_background_fill_dark="*primary_700",
        button_primary_background_fill_hover_dark="*primary_600",
        button_primary_text_color="white",
        button_primary_text_color_dark="white",
        block_label_text_color="*neutral_700",
        block_label_text_color_dark="*neutral_200",
        block_title_text_color="*neutral_800",
        block_title_text_color_dark="*neutral_100",
        block_title_text_weight="700",
        block_info_text_color="*neutral_600",
        block_info_text_color_dark="*neutral_300",
        block_info_text_size="*text_md",
        input_background_fill="white",
        input_background_fill_dark="*neutral_950",
        input_border_width="1px",
        input_border_color="*neutral_300",
        input_border_color_dark="*neutral_700",
        input_placeholder_color="*neutral_500",
        input_placeholder_color_dark="*neutral_400",
        button_secondary_background_fill="white",
        button_secondary_background_fill_hover="*neutral_100",
        button_secondary_background_fill_dark="*neutral_800",
        button_secondary_background_fill_hover_dark="*neutral_700",
        button_secondary_border_color="*neutral_300",
        button_secondary_border_color_dark="*neutral_700",
        button_border_width="1px",
        button_large_text_weight="700",
        slider_color="*primary_600",
        slider_color_dark="*primary_500",
    )
