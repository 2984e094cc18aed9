"""What is kept of the text a model wrote. Knows no model; takes no number out of prose."""

import re

MIN_LETTERS = 3  # fewer are no words
ECHO_WORDS = 6  # a prompt's sentence of so many words, given back, is an echo; a shorter one may be the answer
_ENDS = re.compile(r"[.!?…][\"')\]\u201d\u2019]*(?=\s|$)")
_LABELS = re.compile(r"^(?:(?:assistant|answer|description|caption)\s*:\s*)+", re.IGNORECASE)
_TIMES = re.compile(r"^(?:frame from\s+)?\d{1,2}:\d{2}(?::\d{2})?\s*[:-]?\s*", re.IGNORECASE)


def sentence_ends(text: str) -> int:
    """How many sentences are complete."""
    return len(_ENDS.findall(text))


def clean_description(text: str, prompt_text: str = "", max_sentences: int = 2) -> str | None:
    """Whole sentences of what the model wrote, or None when nothing is usable.

    Speaker labels and frame times in front go, as do sentences that only repeat the prompt or each
    other. One sentence that never ended keeps its words and gets an ellipsis.
    """
    plain = " ".join("".join(char if char.isprintable() else " " for char in text).replace("\ufffd", "").split())
    plain = _TIMES.sub("", _LABELS.sub("", plain)).strip()
    asked = {_letters(part) for part in _sentences(prompt_text) if len(part.split()) >= ECHO_WORDS}
    kept: list[str] = []
    seen: set[str] = set()
    for sentence in _sentences(plain):
        letters = _letters(sentence)
        if len(letters) >= MIN_LETTERS and letters not in seen and letters not in asked:
            kept.append(sentence)
            seen.add(letters)
    if not kept:
        return None
    words = " ".join(kept[:max_sentences])
    return words[0].upper() + words[1:]


def _sentences(text: str) -> list[str]:
    """Complete sentences; if there is none, the words of the unfinished one without its last."""
    ends = [match.end() for match in _ENDS.finditer(text)]
    if ends:
        return [text[start:end].strip() for start, end in zip([0, *ends], ends, strict=False)]
    words = text.split()
    return [" ".join(words[:-1] if len(words) > 3 else words).rstrip(",;:-") + "…"] if words else []


def _letters(text: str) -> str:
    return "".join(char for char in text.casefold() if char.isalpha())
