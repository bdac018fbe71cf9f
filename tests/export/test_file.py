import json
import math
import os
import pickle
import resource
import subprocess
import zipfile

import jax
import numpy as np
import pytest
import safetensors.numpy
import torch
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from leadline.core.errors import ModelFileError
from leadline.export import load
from leadline.export.container import pack, unpack
from leadline.nn import flatten_params

RAW = {0: "passengers", 1: "pictures", 2: "measured", 3: "measured"}


@pytest.mark.parametrize("which", range(4))
def test_a_model_comes_back_with_the_same_bits(everything, which, tmp_path, request):
    model = everything[which]
    again = load(model.save(tmp_path / "a.leadline"))
    x = request.getfixturevalue(RAW[which])
    x = x[0] if isinstance(x, tuple) else x
    assert (again.scores(x) == model.scores(x)).all()
    assert (again.predict(x) == model.predict(x)).all()
    assert again.predictions(x).to_frame().equals(model.predictions(x).to_frame())
    assert again.network == model.network
    assert again.task == model.task
    assert (again.class_names, again.target_name) == (model.class_names, model.target_name)
    assert jax.tree.structure((again.params, again.state)) == jax.tree.structure((model.params, model.state))
    assert again.save(tmp_path / "b.leadline").read_bytes() == (tmp_path / "a.leadline").read_bytes()


def test_what_json_lacks_comes_back_too(convolutional, tmp_path):
    again = load(convolutional.save(tmp_path / "a.leadline"))
    assert math.isnan(again.reference["data.input.mean"][1])


def test_the_file_is_ordinary_safetensors_with_words_in_its_header(binary, tmp_path):
    path = binary.save(tmp_path / "a.leadline")
    with safetensors.safe_open(path, "np") as file:
        seal = json.loads(file.metadata()["leadline_model"])
        words = seal["content"]
        assert seal["version"] == 1
        assert sorted(file.keys()) == [
            "params/0.dense/bias",
            "params/0.dense/kernel",
            "params/2.dense/bias",
            "params/2.dense/kernel",
        ]
        kernel = file.get_tensor("params/0.dense/kernel")
    assert (kernel == flatten_params(binary.network, binary.params)["0.dense/kernel"]).all()
    assert words["network"]["kind"] == "sequential"
    assert words["task"]["link"] == "sigmoid"
    assert words["input_shape"] == [6]
    assert (words["class_names"], words["target_name"]) == (["lost", "saved"], "fate")


def test_state_is_named_by_layer_too(convolutional, tmp_path):
    with safetensors.safe_open(convolutional.save(tmp_path / "a.leadline"), "np") as file:
        assert "state/1.residual.1.batch_norm/mean" in file.keys()  # noqa: SIM118 – no mapping


def test_a_pickle_in_disguise_does_not_run(tmp_path):
    class Evil:
        def __reduce__(self):
            return os.mkdir, (str(tmp_path / "was here"),)

    for name, raw in {"a": pickle.dumps(Evil()), "b": pickle.dumps(Evil(), 0)}.items():
        (tmp_path / name).write_bytes(raw)
        with pytest.raises(ModelFileError):
            load(tmp_path / name)
    assert not (tmp_path / "was here").exists()


def write_zip(path):
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("data.pkl", b"1")


FOREIGN = {
    "an empty file": lambda path: path.touch(),
    "a zip archive": write_zip,
    "a zip archive, as PyTorch": lambda path: torch.save({"a": torch.ones(2)}, path),
    "a pickle": lambda path: path.write_bytes(pickle.dumps({"a": 1})),
    "a file of another kind": lambda path: path.write_bytes(np.random.default_rng(0).bytes(5000)),
    "a file of another kind ": lambda path: path.write_bytes(b"a,b\n1,2\n"),
    "a file of another kind  ": lambda path: path.write_bytes(bytes(20)),
    "Is a directory": lambda path: path.mkdir(),
    "an ordinary safetensors file": lambda path: safetensors.numpy.save_file({"a": np.ones(2)}, path),
    "a file whose header is damaged": lambda path: path.write_bytes((4).to_bytes(8, "little") + b"{{{{"),
    "a file whose header is damaged ": lambda path: path.write_bytes((4).to_bytes(8, "little") + b'{":"'),
    "cut short": lambda path: path.write_bytes((9999).to_bytes(8, "little") + b'{"a":1}'),
    "of another kind": lambda path: path.write_bytes((2**63).to_bytes(8, "little") + b'{"a":1}'),
}


@pytest.mark.parametrize("got", FOREIGN)
def test_a_foreign_file_is_told_as_what_it_is(tmp_path, got):
    FOREIGN[got](tmp_path / "a.leadline")
    with pytest.raises(ModelFileError, match=f"got .*{got.strip()}"):
        load(tmp_path / "a.leadline")


def test_a_missing_file_is_told_with_the_nearest(binary, tmp_path):
    binary.save(tmp_path / "titanic.leadline")
    with pytest.raises(ModelFileError, match=r"did you mean '.*titanic\.leadline'"):
        load(tmp_path / "titanc.leadline")
    with pytest.raises(ModelFileError, match="got nothing there"):
        load(tmp_path / "no" / "where.leadline")


def rewritten(model, path, change):
    """Save a model, change its words and tensors, and seal it again."""
    model.save(path)
    with path.open("rb") as file:
        words, tensors = unpack(file, path.stat().st_size, "")
    change(words, tensors)
    path.write_bytes(pack(words, tensors, ""))


def resealed(path, seal):
    """Write a file of this seal, whatever it is."""
    safetensors.numpy.save_file({"params/x": np.ones(2)}, path, {"leadline_model": seal})
    return path


def test_a_newer_file_is_told_whatever_else_it_holds(tmp_path):
    path = resealed(tmp_path / "a.leadline", '{"version": 2, "content": "of another form"}')
    with pytest.raises(ModelFileError, match=r"of version 1 or older – got version 2\n\nhint: pip install"):
        load(path)


@pytest.mark.parametrize(
    "seal",
    [
        *("", "{", "[]", "null", "1", "{}", "[" * 100_000, '"version"', "\0"),
        *('{"version": 0}', '{"version": true}', '{"version": "1"}', '{"version": 1}', '{"version": NaN}'),
        '{"version": 1, "sha256": "", "content": {}}',
        '{"version": 1, "sha256": null, "content": {"a": NaN}}',
        '{"version": 1, "sha256": "", "content": {"a": "\\ud800"}}',
    ],
)
def test_a_seal_that_is_none_is_told(tmp_path, seal):
    with pytest.raises(ModelFileError, match="must be a whole model file – got a damaged one"):
        load(resealed(tmp_path / "a.leadline", seal))


def test_every_tensor_that_does_not_fit_is_named(convolutional, tmp_path):
    def change(words, tensors):
        tensors["params/0.conv/kernels"] = tensors.pop("params/0.conv/kernel")
        tensors["params/5.dense/bias"] = np.zeros(11, np.float32)
        tensors["params/5.dense/kernel"] = tensors["params/5.dense/kernel"].astype(np.float64)
        del tensors["state/1.residual.1.batch_norm/mean"]

    rewritten(convolutional, tmp_path / "a.leadline", change)
    with pytest.raises(ModelFileError) as caught:
        load(tmp_path / "a.leadline")
    told = {p.where.partition("tensor ")[2]: p for p in caught.value.problems}
    assert set(told) == {
        "params/0.conv/kernel",
        "params/0.conv/kernels",
        "params/5.dense/bias",
        "params/5.dense/kernel",
        "state/1.residual.1.batch_norm/mean",
    }
    assert told["params/5.dense/bias"].must_be == "there, float32 of shape (10,)"
    assert told["params/5.dense/bias"].got == "float32 of shape (11,)"
    assert told["params/5.dense/kernel"].got.startswith("float64")
    assert told["params/0.conv/kernel"].got == "nothing"
    assert "did you mean 'params/0.conv/kernel'" in told["params/0.conv/kernels"].hint


CHANGES = {
    "network, kind": lambda words: words["network"].update(kind="sequentail"),
    r"network\.layers\[0\], unit ": lambda words: words["network"]["layers"][0].update(unit=3),
    "preparation": lambda words: words["preparation"].update(encoder={"kind": "sound"}),
    "task": lambda words: words.pop("task"),
    "loss": lambda words: words["task"].update(loss="cross_entrpy"),
    "number of class names": lambda words: words["class_names"].append("third"),
    "outputs of the network": lambda words: words["network"]["layers"][2].update(units=2),
    "input shape": lambda words: words.update(input_shape=[7]),
    "lacks it": lambda words: words.update(network=[1, 2], class_names=None),
}


@pytest.mark.parametrize("told", CHANGES)
def test_words_that_do_not_fit_are_told(binary, tmp_path, told):
    rewritten(binary, tmp_path / "a.leadline", lambda words, tensors: CHANGES[told](words))
    with pytest.raises(ModelFileError, match=told.strip() if told != "lacks it" else "network"):
        load(tmp_path / "a.leadline")


@pytest.fixture(scope="module")
def whole(regression, tmp_path_factory):
    path = regression.save(tmp_path_factory.mktemp("models") / "a.leadline")
    return path.read_bytes(), np.array(jax.tree.leaves(regression.params), dtype=object)


@settings(
    max_examples=150,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
    print_blob=True,
)
@given(data=st.data())
def test_whatever_happens_to_the_bytes_is_told_or_harmless(regression, whole, tmp_path, data):
    raw = bytearray(whole[0])
    places = st.integers(0, len(raw) - 1)
    what = data.draw(st.sampled_from(["flip", "cut", "grow", "zero", "swap"]))
    at = data.draw(places)
    if what == "flip":
        raw[at] ^= 1 << data.draw(st.integers(0, 7))
    elif what == "cut":
        del raw[at:]
    elif what == "grow":
        raw[at:at] = data.draw(st.binary(min_size=1, max_size=40))
    elif what == "zero":
        raw[at : at + 16] = bytes(len(raw[at : at + 16]))
    else:
        other = data.draw(places)
        raw[at], raw[other] = raw[other], raw[at]
    path = tmp_path / "a.leadline"
    path.write_bytes(raw)
    try:
        again = load(path)
    except ModelFileError:
        return
    assert jax.tree.all(jax.tree.map(lambda a, b: (a == b).all(), again.params, regression.params))
    assert again.network == regression.network
    assert again.preparation == regression.preparation


@settings(max_examples=60, deadline=None)
@given(raw=st.binary(max_size=200))
def test_random_bytes_are_told(tmp_path_factory, raw):
    path = tmp_path_factory.getbasetemp() / "random.leadline"
    path.write_bytes(raw)
    with pytest.raises(ModelFileError):
        load(path)


def test_every_byte_of_every_tensor_is_watched(whole, tmp_path):
    raw, path = whole[0], tmp_path / "a.leadline"
    start = 8 + int.from_bytes(raw[:8], "little")
    for at in range(start, len(raw)):
        path.write_bytes(raw[:at] + bytes([raw[at] ^ 1]) + raw[at + 1 :])
        with pytest.raises(ModelFileError, match="SHA-256"):
            load(path)


def check_whole(folder, before):
    assert [p.name for p in folder.iterdir()] == ["a.leadline"]
    assert (folder / "a.leadline").read_bytes() == before
    load(folder / "a.leadline")


def test_a_file_that_may_not_grow_leaves_the_old_one_whole(binary, large, tmp_path):
    before = binary.save(tmp_path / "a.leadline").read_bytes()
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (50_000, limits[1]))
    try:
        with pytest.raises(ModelFileError, match="on a disk with room for it – got File too large"):
            large.save(tmp_path / "a.leadline")
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    check_whole(tmp_path, before)


def test_a_full_disk_leaves_the_old_file_whole(binary, large, tmp_path):
    small = ["mount", "-t", "tmpfs", "-o", "size=128k", "tmpfs", str(tmp_path)]
    mount = subprocess.run(small, capture_output=True, text=True, check=False)
    if mount.returncode:
        pytest.skip(f"a small disk cannot be mounted here: {mount.stderr.strip()}")
    try:
        before = binary.save(tmp_path / "a.leadline").read_bytes()
        with pytest.raises(ModelFileError, match="on a disk with room for it – got No space left on device"):
            large.save(tmp_path / "a.leadline")
        check_whole(tmp_path, before)
    finally:
        subprocess.run(["umount", str(tmp_path)], check=True)


def test_a_folder_that_is_not_there_is_told(binary, tmp_path):
    with pytest.raises(ModelFileError, match=r"in a folder that exists .*\n\nhint: mkdir -p"):
        binary.save(tmp_path / "models" / "a.leadline")
    with pytest.raises(ModelFileError, match="a place that can be written"):
        binary.save(tmp_path)


def test_a_tensor_the_format_lacks_is_told(tmp_path):
    with pytest.raises(ModelFileError, match=r"got w complex128, x bfloat16"):
        pack({}, {"w": np.ones(2, complex), "x": np.asarray(jax.numpy.ones(2, "bfloat16"))}, "a.leadline")
