"""Getting BlazePose's files: the real pip brings a small wheel that stands in for MediaPipe's."""

import hashlib
import logging
import os
import select
import socket
import subprocess
import sys
import threading
import time
import zipfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import pytest

from smolvlm_core.domain import never_cancelled
from smolvlm_core.errors import Cancelled, ModelUnavailable
from smolvlm_core.models.fetch import FetchOptions, ModelFile, fetch_pose_files, is_whole, main, pose_folder

ROOT = Path(__file__).parents[2]
WHEEL = "mediapipe-0.10.21-cp312-cp312-manylinux_2_28_x86_64.whl"
ABOUT = "mediapipe-0.10.21.dist-info"
DETECTOR, LANDMARKS = "mediapipe/modules/detector.tflite", "mediapipe/modules/landmarks.tflite"
CONTENTS = {DETECTOR: b"a detector" * 500, LANDMARKS: b"landmarks" * 700}
OPTIONS = FetchOptions(
    tuple(ModelFile(path, len(data), hashlib.sha256(data).hexdigest()) for path, data in CONTENTS.items())
)
PATIENCE_OF_PIP_S = 15  # that long it waits for an answer
NAMES = ["detector.tflite", "landmarks.tflite"]


def write_wheel(folder: Path, contents: dict[str, bytes]) -> Path:
    """A wheel that pip takes for MediaPipe's, with these files and no others."""
    with zipfile.ZipFile(folder / WHEEL, "w", zipfile.ZIP_DEFLATED) as archive:
        for path, data in contents.items():
            archive.writestr(path, data)
        archive.writestr(f"{ABOUT}/METADATA", "Metadata-Version: 2.1\nName: mediapipe\nVersion: 0.10.21\n")
        archive.writestr(f"{ABOUT}/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: false\n")
        archive.writestr(f"{ABOUT}/RECORD", "")
    return folder / WHEEL


@pytest.fixture(autouse=True)
def index(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder: all that pip can get packages from, whatever this machine has set up."""
    folder = tmp_path / "index"
    folder.mkdir()
    for name in [name for name in os.environ if name.startswith("PIP_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("PIP_CONFIG_FILE", os.devnull)
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(folder))
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    return folder


@pytest.fixture
def no_pip(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pip", None)


@pytest.fixture
def silent_index(monkeypatch: pytest.MonkeyPatch) -> Iterator[socket.socket]:
    """An index that takes calls and never answers."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(10)
        monkeypatch.setenv("PIP_FIND_LINKS", f"http://127.0.0.1:{server.getsockname()[1]}/")
        yield server


def place_files(data_dir: Path) -> Path:
    folder = pose_folder(data_dir)
    folder.mkdir(parents=True)
    for name, data in zip(NAMES, CONTENTS.values(), strict=True):
        (folder / name).write_bytes(data)
    return folder


def kept(data_dir: Path) -> list[str]:
    return sorted(path.name for path in pose_folder(data_dir).iterdir())


def has_hung_up(server: socket.socket) -> bool:
    """Waits until whoever called the server is gone."""
    caller, _ = server.accept()
    with caller:
        caller.settimeout(10)
        while caller.recv(4096):
            pass
    return True


def test_two_files_are_taken_out_of_the_wheel(tmp_path: Path, index: Path) -> None:
    write_wheel(index, CONTENTS | {"mediapipe/other.py": b"raise SystemExit"})
    assert not is_whole(pose_folder(tmp_path), OPTIONS)
    folder = fetch_pose_files(tmp_path, never_cancelled, OPTIONS)
    assert folder == pose_folder(tmp_path)
    assert kept(tmp_path) == NAMES
    assert [(folder / name).read_bytes() for name in NAMES] == list(CONTENTS.values())
    assert is_whole(folder, OPTIONS)


@pytest.mark.usefixtures("no_pip")
def test_what_is_there_is_not_fetched_again(tmp_path: Path) -> None:
    folder = place_files(tmp_path)
    assert fetch_pose_files(tmp_path, never_cancelled, OPTIONS) == folder


def test_a_file_spoiled_on_disk_is_fetched_again(tmp_path: Path, index: Path) -> None:
    write_wheel(index, CONTENTS)
    folder = place_files(tmp_path)
    spoiled = CONTENTS[LANDMARKS][::-1]
    (folder / NAMES[1]).write_bytes(spoiled)
    assert not is_whole(folder, OPTIONS)
    with (folder / NAMES[1]).open("rb") as in_use:
        fetch_pose_files(tmp_path, never_cancelled, OPTIONS)
        assert in_use.read() == spoiled  # nobody sees a file that is half written
    assert is_whole(folder, OPTIONS)


@pytest.mark.parametrize(
    ("contents", "cause"),
    [
        ({LANDMARKS: CONTENTS[LANDMARKS]}, "no item named"),
        (CONTENTS | {DETECTOR: CONTENTS[DETECTOR] + b"!"}, "detector.tflite has another size"),
        (CONTENTS | {DETECTOR: CONTENTS[DETECTOR].replace(b"r", b"R")}, "detector.tflite has another sum"),
    ],
    ids=["one is missing", "another size", "another sum"],
)
def test_a_wheel_with_other_files_is_refused(
    tmp_path: Path, index: Path, contents: dict[str, bytes], cause: str
) -> None:
    write_wheel(index, contents)
    with pytest.raises(ModelUnavailable, match="holds other files than the known ones") as caught:
        fetch_pose_files(tmp_path, never_cancelled, OPTIONS)
    assert cause in str(caught.value.__cause__)
    assert "SMOLVLM_POSE_DIR" in caught.value.for_users
    assert kept(tmp_path) == []


def test_a_damaged_wheel_is_refused(tmp_path: Path, index: Path) -> None:
    """Its list of files is whole, and so is what pip reads; one file cannot be unpacked."""
    wheel = write_wheel(index, CONTENTS)
    data = bytearray(wheel.read_bytes())
    start = data.index(DETECTOR.encode()) + len(DETECTOR)
    data[start : start + 20] = b"\xff" * 20
    wheel.write_bytes(data)
    with pytest.raises(ModelUnavailable, match="holds other files than the known ones"):
        fetch_pose_files(tmp_path, never_cancelled, OPTIONS)
    assert kept(tmp_path) == []


def test_an_index_without_the_package(tmp_path: Path) -> None:
    with pytest.raises(ModelUnavailable, match=r"the package index has no mediapipe==0\.10\.21"):
        fetch_pose_files(tmp_path, never_cancelled, OPTIONS)


def test_an_index_that_cannot_be_reached(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.socket() as nobody:
        nobody.bind(("127.0.0.1", 0))
        monkeypatch.setenv("PIP_FIND_LINKS", f"http://127.0.0.1:{nobody.getsockname()[1]}/")
        with pytest.raises(ModelUnavailable, match="the package index cannot be reached"):
            fetch_pose_files(tmp_path, never_cancelled, OPTIONS)


def test_the_reason_of_pip_itself_is_logged(tmp_path: Path, index: Path, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, "smolvlm")
    (index / WHEEL).write_text("no archive")
    with pytest.raises(ModelUnavailable, match="could not be fetched: pip failed"):
        fetch_pose_files(tmp_path, never_cancelled, OPTIONS)
    (line,) = [record.getMessage() for record in caplog.records if "event=pip_failed" in record.getMessage()]
    assert "status=1" in line
    assert "mediapipe" in line
    assert "is invalid" in line


@pytest.mark.usefixtures("no_pip")
def test_a_python_without_pip(tmp_path: Path) -> None:
    with pytest.raises(ModelUnavailable, match="this Python has no pip") as caught:
        fetch_pose_files(tmp_path, never_cancelled, OPTIONS)
    assert "SMOLVLM_POSE_DIR" in caught.value.for_users


def test_no_place_for_the_files(tmp_path: Path) -> None:
    (tmp_path / "models").write_text("a file where the folder should be")
    with pytest.raises(ModelUnavailable, match="could not be stored") as caught:
        fetch_pose_files(tmp_path, never_cancelled, OPTIONS)
    assert str(tmp_path) not in caught.value.for_users


def test_a_file_that_cannot_be_put_there_leaves_nothing(tmp_path: Path, index: Path) -> None:
    write_wheel(index, CONTENTS)
    (pose_folder(tmp_path) / NAMES[0] / "a folder instead").mkdir(parents=True)
    with pytest.raises(ModelUnavailable, match="could not be stored"):
        fetch_pose_files(tmp_path, never_cancelled, OPTIONS)
    assert kept(tmp_path) == NAMES[:1]


def test_fetching_can_be_cancelled_while_pip_runs(tmp_path: Path, silent_index: socket.socket) -> None:
    def cancelled_once_pip_calls() -> None:
        if select.select([silent_index], [], [], 0)[0]:
            raise Cancelled("The work was cancelled.")

    started_s = time.monotonic()
    with pytest.raises(Cancelled):
        fetch_pose_files(tmp_path, cancelled_once_pip_calls, OPTIONS)
    assert has_hung_up(silent_index)
    assert time.monotonic() - started_s < PATIENCE_OF_PIP_S
    assert kept(tmp_path) == []


def test_a_network_that_is_too_slow(tmp_path: Path, silent_index: socket.socket) -> None:
    started_s = time.monotonic()
    with pytest.raises(ModelUnavailable, match="the network is too slow"):
        fetch_pose_files(tmp_path, never_cancelled, replace(OPTIONS, timeout_s=1.0))
    assert 1 <= time.monotonic() - started_s < PATIENCE_OF_PIP_S


def test_a_talkative_pip_is_listened_to(tmp_path: Path, index: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It says more than a pipe holds, 64 KiB, before it is done."""
    write_wheel(index, CONTENTS)
    for version in range(400):
        (index / f"mediapipe-0.9.{version}-cp27-{'long' * 40}.whl").touch()
    monkeypatch.setenv("PIP_VERBOSE", "3")
    assert is_whole(fetch_pose_files(tmp_path, never_cancelled, replace(OPTIONS, timeout_s=10)), OPTIONS)


def test_two_at_once_both_get_a_whole_folder(tmp_path: Path, index: Path) -> None:
    write_wheel(index, CONTENTS)
    together = threading.Barrier(2, timeout=10)

    def fetch() -> bool:
        together.wait()
        return is_whole(fetch_pose_files(tmp_path, never_cancelled, OPTIONS), OPTIONS)

    with ThreadPoolExecutor(2) as pool:
        assert [future.result(30) for future in [pool.submit(fetch) for _ in range(2)]] == [True, True]
    assert kept(tmp_path) == NAMES


def test_the_command_says_where_the_files_are(
    tmp_path: Path, index: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write_wheel(index, CONTENTS)
    for words in ("Fetched the pose model into", "The pose model is in"):
        assert main(["--data-dir", str(tmp_path)], OPTIONS) == 0
        assert capsys.readouterr().out == f"{words} {pose_folder(tmp_path)}\n"


@pytest.mark.usefixtures("no_pip")
def test_the_command_uses_the_data_folder_of_the_app(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("SMOLVLM_DATA_DIR", str(tmp_path))
    folder = place_files(tmp_path)
    assert main([], OPTIONS) == 0
    assert str(folder) in capsys.readouterr().out


def test_the_command_says_why_there_are_none(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "smolvlm_core.models.fetch", "--data-dir", str(tmp_path)]
    run = subprocess.run(command, check=False, capture_output=True, text=True, cwd=ROOT, timeout=30)
    assert run.returncode == 1
    assert run.stdout == ""
    assert run.stderr == (
        "The pose model could not be fetched: the package index has no mediapipe==0.10.21. "
        "Set SMOLVLM_POSE_DIR to a folder that holds the two files.\n"
    )
