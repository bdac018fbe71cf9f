"""The plan of a training: on how many devices, in which precision, in what portions, and why.

Comes in: what a user wishes, the network's arithmetic, the data's size, and the machine. Goes out: every choice made,
each with its reason; this is the one place that decides the shape of the loop. The numbers were measured on two cores
by ``benchmarks/plans.py``.
"""

from __future__ import annotations

import math

from leadline.core.errors import RecipeError
from leadline.core.text import count
from leadline.nn.work import Work
from leadline.training.plan import Amount, Chosen, Machine, Plan

WORTH_SHARING = 20e6
"""Multiplications of a step from which sharing pays on a processor's cores: digits' CNN (3 million) takes 1.6 times as
long on two, an LSTM of 64 (65 million) 0.7 times."""
LAYOUT = "channels last, and gradients of convolutions in the one order that XLA runs fast in a loop"
LEAST_ROWS = 8  # of a step for each device; fewer leave its arithmetic too small to be fast
MOSTLY = 0.5  # share of the arithmetic that must profit
WORTH_SHARING_CHIPS = (
    1e9  # multiplications of a step for each chip; not measured, none of several chips was at hand
)

SHORT_EPOCH = 1e9
"""Multiplications of an epoch that need no watching: a quarter of a second on a slow core."""
BRIEF = 0.2
"""Seconds of a training, estimated at the least, that are over sooner than it could be compiled well."""
BRIEFLY = "with little effort: the training may be over sooner than it could be compiled well"
CHUNK_BYTES = (
    32e6  # large enough that a chunk takes longer than handing it over, small enough to have several
)
FITS = 0.4  # share of a device's memory that rows may take; weights and outputs of layers need the rest

SOUNDED_SHARE = 0.03
"""Share of the training's time that soundings may take."""
SOUNDED = 128  # rows, as in closing.py
LEAST_SOUNDINGS = 10  # of a training, however short: curves of fewer points tell little


def decide(wish: Plan, work: Work, amount: Amount, machine: Machine) -> Chosen:
    """Decide what was not wished.

    Args:
        wish: What the user wants.
        work: Arithmetic of one row.
        amount: Rows, batch and epochs.
        machine: What there is.

    Example:
        >>> from leadline.models import mlp
        >>> from leadline.nn.work import work_of
        >>> amount = Amount(rows=60_000, batch=128, epochs=10, row_bytes=3_140)
        >>> print(decide(Plan(), work_of(mlp(10), (784,)), amount, Machine("cpu", 2, 8e9)))
        devices    1 of 2 cores: products of matrices use all cores by themselves
        precision  float32: bfloat16 pays on no processor measured
        rows       all 60,000 on the device: 188 MB fit
        loop       watched: an epoch takes long enough to look at it a few times a second
        compile    well: the training is longer than that takes
        soundings  every epoch: about 0.5% of the time
        unroll     a step at a time: writing several one after the other gains nothing and takes longer to compile
    """
    devices, for_devices = _devices(wish, work, amount.batch, machine)
    precision, for_precision = _precision(wish, machine)
    chunk, whole, for_rows = _rows(wish, amount, machine)
    swept = whole and machine.processes == 1 and amount.rows * work.multiplications <= SHORT_EPOCH
    brief = swept and machine.platform == "cpu" and amount.epochs * epoch_seconds(work, amount) <= BRIEF
    every, for_soundings = _soundings(wish, work, amount)
    looks = "an epoch takes long enough to look at it a few times a second"
    why = {
        "devices": for_devices,
        "precision": for_precision,
        "rows": for_rows,
        **({"layout": LAYOUT} if work.convolutions and machine.platform == "cpu" else {}),
        "loop": "swept: an epoch is over before a person would look" if swept else f"watched: {looks}",
        "compile": BRIEFLY if brief else "well: the training is longer than that takes",
        "soundings": for_soundings,
    }
    unroll = wish.unroll or 1
    none = "a step at a time: writing several one after the other gains nothing and takes longer to compile"
    why["unroll"] = f"{unroll} steps, as wished" if wish.unroll else none
    return Chosen(devices, precision, chunk, whole, swept, brief, unroll, every, why)


def _devices(wish: Plan, work: Work, batch: int, machine: Machine) -> tuple[int, str]:
    if machine.processes > 1:
        _check_all_share(batch, machine.devices)
        words = f"all {machine.devices} of {count(machine.processes, 'process', 'processes')}"
        return machine.devices, f"{words}: that is what they are for"
    if wish.devices is not None:
        devices = _parts(batch, min(wish.devices, machine.devices), 1)
        short = "" if devices == wish.devices else f" of {wish.devices} wished: there are {machine.words}"
        if devices < min(wish.devices, machine.devices):
            short = f" of {wish.devices} wished: they must share {count(batch, 'row')} of a step equally"
        return devices, f"{devices}{short or ', as wished'}"
    if machine.devices == 1:
        return 1, f"1: there is no other{_only_one(machine)}"
    of = f"of {machine.words}"
    work_of_step = work.multiplications * batch
    devices = _parts(batch, machine.devices, LEAST_ROWS)
    if machine.platform == "cpu":
        if work.on_one_core < MOSTLY * work.multiplications:
            return 1, f"1 {of}: products of matrices use all cores by themselves"
        if work_of_step < WORTH_SHARING:
            return (
                1,
                f"1 {of}: a step is over before the cores have met ({work_of_step / 1e6:.2g} million products)",
            )
        return (
            devices,
            f"{devices} {of}: convolutions and recurrent layers leave cores idle, so each takes a part of the batch",
        )
    if work_of_step < WORTH_SHARING_CHIPS * machine.devices:
        return 1, f"1 {of}: a step is too small to be shared ({work_of_step / 1e9:.2g} billion products)"
    return devices, f"{devices} {of}: each takes a part of the batch"


def _check_all_share(batch: int, devices: int) -> None:
    if batch % devices:
        must, hint = f"a multiple of the {devices} devices of all processes", -(-batch // devices) * devices
        raise RecipeError.at("recipe, batch_size", must, str(batch), f"batch_size={hint}")


def _only_one(machine: Machine) -> str:
    """Say why a processor may have a single device."""
    if machine.platform != "cpu":
        return ""
    return " (where JAX was used before, cores cannot become devices any more)"


def _parts(batch: int, devices: int, least: int) -> int:
    """Return the most devices that share a batch equally, with so many rows each."""
    return max(n for n in range(1, devices + 1) if batch % n == 0 and (n == 1 or batch // n >= least))


def _precision(wish: Plan, machine: Machine) -> tuple[str, str]:
    if wish.precision is not None:
        return wish.precision, f"{wish.precision}, as wished"
    if machine.platform == "cpu":
        return "float32", "float32: bfloat16 pays on no processor measured"
    return (
        "float32",
        "float32: bfloat16 was not measured on a chip; wish for it where speed matters more than digits",
    )


def _rows(wish: Plan, amount: Amount, machine: Machine) -> tuple[int, bool, str]:
    size = f"{_bytes(amount.rows * amount.row_bytes)}"
    fits = amount.rows * amount.row_bytes <= FITS * machine.memory
    if wish.chunk is None and fits and not amount.streamed:
        return amount.rows, True, f"all {amount.rows:,} on the device: {size} fit"
    chunk = wish.chunk or int(CHUNK_BYTES / max(amount.row_bytes, 1))
    chunk = max(1, min(chunk, amount.rows) // amount.batch) * amount.batch
    reason = (
        "they come from a stream" if amount.streamed else "as wished" if wish.chunk else f"{size} do not fit"
    )
    return chunk, False, f"{chunk:,} of {amount.rows:,} at a time, the next ones ready: {reason}"


def _soundings(wish: Plan, work: Work, amount: Amount) -> tuple[int, str]:
    share = sounding_seconds(work) / max(epoch_seconds(work, amount), 1e-9)
    every = wish.sounding_every or max(1, math.ceil(share / SOUNDED_SHARE))
    if wish.sounding_every is None:
        every = min(every, max(1, amount.epochs // LEAST_SOUNDINGS))
    when = "every epoch" if every == 1 else f"every {every} epochs"
    wished = ", as wished" if wish.sounding_every else ""
    return every, f"{when}{wished}: about {share / every:.1%} of the time"


def sounding_seconds(work: Work) -> float:
    """Return about how long soundings take once, measured on a slow core."""
    return 40e-6 + 20e-6 * work.layers + 0.5e-9 * SOUNDED * work.values + 10e-9 * work.parameters


def epoch_seconds(work: Work, amount: Amount) -> float:
    """Return about how long an epoch takes at least, measured on two cores: its judgment, its steps, its arithmetic."""
    steps = -(-amount.rows // amount.batch)
    return 600e-6 + steps * 7e-6 * work.layers + 3 * amount.rows * work.multiplications / 90e9


def _bytes(number: float) -> str:
    return f"{number / 1e9:.3g} GB" if number >= 1e9 else f"{number / 1e6:.3g} MB"
