"""The ways in which programs replace a file. Each is a function of the path and the new text."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path


def in_place(path: Path, text: str) -> None:
    """The shell's `>`: the file is cut, and written."""
    path.write_text(text)


def in_pieces(path: Path, text: str) -> None:
    """Slowly, with a pause of the disk after each piece."""
    with open(path, "w") as file:
        for start in range(0, len(text), max(1, len(text) // 4)):
            file.write(text[start : start + max(1, len(text) // 4)])
            file.flush()
            os.fsync(file.fileno())


def by_rename(path: Path, text: str) -> None:
    """As well-behaved programs do: beside it, then over it."""
    draft = path.with_name(f".{path.name}.draft")
    draft.write_text(text)
    os.replace(draft, path)


def by_vim(path: Path, text: str) -> None:
    """With `backupcopy=no`: a file of the directory is tried, the old one becomes the backup, and the new one is made."""
    trial = path.with_name("4913")
    trial.touch()
    trial.unlink()
    backup = path.with_name(path.name + "~")
    path.rename(backup)
    with open(path, "w") as file:
        file.write(text)
        file.flush()
        os.fchmod(file.fileno(), 0o600)
        os.fsync(file.fileno())
    backup.unlink()


def by_emacs(path: Path, text: str) -> None:
    """The backup stays."""
    path.rename(path.with_name(path.name + "~"))
    path.write_text(text)


def by_sed(path: Path, text: str) -> None:
    """`sed -i` itself, which replaces all lines by those of another file."""
    source = path.with_name(".source")
    source.write_text(text)
    if not path.read_text():
        path.write_text("\n")
    subprocess.run(["sed", "-i", "-e", f"$r {source}", "-e", "d", str(path)], check=True)
    source.unlink()


def by_hard_link(path: Path, text: str) -> None:
    draft = path.with_name(f".{path.name}.draft")
    draft.write_text(text)
    path.unlink()
    os.link(draft, path)
    draft.unlink()


def by_copy_of_the_directory(path: Path, text: str) -> None:
    """The directory is deleted and made again, with everything in it."""
    files = {file.name: file.read_text() for file in path.parent.iterdir() if file.is_file()}
    shutil.rmtree(path.parent)
    path.parent.mkdir()
    for name, content in (files | {path.name: text}).items():
        (path.parent / name).write_text(content)


def by_exchange_of_the_directory(path: Path, text: str) -> None:
    """The directory is moved away, and another one gets its name."""
    fresh = path.parent.with_name(path.parent.name + ".new")
    shutil.copytree(path.parent, fresh)
    (fresh / path.name).write_text(text)
    old = path.parent.with_name(path.parent.name + ".old")
    shutil.rmtree(old, ignore_errors=True)
    path.parent.rename(old)
    fresh.rename(path.parent)


WAYS = [
    in_place,
    in_pieces,
    by_rename,
    by_vim,
    by_emacs,
    by_sed,
    by_hard_link,
    by_copy_of_the_directory,
    by_exchange_of_the_directory,
]


class Projected:
    """A volume of Kubernetes (ConfigMap, Secret): every file is a link by way of `..data`, which is exchanged."""

    def __init__(self, folder: Path, **files: str):
        self.folder = folder
        self.files: dict[str, str] = {}
        self.generation = 0
        folder.mkdir(parents=True)
        self.update(**{name.replace("_json", ".json"): text for name, text in files.items()})

    def update(self, **files: str | None) -> None:
        """What kubelet's atomic writer does; None removes a file."""
        self.files = {name: text for name, text in (self.files | files).items() if text is not None}
        self.generation += 1
        data = self.folder / f"..2026_11_28_{self.generation}"
        data.mkdir()
        for name, text in self.files.items():
            (data / name).write_text(text)
        old = os.readlink(self.folder / "..data") if self.generation > 1 else None
        (self.folder / "..data_tmp").symlink_to(data.name)
        os.rename(self.folder / "..data_tmp", self.folder / "..data")
        for name in self.files:
            link = self.folder / name
            if not link.is_symlink():
                link.symlink_to(f"..data/{name}")
        for entry in self.folder.iterdir():
            if not entry.name.startswith("..") and entry.name not in self.files:
                entry.unlink()
        if old:
            shutil.rmtree(self.folder / old)
