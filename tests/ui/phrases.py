"""What the catalogues must hold, read out of the code; ``python -m tests.ui.phrases`` adds what they lack.

The page's own messages are what ``_``, ``label``, ``marked`` and ``plural`` are called with. Of the core, which
knows no languages, it is every text with a space in it in the modules whose words reach the page, with ``{0}``,
``{1}`` for what varies; ``UNSPOKEN`` are those that nobody reads there.
"""

import ast
import re
import sys
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.pofile import write_po

from smolvlm_core.ui.words import ENGLISH, FOLDER, LANGUAGES, catalogue

PACKAGE = Path(__file__).parents[2] / "smolvlm_core"
Key = str | tuple[str, str]
"""A message, or its singular and plural."""

CORE = (
    *(f"analysis/{name}" for name in ("clock", "corrections", "highlights", "looker", "moments", "movement")),
    *(f"analysis/{name}" for name in ("overview", "pipeline", "recut", "selection", "set_report", "workout")),
    *(f"jobs/{name}" for name in ("estimates", "service", "sessions", "task_run", "tasks")),
    *(f"models/{name}" for name in ("engine", "signals", "smolvlm", "torch_runtime", "zero_gpu/refusals")),
    *(f"models/{name}" for name in ("encoding", "openvino/runtime", "remote/model")),
    *(f"signals/{name}" for name in ("candidates", "sets")),
    *(f"video/{name}" for name in ("container", "frames", "probe", "scan", "sniff")),
    "exercise",
)
UNSPOKEN = re.compile(
    r"\W*|.*SMOLVLM_.*|.*\[.*\].*|.*\\.*|(left|right) (knee|hip)|\{0\} angle"
    # parts of other texts, names, and what only programs and the server's owner read
    r"|(at least|allowed:|either|neither|true or|a whole number|text of|no change|not a span).*"
    r"|No set, as somebody.*|GPU task aborted|No GPU was available|Expired ZeroGPU.*|ZeroGPU (quota|worker).*"
    r"|larger than the maximum.*|credits allocated.*|Space app has.*|runs limit"
    r"|.*openvino.*|.*torch.*|.*OpenVINO.*|the default on.*|the fastest.*|it runs on.*|there is no folder.*"
    r"|a video may not open.*|The service is stopping.*|Asking the server.*|.*measuring motion.*"
    r"|The checkpoint's.*|A server's model.*|The server's model.*|.*numbers that are none.*"
)
JOINTS = ("left knee", "right knee", "left hip", "right hip", "knee", "hip", "elbow", "shoulder", "torso")
NAMED = re.compile(r"\{[a-z]\w*\}")
EXTRA = (
    "{0} repetitions",
    "1 repetition",
    "one every {0}",
    "{0} body lengths",
    *(f"{joint} angle" for joint in JOINTS),
)


def messages() -> dict[Key, None]:
    """All of them, in the order of the code."""
    found: dict[Key, None] = {}
    for path in sorted((PACKAGE / "ui").glob("*.py")):
        found |= dict.fromkeys(_called(ast.parse(path.read_text(encoding="utf-8"))))
    for name in CORE:
        tree = ast.parse((PACKAGE / f"{name}.py").read_text(encoding="utf-8"))
        found |= dict.fromkeys(text for text in _texts(tree) if not UNSPOKEN.fullmatch(text))
    return found | dict.fromkeys(EXTRA)


def lacking(catalog: Catalog) -> list[Key]:
    """What has no entry, or an empty one."""
    return [key for key in messages() if not _is_told(catalog, key)]


def _is_told(catalog: Catalog, key: Key) -> bool:
    entry = catalog.get(key if isinstance(key, str) else key[0])
    if entry is None or entry.fuzzy:
        return False
    told = entry.string if isinstance(entry.string, tuple) else (entry.string,)
    return all(told)


def _called(tree: ast.AST) -> Iterator[Key]:
    for node in ast.walk(tree):
        if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Name)):
            continue
        texts = [arg.value for arg in node.args if isinstance(arg, ast.Constant) and isinstance(arg.value, str)]
        if node.func.id in ("_", "label", "marked") and len(texts) == 1:
            yield texts[0]
        elif node.func.id == "plural" and len(texts) == 2:
            yield texts[0], texts[1]


def _texts(tree: ast.AST) -> Iterator[str]:
    inside = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.JoinedStr):
            inside |= {id(part) for part in node.values}
            yield from _spoken("".join(_form(node)))
        elif isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef):
            inside |= {id(line.value) for line in node.body if isinstance(line, ast.Expr)}  # docstrings
        elif isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in inside:
            yield from _spoken(node.value)


def _form(joined: ast.JoinedStr) -> Iterator[str]:
    place = 0
    for part in joined.values:
        if isinstance(part, ast.Constant):
            yield str(part.value)
        else:
            yield f"{{{place}}}"
            place += 1


def _spoken(text: str) -> Iterator[str]:
    text = NAMED.sub(lambda match: f"{{{list(dict.fromkeys(NAMED.findall(text))).index(match[0])}}}", text)
    text = text.strip(" ;,")
    if " " in text and re.search(r"[A-Za-z]{2}", re.sub(r"\{\d\}", "", text)):
        yield text


HEADER = r"""msgid ""
msgstr ""
"Language: {code}\n"
"Plural-Forms: {plural}\n"
"MIME-Version: 1.0\n"
"Content-Type: text/plain; charset=utf-8\n"
"Content-Transfer-Encoding: 8bit\n"

"""


def updated(code: str) -> str:
    """The catalogue as it should be: in the order of the code, without what that does not say any more."""
    path = FOLDER / f"{code}.po"
    before = catalogue(code) if path.exists() else Catalog(locale=code)
    after = Catalog(locale=code)
    for key in messages():
        known = before.get(key if isinstance(key, str) else key[0])
        told = known.string if known is not None else ""
        after.add(key, told or ("" if isinstance(key, str) else ("",) * after.num_plurals))
    written = BytesIO()
    write_po(written, after, width=110, omit_header=True)
    return HEADER.format(code=code, plural=after.plural_forms) + written.getvalue().decode()


def main() -> None:
    """Bring every catalogue to what the code says: entries that lack are added empty, others are left out."""
    for code in LANGUAGES:
        if code != ENGLISH:
            (FOLDER / f"{code}.po").write_text(updated(code), encoding="utf-8")
            sys.stdout.write(f"{code}: {len(lacking(catalogue(code)))} to translate\n")


if __name__ == "__main__":
    main()
