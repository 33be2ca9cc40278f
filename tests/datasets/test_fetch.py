# SPDX-License-Identifier: BSD-3-Clause
"""Downloads from a server on this machine that breaks off, lies, redirects and fails."""

from __future__ import annotations

import hashlib
import io
import os
import tarfile
import threading
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from file_server import FileServer, Served

from pyconv.datasets.fetch import fetch
from pyconv.utils import get_file

CONTENT = np.random.default_rng(1).bytes(200_000)
SHA = hashlib.sha256(CONTENT).hexdigest()
MD5 = hashlib.md5(CONTENT).hexdigest()


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[FileServer]:
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    server = FileServer()
    yield server
    server.close()


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty cache of ours and of Keras's."""
    monkeypatch.setenv("PYCONV_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("KERAS_HOME", str(tmp_path / "keras"))
    return tmp_path / "home"


def get(server: FileServer, path: Path, checksum: str | None = f"sha256:{SHA}") -> list[str]:
    """Fetch from every file of the server in turn; return the names then beside the target."""
    fetch("get", [server.address(p) for p in server.files], path, checksum)
    assert path.read_bytes() == CONTENT
    return sorted(p.name for p in path.parent.iterdir())


@pytest.mark.parametrize("checksum", [None, f"sha256:{SHA}", f"md5:{MD5.upper()}"])
def test_a_file_arrives_whole_and_alone(
    server: FileServer, tmp_path: Path, checksum: str | None
) -> None:
    server.files["/a"] = Served(CONTENT)
    assert get(server, tmp_path / "new" / "x", checksum) == ["x"]
    assert os.stat(tmp_path / "new" / "x").st_mode & 0o777 == 0o666 & ~_umask()


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask


def test_the_next_address_serves_where_one_fails(server: FileServer, tmp_path: Path) -> None:
    server.files["/gone"] = Served(status=404)
    server.files["/broken"] = Served(status=503)
    server.files["/other"] = Served(b"another file")
    server.files["/good"] = Served(CONTENT)
    assert get(server, tmp_path / "x") == ["x"]
    assert [path for path, _, _ in server.asked] == ["/gone", "/broken", "/other", "/good"]


@pytest.mark.parametrize(
    ("etag", "checksum"), [('"v1"', None), (None, f"sha256:{SHA}"), ('"v1"', f"sha256:{SHA}")]
)
def test_a_broken_connection_is_taken_up_again(
    server: FileServer, tmp_path: Path, etag: str | None, checksum: str | None
) -> None:
    server.files["/a"] = Served(CONTENT, etag=etag, cut_after=[70_000, 60_000])
    assert get(server, tmp_path / "x", checksum) == ["x"]
    ranges = [(asked, version) for _, asked, version in server.asked]
    assert ranges == [(None, None), ("bytes=70000-", etag), ("bytes=130000-", etag)]


def test_without_version_or_checksum_it_begins_again(server: FileServer, tmp_path: Path) -> None:
    server.files["/a"] = Served(CONTENT, cut_after=[70_000])
    assert get(server, tmp_path / "x", None) == ["x"]
    assert [asked for _, asked, _ in server.asked] == [None, None]


def test_a_server_without_ranges_begins_again(server: FileServer, tmp_path: Path) -> None:
    server.files["/a"] = Served(CONTENT, ranges=False, cut_after=[70_000])
    assert get(server, tmp_path / "x") == ["x"]
    assert server.asked[1][1] == "bytes=70000-"


def test_a_file_that_changed_meanwhile_begins_again(server: FileServer, tmp_path: Path) -> None:
    old = Served(CONTENT[::-1], etag='"old"', cut_after=[70_000])
    new = Served(CONTENT, etag='"new"')
    turns = iter([old, new])

    class Changing(dict):  # type: ignore[type-arg]
        def get(self, *_: Any) -> Served:
            return next(turns)

    server.files = Changing({"/a": old})
    assert get(server, tmp_path / "x", None) == ["x"]
    assert server.asked[1] == ("/a", "bytes=70000-", '"old"')


def test_a_range_that_is_off_is_not_believed(server: FileServer, tmp_path: Path) -> None:
    server.files["/a"] = Served(CONTENT, shift=5, cut_after=[70_000])
    server.files["/b"] = Served(CONTENT)
    assert get(server, tmp_path / "x") == ["x"]


def test_a_later_call_goes_on_from_another_address(server: FileServer, tmp_path: Path) -> None:
    server.files["/a"] = Served(CONTENT, cut_after=[70_000, 0])
    with pytest.raises(OSError, match="ended after 70000 of 200000 bytes"):
        get(server, tmp_path / "x")
    assert [p.name for p in tmp_path.iterdir()] == [".x.part"]
    server.files = {"/b": Served(CONTENT)}
    assert get(server, tmp_path / "x") == ["x"]
    assert server.asked[-1][1] == "bytes=70000-"


def test_a_whole_part_is_not_downloaded_again(server: FileServer, tmp_path: Path) -> None:
    (tmp_path / ".x.part").write_bytes(CONTENT)
    server.files["/a"] = Served(CONTENT)
    assert get(server, tmp_path / "x") == ["x"]
    assert server.asked == [("/a", "bytes=200000-", None)]


@pytest.mark.parametrize("stale", [b"of another file", CONTENT + b"and more", bytes(200_000)])
def test_a_stale_part_does_not_spoil_the_file(
    server: FileServer, tmp_path: Path, stale: bytes
) -> None:
    (tmp_path / ".x.part").write_bytes(stale)
    server.files["/a"] = Served(CONTENT)
    server.files["/b"] = Served(CONTENT)
    assert get(server, tmp_path / "x") == ["x"]


def test_another_file_than_published_leaves_nothing(server: FileServer, tmp_path: Path) -> None:
    server.files["/a"] = Served(CONTENT[:-1])
    with pytest.raises(OSError, match="another file than published: sha256 is not") as caught:
        get(server, tmp_path / "x")
    assert list(tmp_path.iterdir()) == []
    assert server.address("/a") in str(caught.value)
    assert str(tmp_path) in str(caught.value)


def test_a_body_cut_short_without_a_checksum_leaves_nothing(
    server: FileServer, tmp_path: Path
) -> None:
    server.files["/a"] = Served(CONTENT, cut_after=[10] * 9)
    (tmp_path / "x").write_bytes(b"old")
    with pytest.raises(OSError, match="ended after 10 of 200000 bytes"):
        get(server, tmp_path / "x", None)
    assert [p.name for p in tmp_path.iterdir()] == ["x"]
    assert (tmp_path / "x").read_bytes() == b"old"


def test_redirects_are_followed_within_http(server: FileServer, tmp_path: Path) -> None:
    server.files["/a"] = Served(status=302, location="/b")
    server.files["/b"] = Served(CONTENT)
    assert get(server, tmp_path / "x") == ["x"]
    for location in ("file:///etc/hostname", "ftp://127.0.0.1/x", "/loop"):
        server.files = {"/loop": Served(status=302, location=location)}
        with pytest.raises(OSError, match=r"redirect"):
            get(server, tmp_path / "y")
    assert [p.name for p in tmp_path.iterdir()] == ["x"]


def test_nobody_there(tmp_path: Path) -> None:
    with pytest.raises(OSError, match="x could not be downloaded"):
        fetch("get", ["http://127.0.0.1:9/x"], tmp_path / "x")
    with pytest.raises(ValueError, match="must begin with http"):
        fetch("get", ["file:///etc/hostname"], tmp_path / "x")
    for bad in ("sha1:00", "md5:12", "sha256:" + "g" * 64):
        with pytest.raises(ValueError, match="get: checksum"):
            fetch("get", ["http://127.0.0.1:9/x"], tmp_path / "x", bad)
    assert list(tmp_path.iterdir()) == []


def test_two_at_once_do_not_mix(server: FileServer, tmp_path: Path) -> None:
    server.files["/a"] = Served(CONTENT)
    threads = [threading.Thread(target=get, args=(server, tmp_path / "x")) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [p.name for p in tmp_path.iterdir()] == ["x"]


def test_get_file_keeps_what_it_has(
    server: FileServer, home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    server.files["/data/a.bin"] = Served(CONTENT)
    address = server.address("/data/a.bin?x=1")
    server.files["/data/a.bin?x=1"] = server.files["/data/a.bin"]
    path = get_file(origin=address)
    assert path == str(home / "datasets/a.bin")
    assert Path(path).read_bytes() == CONTENT
    assert capsys.readouterr().out == f"Downloading data from {address}\n"
    assert get_file(origin=address, file_hash=SHA) == path
    assert get_file("a.bin", address, md5_hash=MD5) == path
    assert len(server.asked) == 1
    get_file(origin=address, force_download=True)
    Path(path).write_bytes(b"spoiled")
    get_file(origin=address, file_hash=SHA)
    assert len(server.asked) == 3
    assert Path(path).read_bytes() == CONTENT
    named = get_file("b", [server.address("/gone"), address], cache_subdir="models")
    assert named == str(home / "models/b")
    elsewhere = get_file("b", address, cache_dir=home / "other", cache_subdir="")
    assert elsewhere == str(home / "other/b")


def test_a_file_in_kerass_cache_serves(server: FileServer, home: Path) -> None:
    theirs = home.parent / "keras/datasets/a.bin"
    theirs.parent.mkdir(parents=True)
    theirs.write_bytes(CONTENT)
    assert get_file(origin=server.address("/a.bin"), file_hash=SHA) == str(theirs)
    theirs.write_bytes(b"spoiled")
    server.files["/a.bin"] = Served(CONTENT)
    assert get_file(origin=server.address("/a.bin"), file_hash=SHA) == str(home / "datasets/a.bin")


def tarred(*members: tuple[str, bytes | tarfile.TarInfo], mode: str = "w:gz") -> bytes:
    file = io.BytesIO()
    with tarfile.open(fileobj=file, mode=mode) as archive:  # type: ignore[call-overload]
        for name, content in members:
            info = content if isinstance(content, tarfile.TarInfo) else tarfile.TarInfo(name)
            info.name = name
            if isinstance(content, bytes):
                info.size = len(content)
                archive.addfile(info, io.BytesIO(content))
            else:
                archive.addfile(info)
    return file.getvalue()


def zipped(*members: tuple[str, bytes], mode: int = 0o100644) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members:
            info = zipfile.ZipInfo(name)
            info.external_attr = mode << 16
            archive.writestr(info, content, zipfile.ZIP_DEFLATED)
    return file.getvalue()


def link(kind: bytes, target: str) -> tarfile.TarInfo:
    info = tarfile.TarInfo()
    info.type, info.linkname = kind, target
    return info


@pytest.mark.parametrize(
    "content",
    [
        tarred(("./d/a.txt", b"one"), ("b", b"two")),
        tarred(("d/a.txt", b"one"), ("b", b"two"), mode="w:xz"),
        zipped(("d/a.txt", b"one"), ("b", b"two")),
    ],
)
def test_archives_are_unpacked_once(server: FileServer, home: Path, content: bytes) -> None:
    server.files["/pets.tgz"] = Served(content)
    folder = get_file("pets.tgz", server.address("/pets.tgz"), extract=True)
    assert folder == str(home / "datasets/pets_extracted")
    assert (Path(folder) / "d/a.txt").read_bytes() == b"one"
    assert (Path(folder) / "b").stat().st_mode & 0o777 == 0o666 & ~_umask()
    (Path(folder) / "b").write_bytes(b"mine")
    assert get_file("pets.tgz", server.address("/pets.tgz"), untar=True) == folder
    assert (Path(folder) / "b").read_bytes() == b"mine"
    get_file("pets.tgz", server.address("/pets.tgz"), extract=True, force_download=True)
    assert (Path(folder) / "b").read_bytes() == b"two"
    plain = get_file("pets", server.address("/pets.tgz"), extract=True)
    assert plain == str(home / "datasets/pets")
    assert sorted(p.name for p in (home / "datasets").iterdir()) == [
        "pets", "pets.tgz", "pets_archive", "pets_extracted",
    ]  # fmt: skip


HOSTILE = {
    "parent": tarred(("../evil", b"x")),
    "deep parent": tarred(("a/../../evil", b"x")),
    "absolute": tarred(("/tmp/evil", b"x")),
    "symlink": tarred(("a", link(tarfile.SYMTYPE, "/etc")), ("a/evil", b"x")),
    "inner symlink": tarred(("b", b"x"), ("a", link(tarfile.SYMTYPE, "b"))),
    "hard link": tarred(("a", link(tarfile.LNKTYPE, "../../evil"))),
    "device": tarred(("a", link(tarfile.CHRTYPE, ""))),
    "pipe": tarred(("a", link(tarfile.FIFOTYPE, ""))),
    "bomb": tarred(("a", bytes(60_000_000))),
    "zip parent": zipped(("../evil", b"x")),
    "zip backslash": zipped(("..\\evil", b"x")),
    "zip drive": zipped(("C:/evil", b"x")),
    "zip symlink": zipped(("a", b"/etc/passwd"), mode=0o120777),
    "zip bomb": zipped(("a", bytes(60_000_000))),
    "cut": tarred(("a", CONTENT))[:-5000],
    "damaged zip": zipped(("a", CONTENT)).replace(CONTENT[100:120], bytes(20)),
    "no archive": b"hello",
}


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_archives_leave_nothing(server: FileServer, home: Path, name: str) -> None:
    server.files["/pets.tgz"] = Served(HOSTILE[name])
    with pytest.raises(ValueError, match=r"pets\.tgz: "):
        get_file("pets.tgz", server.address("/pets.tgz"), extract=True)
    assert [p.name for p in (home / "datasets").iterdir()] == ["pets.tgz"]
    assert not list(home.parent.glob("**/evil"))


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({}, "origin=None; must be an address"),
        ({"origin": []}, r"origin=\[\]; must be"),
        ({"origin": "http://x/"}, "origin='http://x/'; must have a plain file name"),
        ({"origin": "http://x/y", "fname": "../y"}, "fname='../y'; must have a plain file name"),
        ({"origin": "http://x/y", "fname": ".."}, "must have a plain file name"),
        ({"origin": "ftp://x/y"}, "must begin with http"),
        ({"origin": "http://x/y", "file_hash": "12"}, "sha256 has 64 digits"),
        ({"origin": "http://x/y", "hash_algorithm": "sha1"}, "hash_algorithm='sha1'"),
        ({"origin": "http://x/y", "archive_format": "rar"}, "archive_format='rar'"),
        ({"origin": "http://x/y", "extract": 1}, "extract=1; must be True or False"),
    ],
)
def test_arguments_out_of_range_are_named(
    home: Path, arguments: dict[str, Any], message: str
) -> None:
    with pytest.raises((ValueError, TypeError), match=message):
        get_file(**arguments)
    assert not home.exists()
