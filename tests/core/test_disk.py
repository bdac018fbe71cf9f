import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from leadline.core.disk import not_read, not_written, replace_file
from leadline.core.errors import RunError

FILL = """
import resource, sys
from pathlib import Path
from leadline.core.disk import not_written, replace_file
from leadline.core.errors import RunError
resource.setrlimit(resource.RLIMIT_FSIZE, (1000, 1000))
try:
    replace_file(Path(sys.argv[1]), b"n" * 5000)
except OSError as error:
    print(not_written(error, Path("a.bin"), RunError))
"""


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=20)
@given(st.binary(), st.binary())
def test_the_new_content_stands_where_the_old_was(tmp_path, old, new):
    path = tmp_path / "a.bin"
    path.write_bytes(old)
    replace_file(path, new)
    assert path.read_bytes() == new
    assert [p.name for p in tmp_path.iterdir()] == ["a.bin"]


def test_a_file_that_grows_too_large_leaves_the_old_one_whole(tmp_path):
    path = tmp_path / "a.bin"
    path.write_bytes(b"old")
    done = subprocess.run([sys.executable, "-c", FILL, path], capture_output=True, text=True, check=True)
    assert "must be on a disk with room for it – got File too large" in done.stdout
    assert path.read_bytes() == b"old"
    assert [p.name for p in tmp_path.iterdir()] == ["a.bin"]


def test_a_link_is_followed(tmp_path):
    real = tmp_path / "real.bin"
    real.write_bytes(b"old")
    link = tmp_path / "link.bin"
    link.symlink_to(real)
    replace_file(link, b"new")
    assert link.is_symlink()
    assert real.read_bytes() == b"new"


def test_a_new_file_has_the_permissions_people_expect(tmp_path):
    mask = os.umask(0o022)
    try:
        replace_file(tmp_path / "a.bin", b"new")
    finally:
        os.umask(mask)
    assert stat.S_IMODE((tmp_path / "a.bin").stat().st_mode) == 0o644


def test_a_name_of_the_longest_length_is_fine(tmp_path):
    path = tmp_path / ("n" * 255)
    replace_file(path, b"new")
    assert path.read_bytes() == b"new"


def test_a_missing_folder_is_told_with_what_to_type(tmp_path):
    path = tmp_path / "runs" / "a.bin"
    with pytest.raises(FileNotFoundError) as caught:
        replace_file(path, b"")
    text = str(not_written(caught.value, path, RunError))
    assert "must be in a folder that exists" in text
    assert f"mkdir -p {path.parent}" in text


def test_a_missing_file_is_told_with_the_nearest_name(tmp_path):
    (tmp_path / "digits.leadline").touch()
    error = not_read(FileNotFoundError(), tmp_path / "digit.leadline", "a model file", RunError)
    assert f"did you mean '{tmp_path / 'digits.leadline'}'?" in str(error)
    nowhere = not_read(FileNotFoundError(), Path("no/where/at/all"), "a model file", RunError)
    assert "hint: check the path" in str(nowhere)
