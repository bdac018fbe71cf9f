import gzip
import hashlib
import threading
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer

import pytest

import leadline.data as data
from leadline.core.errors import DataError
from leadline.data import downloads

FILES = {f"{part}-{what}-ubyte.gz": gzip.compress(f"{part} {what}".encode(), mtime=0)
         for part in ("train", "t10k") for what in ("images-idx3", "labels-idx1")}  # fmt: skip


class Quiet(SimpleHTTPRequestHandler):
    def log_message(self, *words):
        pass


@pytest.fixture
def mirror(tmp_path):
    """A web folder on this machine that holds the four files."""
    root = tmp_path / "web"
    root.mkdir()
    for name, content in FILES.items():
        (root / name).write_bytes(content)
    with ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=str(root))) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}/", root
        server.shutdown()
        thread.join()


@pytest.fixture
def small(monkeypatch):
    """The set "mnist" with the sums of the small files."""
    sums = {name: hashlib.sha256(content).hexdigest() for name, content in FILES.items()}
    monkeypatch.setattr(
        downloads, "REMOTES", {"mnist": downloads.Remote("http://127.0.0.1:9/", sums, ("0", "1"))}
    )


def test_files_arrive_whole_and_are_not_fetched_twice(mirror, small, tmp_path):
    url, _ = mirror
    fetched = []
    folder = data.download("mnist", tmp_path / "here", mirror=url, progress=fetched.append)
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == FILES
    assert fetched == list(FILES)
    (folder / fetched[0]).write_bytes(b"torn")
    data.download("mnist", folder, mirror=url, progress=fetched.append)
    assert fetched == [*FILES, fetched[0]]
    assert (folder / fetched[0]).read_bytes() == FILES[fetched[0]]


def test_a_changed_file_is_refused_and_not_left_behind(mirror, tmp_path):
    url, _ = mirror  # serves other bytes than the true MNIST
    with pytest.raises(DataError, match="SHA-256 440fcabf73cc"):
        data.download("mnist", tmp_path / "here", mirror=url)
    assert not (tmp_path / "here").exists()


def test_missing_file_and_no_connection(mirror, small, tmp_path):
    url, root = mirror
    (root / "t10k-labels-idx1-ubyte.gz").unlink()
    with pytest.raises(DataError, match="404"):
        data.download("mnist", tmp_path / "here", mirror=url)
    with pytest.raises(DataError, match="reachable"):
        data.download("mnist", tmp_path / "there", mirror="http://127.0.0.1:9/")


@pytest.mark.parametrize(("name", "mirror"), [("mnits", None), ("mnist", "file:///etc/")])
def test_unknown_set_and_foreign_scheme(name, mirror, tmp_path):
    with pytest.raises(DataError):
        data.download(name, tmp_path, mirror=mirror)


def test_without_files_the_error_says_how_to_get_them(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    with pytest.raises(DataError, match=r"ll.data.download\('mnist'\)"):
        data.mnist()
    with pytest.raises(DataError, match="fashion_mnist"):
        data.open({"source": "fashion_mnist"})
