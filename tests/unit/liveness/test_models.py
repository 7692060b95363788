"""Weights come by hash, whole or not at all, and nothing else is ever loaded."""

import hashlib
import zipfile

import pytest

from liveness.models import manifest
from liveness.models.__main__ import main
from liveness.models.fetching import complete
from liveness.models.store import Store, read_pinned

CONTENT = b"the weights"


def sha256(octets):
    return hashlib.sha256(octets).hexdigest()


@pytest.fixture
def offered(tmp_path):
    """What an operator without a network would bring: the archive, nothing unpacked."""
    directory = tmp_path / "offered"
    directory.mkdir()
    with zipfile.ZipFile(directory / "pack-1-py3-none-any.whl", "w") as wheel:
        wheel.writestr("pack/net.onnx", CONTENT)
        wheel.writestr("pack/somebody.jpg", b"a stranger's photograph")
    return directory


@pytest.fixture
def written(tmp_path, offered):
    """Write a manifest for it, with any of its words changed."""

    def write(**changed):
        archive = (offered / "pack-1-py3-none-any.whl").read_bytes()
        words = {
            "archive": sha256(archive),
            "sha256": sha256(CONTENT),
            "file": "net.onnx",
            "member": "pack/net.onnx",
        } | changed
        path = tmp_path / "manifest.toml"
        path.write_text(
            f"""[archives.pack]\nversion = "1"\nfile = "pack-1-py3-none-any.whl"
sha256 = "{words["archive"]}"\nmegabytes = 1\n[files.net]\nfile = "{words["file"]}"
archive = "pack"\nmember = "{words["member"]}"\nsha256 = "{words["sha256"]}"
size = {len(CONTENT)}\nlicence = "MIT"\nnotice = "Somebody's net."\n""",
            "utf-8",
        )
        return manifest.load(path)

    return write


def test_only_the_named_file_is_taken_out(tmp_path, offered, written):
    store = Store(tmp_path / "models", written())

    fetched = complete(store, offered=offered, tell=lambda line: None)

    assert fetched == 1
    assert {p.name for p in store.directory.iterdir()} == {"net.onnx", "NOTICE"}
    assert store.read("net") == CONTENT
    assert "Somebody's net." in (store.directory / "NOTICE").read_text("utf-8")


def test_what_is_there_is_not_fetched_again(tmp_path, offered, written):
    store = Store(tmp_path / "models", written())
    complete(store, offered=offered, tell=lambda line: None)

    again = complete(store, offered=tmp_path / "nowhere", tell=lambda line: None)

    assert again == 0


@pytest.mark.parametrize("word", ["archive", "sha256"])
def test_another_archive_or_file_is_refused(tmp_path, offered, written, word):
    store = Store(tmp_path / "models", written(**{word: sha256(b"another")}))

    with pytest.raises(manifest.ModelError, match="chosen"):
        complete(store, offered=offered, tell=lambda line: None)

    assert not (store.directory / "net.onnx").exists()


def test_altered_weights_are_never_handed_out(tmp_path, offered, written):
    """One octet is enough, and the set-up mends it."""
    store = Store(tmp_path / "models", written())
    complete(store, offered=offered, tell=lambda line: None)
    (store.directory / "net.onnx").write_bytes(b"The weights")

    with pytest.raises(manifest.ModelError, match="not the file"):
        store.read("net")

    assert complete(store, offered=offered, tell=lambda line: None) == 1
    assert store.read("net") == CONTENT


def test_a_file_of_the_operator_is_taken_if_it_hashes_right(tmp_path, offered, written):
    (offered / "pack-1-py3-none-any.whl").unlink()
    (offered / "net.onnx").write_bytes(CONTENT)
    archive = sha256(b"gone")
    offered.joinpath("pack-1-py3-none-any.whl").write_bytes(b"gone")
    store = Store(tmp_path / "models", written(archive=archive))

    complete(store, offered=offered, tell=lambda line: None)

    assert store.read("net") == CONTENT


@pytest.mark.parametrize("name", ["../net.onnx", "/etc/passwd", ".hidden", ""])
def test_a_manifest_cannot_write_elsewhere(written, name):
    with pytest.raises(manifest.ModelError, match="file name"):
        written(file=name)


def test_missing_weights_say_how_to_get_them(tmp_path, capsys):
    with pytest.raises(manifest.ModelError, match="manyou liveness models"):
        Store(tmp_path).read("detector")

    assert main(["--to", str(tmp_path), "--from", str(tmp_path)]) == 1
    assert "holds neither" in capsys.readouterr().err


def test_a_pinned_file_must_hash_as_pinned(tmp_path):
    path = tmp_path / "own.onnx"
    path.write_bytes(CONTENT)

    assert read_pinned(path, sha256(CONTENT).upper()) == CONTENT
    with pytest.raises(manifest.ModelError, match="pin"):
        read_pinned(path, sha256(b"another"))


def test_the_shipped_manifest_names_licence_and_notice_of_each():
    shipped = manifest.load()

    assert set(shipped.items) == {"detector", "embedder", "mesh", "iris"}
    assert all(item.licence in {"MIT", "Apache-2.0"} for item in shipped.items.values())
    assert all(item.notice for item in shipped.items.values())
