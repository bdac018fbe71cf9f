import dataclasses
import json
import math
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as npst

from leadline.core.errors import RunError
from leadline.record.evaluation import Baseline, ClassScore, Evaluation, Example, Score
from leadline.record.finding import Finding, Findings, Remedy
from leadline.record.quantities import VOCABULARY
from leadline.record.run import Look, Run
from leadline.record.store import load_findings, load_run, new_run_folder, save_findings, save_run

some = settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=25, deadline=None)


def same(a, b):
    """Equal in type, form and bits, NaN included."""
    if dataclasses.is_dataclass(a):
        return type(a) is type(b) and same(vars(a), vars(b))
    if isinstance(a, np.ndarray):
        return type(b) is np.ndarray and (a.dtype, a.shape, a.tobytes()) == (b.dtype, b.shape, b.tobytes())
    if isinstance(a, dict):
        return isinstance(b, dict) and a.keys() == b.keys() and all(same(a[k], b[k]) for k in a)
    if isinstance(a, (list, tuple)):
        return type(a) is type(b) and len(a) == len(b) and all(map(same, a, b))
    if isinstance(a, float):
        return type(b) is float and (a == b or (math.isnan(a) and math.isnan(b)))
    return type(a) is type(b) and a == b


def a_run():
    accuracy = Score("accuracy", 0.975, 0.949, math.nan)
    image = np.arange(12, dtype=np.uint8).reshape(2, 2, 3)
    evaluation = Evaluation(
        "test",
        "classification",
        4,
        (accuracy, Score("log_loss", math.inf, 0.1, 0.2, "lower")),
        (Baseline("majority", "The most frequent class.", (accuracy,)),),
        (ClassScore("null", 2, accuracy, math.nan, 0.0),),
        np.array([[2, 0], [1, 1]]),
        np.zeros((3, 3)),
        worst=(
            Example(3, "7", "1", 0.9, 5.0, image),
            Example(1, "7", "1", 0.9, 5.0, {"$age": "42", "name": "Zoë"}),
        ),
    )
    values = {
        "recipe": {"training": {"epochs": 3, "rate": math.nan}, "layers": [{"kind": "dense"}]},
        "data.name": "digits",
        "data.classes": ("0", "Köln", "\ud800"),
        "data.input.shape": (64,),
        "start.loss": math.inf,
        "data.rows.train": 2**63,
        "curve.loss.train": np.array([1.0, np.nan, -0.0]),
        "sounding.update.ratio": np.ones((3, 2), np.float32),
    }
    return Run(values, {"test": evaluation}, (Look("2026-01-01T00:00:00", "fit", 4),))


def test_a_run_comes_back_as_it_was(tmp_path):
    folder = save_run(a_run(), tmp_path / "run")
    assert same(load_run(folder), a_run())
    assert sorted(p.name for p in folder.iterdir()) == ["arrays.npz", "run.json"]
    assert [p.name for p in tmp_path.iterdir()] == ["run"]


plain = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3),
    max_leaves=6,
)
dtypes = npst.floating_dtypes(sizes=(32, 64)) | npst.integer_dtypes() | npst.boolean_dtypes()


def value_for(quantity):
    """Whatever the vocabulary lets stand under a name."""
    if quantity.axes:
        shape = npst.array_shapes(min_dims=len(quantity.axes), max_dims=len(quantity.axes), max_side=3)
        return npst.arrays(dtypes, shape)
    kind = quantity.shape.split(" ")[0]
    return {
        "": st.none() | st.booleans() | st.integers() | st.floats(),
        "text": st.text(),
        "mapping": st.dictionaries(st.text(max_size=4), plain, max_size=3),
        "words": st.lists(st.text(max_size=4), max_size=3).map(tuple),
        "sizes": st.lists(st.integers(1, 99), max_size=3).map(tuple),
    }[kind]


names = st.sets(st.sampled_from(sorted(VOCABULARY)), max_size=6)
values = names.flatmap(lambda some: st.fixed_dictionaries({n: value_for(VOCABULARY[n]) for n in some}))
scores = st.builds(Score, st.text(max_size=4), st.floats(), st.floats(), st.floats())
evaluations = st.builds(
    Evaluation,
    st.text(max_size=4),
    st.sampled_from(["classification", "regression"]),
    st.integers(0),
    st.lists(scores, max_size=2).map(tuple),
    predictions=npst.arrays(np.float64, (2, 2)),
    worst=st.lists(
        st.builds(
            Example,
            shown=npst.arrays(np.uint8, (2, 2)) | st.dictionaries(st.text(max_size=3), st.text(max_size=3)),
        ),
        max_size=2,
    ).map(tuple),
)
runs = st.builds(
    Run,
    values,
    st.dictionaries(st.text(max_size=6), evaluations, max_size=2),
    st.lists(st.builds(Look), max_size=2).map(tuple),
)


@some
@given(runs)
def test_any_run_comes_back_as_it_was(tmp_path_factory, run):
    folder = save_run(run, tmp_path_factory.mktemp("runs") / "run")
    assert same(load_run(folder), run)


WITHOUT_JAX = """
import sys
from leadline.record.store import load_run
print(load_run(sys.argv[1])["data.name"], sorted({"jax", "pandas", "sklearn", "torch"} & set(sys.modules)))
"""

WITHOUT_LEADLINE = """
import json, sys, numpy as np
run = json.load(open(sys.argv[1] + "/run.json"))
arrays = np.load(sys.argv[1] + "/" + run["arrays"]["file"])
loss = arrays[run["values"]["curve.loss.train"]["$array"]]
shown = arrays[run["evaluations"]["test"]["worst"][0]["shown"]["$array"]]
print(run["leadline_run"], run["values"]["data.name"], loss[0], shown.shape, "leadline" in sys.modules)
"""


@pytest.mark.parametrize(
    ("program", "printed"),
    [(WITHOUT_JAX, "digits []"), (WITHOUT_LEADLINE, "1 digits 1.0 (2, 2, 3) False")],
)
def test_a_run_is_read_without_jax_and_even_without_leadline(tmp_path, program, printed):
    folder = save_run(a_run(), tmp_path / "run")
    done = subprocess.run([sys.executable, "-c", program, folder], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == printed


def test_the_json_is_strict(tmp_path):
    def refuse(word):
        raise AssertionError(word)

    folder = save_run(a_run(), tmp_path / "run")
    content = json.loads((folder / "run.json").read_bytes(), parse_constant=refuse)
    assert content["values"]["start.loss"] == {"$float": "inf"}


def test_the_same_run_gives_the_same_bytes(tmp_path):
    one, two = (save_run(a_run(), tmp_path / name) for name in ("one", "two"))
    for name in ("run.json", "arrays.npz"):
        assert (one / name).read_bytes() == (two / name).read_bytes()


def test_folders_are_counted_and_never_given_twice(tmp_path):
    folders = [new_run_folder(tmp_path / "runs", "digits") for _ in range(3)]
    assert [f.name for f in folders] == ["digits-1", "digits-2", "digits-3"]
    save_run(a_run(), folders[0])
    assert new_run_folder(tmp_path / "runs", "digits").name == "digits-4"
    assert new_run_folder(tmp_path / "runs", "../a:b").parent == tmp_path / "runs"
    assert new_run_folder(tmp_path / "runs", "").name == "run-1"


def test_a_base_that_is_a_file_is_told(tmp_path):
    (tmp_path / "runs").touch()
    with pytest.raises(RunError, match="runs"):
        new_run_folder(tmp_path / "runs", "digits")


def test_a_folder_that_holds_something_is_not_touched(tmp_path):
    (tmp_path / "notes.txt").write_text("mine")
    with pytest.raises(RunError, match=r"a new or empty folder – got one with files in it\n\nhint: .*rm -r"):
        save_run(a_run(), tmp_path)
    assert [p.name for p in tmp_path.iterdir()] == ["notes.txt"]
    with pytest.raises(RunError, match="got a file"):
        save_run(a_run(), tmp_path / "notes.txt")


def test_an_empty_folder_is_filled(tmp_path):
    folder = new_run_folder(tmp_path, "digits")
    assert load_run(save_run(a_run(), folder))["data.name"] == "digits"


def test_a_saved_run_is_replaced_when_asked_and_what_stands_beside_stays(tmp_path):
    folder = save_run(a_run(), tmp_path / "run")
    (folder / "recipe.toml").write_text("mine")
    run = a_run()
    for number in range(3):
        run = run.with_look(Look("2026-01-02T00:00:00", "evaluate", 4))
        run = run.with_values({"curve.loss.train": np.full(3, float(number))})
        save_run(run, folder, replace=True)
        assert same(load_run(folder), run)
        assert len(list(folder.iterdir())) == 3
    assert (folder / "recipe.toml").read_text() == "mine"


def test_a_value_that_cannot_be_written_is_named_and_nothing_is_left(tmp_path):
    with pytest.raises(RunError, match=r"values/recipe/when: \w*Path"):
        save_run(Run({"recipe": {"when": Path("a")}}), tmp_path / "run")
    assert list(tmp_path.iterdir()) == []


FILL = """
import resource, sys, numpy as np
from leadline.core.errors import RunError
from leadline.record.run import Run
from leadline.record.store import save_run
resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, 20_000))
try:
    run = Run({"data.name": "new", "curve.loss.train": np.random.default_rng(0).random(100_000)})
    save_run(run, sys.argv[1], replace=True)
except RunError as error:
    print(error)
"""


@pytest.mark.parametrize("there", [True, False])
def test_a_disk_that_fills_leaves_the_old_run_whole(tmp_path, there):
    if there:
        save_run(a_run(), tmp_path / "run")
    program = [sys.executable, "-c", FILL, tmp_path / "run"]
    done = subprocess.run(program, capture_output=True, text=True, check=True)
    assert "must be on a disk with room for it – got File too large" in done.stdout
    if there:
        assert same(load_run(tmp_path / "run"), a_run())
        assert sorted(p.name for p in (tmp_path / "run").iterdir()) == ["arrays.npz", "run.json"]
    assert len(list(tmp_path.iterdir())) == there


def test_a_missing_run_is_told_with_the_nearest_name(tmp_path):
    save_run(a_run(), tmp_path / "digits-1")
    with pytest.raises(RunError, match=r"did you mean '.*digits-1'"):
        load_run(tmp_path / "digit-1")
    (tmp_path / "digits-1" / "arrays.npz").unlink()
    with pytest.raises(RunError, match=r"arrays\.npz – must be the arrays of a run – got nothing there"):
        load_run(tmp_path / "digits-1")
    (tmp_path / "empty").mkdir()
    with pytest.raises(RunError, match=r"run\.json .* got nothing there"):
        load_run(tmp_path / "empty")


def test_a_newer_run_is_told(tmp_path):
    folder = save_run(a_run(), tmp_path / "run")
    content = json.loads((folder / "run.json").read_text())
    (folder / "run.json").write_text(json.dumps({**content, "leadline_run": 2, "values": "of another form"}))
    with pytest.raises(RunError, match=r"must be of version 1 or older – got version 2\n\nhint: pip install"):
        load_run(folder)


@pytest.mark.parametrize(
    "text",
    [
        *("", "{", "[]", "null", "{}", "[" * 100_000, "\xff\xfe"),
        *('{"leadline_run": true}', '{"leadline_run": 0}', '{"leadline_run": "1"}', '{"leadline_run": 1}'),
        '{"leadline_run": 1, "arrays": {"file": "../../secret.npz", "sha256": ""}}',
    ],
)
def test_a_damaged_or_foreign_run_file_is_told(tmp_path, text):
    folder = save_run(a_run(), tmp_path / "run")
    (folder / "run.json").write_text(text, "latin-1")
    with pytest.raises(RunError, match=r"run\.json – must be a run\.json as Leadline writes it – got a dam"):
        load_run(folder)


@some
@given(st.data())
def test_whatever_happens_to_the_bytes_is_told_or_harmless(tmp_path_factory, data):
    folder = save_run(a_run(), tmp_path_factory.mktemp("runs") / "run")
    path = folder / data.draw(st.sampled_from(["run.json", "arrays.npz"]))
    raw = bytearray(path.read_bytes())
    if data.draw(st.booleans()):
        raw[data.draw(st.integers(0, len(raw) - 1))] ^= 1 << data.draw(st.integers(0, 7))
    else:
        del raw[data.draw(st.integers(0, len(raw) - 1)) :]
    path.write_bytes(raw)
    try:
        run = load_run(folder)
    except RunError:
        return
    assert path.name == "run.json"
    assert isinstance(run, Run)


def some_findings():
    remedy = Remedy("Scale them.", "leadline cure runs/a", {"data.scale": True, "rate": math.inf})
    one = Finding("unscaled_inputs", "Inputs", "warning", "age", "12", "slow", remedy, "LeCun (1998)", 0.5)
    return Findings([one, dataclasses.replace(one, fault="nan", severity="error")])


def test_findings_come_back_as_they_were(tmp_path):
    save_run(a_run(), tmp_path / "run")
    for findings in (Findings(), some_findings()):
        path = save_findings(findings, tmp_path / "run")
        assert path.name == "findings.json"
        assert load_findings(tmp_path / "run") == findings
        assert isinstance(load_findings(tmp_path / "run"), Findings)


def test_findings_that_cannot_be_read_or_written_are_told(tmp_path):
    with pytest.raises(RunError, match=r"findings\.json .* got nothing there"):
        load_findings(tmp_path)
    with pytest.raises(RunError, match="mkdir -p"):
        save_findings(some_findings(), tmp_path / "nowhere")
    path = save_findings(some_findings(), tmp_path)
    path.write_text(path.read_text().replace('"warning"', '"fatal"'))
    with pytest.raises(RunError, match="got 'fatal'"):
        load_findings(tmp_path)
    path.write_text('{"leadline_findings": 9}')
    with pytest.raises(RunError, match="version 9"):
        load_findings(tmp_path)
    odd = Finding("a", "A", "hint", "", "", "", Remedy("b", "", {"c": object()}))
    with pytest.raises(RunError, match="c: object"):
        save_findings(Findings([odd]), tmp_path)
    assert [p.name for p in tmp_path.iterdir()] == ["findings.json"]
