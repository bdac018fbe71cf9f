"""The vocabulary of a run: every number that may stand in one, with its unit, shape and meaning.

A measuring room writes only names that stand here; a rule or a page that reads a name finds here what it
means.
Axis letters: E epochs, S sounded epochs, L layers, F prepared features, R raw columns, C classes, U outputs, Q seeds, T steps.
"""

# ruff: noqa: E501 – the table is read by its columns

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Quantity:
    """One name of the vocabulary.

    Args:
        name: Dotted name, the key in a run.
        shape: "" for a single value, "text", "mapping", "words" or "words F" for a tuple of words,
            "sizes" for a tuple of whole numbers; for an array axis letters or sizes, such as "E L" or "101".
        unit: "1" for a plain number, "rows", "s", "nats", ...
        meaning: One sentence.
    """

    name: str
    shape: str
    unit: str
    meaning: str

    @property
    def axes(self) -> tuple[str, ...]:
        """Axis letters of an array; empty for anything else.

        Example:
            >>> VOCABULARY["sounding.gradient.norm"].axes
            ('S', 'L')
        """
        axes = tuple(self.shape.split())
        return axes if all(axis.isdigit() or axis.isupper() for axis in axes) else ()


_TABLE = """
recipe                    | mapping | -      | every choice of the training, as written to recipe.toml
versions                  | mapping | -      | versions of Leadline and of what it computes with
machine                   | text    | -      | processor, cores and devices
started                   | text    | -      | start of the run, ISO 8601
warm.start                | text    | -      | run whose weights this one began with, if any
data.name                 | text    | -      | name of the data set
data.kind                 | text    | -      | table, image or array
data.problem              | text    | -      | classification, regression or several_labels
data.target               | text    | -      | name of the target
data.announcements        | words   | -      | what was decided while reading, one sentence each
data.digest               | text    | -      | SHA-256 over inputs and targets as read
data.rows.train           |         | rows   | rows the network learns from
data.rows.validation      |         | rows   | rows that choose the epoch
data.rows.test            |         | rows   | rows kept for the final judgment
data.excluded             | mapping | rows   | rows that are in no part, by reason: target missing, target not finite, label outside
data.input.shape          | sizes   | 1      | shape of one prepared input
data.features             | words F | -      | names of the prepared features, where the input is flat
data.columns              | words R | -      | names of the raw columns, where there are any
data.columns.constant     | words   | -      | raw columns with one value only
data.columns.distinct     | R       | 1      | different values of each raw column in the training part, a missing one included
data.columns.dropped      | mapping | -      | raw columns left out, each with the reason
data.classes              | words C | -      | class names, in the order of the scores
data.class_count.train    | C       | rows   | training rows of each class
data.class_count.validation | C     | rows   | validation rows of each class
data.class_count.test     | C       | rows   | test rows of each class
data.labels               | words C | -      | label names, in the order of the scores (several labels)
data.label_count.train    | C       | rows   | training rows that have each label (several labels)
data.label_count.validation | C     | rows   | validation rows that have each label (several labels)
data.label_count.test     | C       | rows   | test rows that have each label (several labels)
data.input.mean           | F       | 1      | mean of each prepared training feature (of each channel, where the input is not flat)
data.input.spread         | F       | 1      | standard deviation of each prepared training feature (of each channel, where the input is not flat)
data.input.low            | F       | 1      | minimum of each prepared training feature (of each channel, where the input is not flat)
data.input.high           | F       | 1      | maximum of each prepared training feature (of each channel, where the input is not flat)
data.input.held.mean      | F       | 1      | mean of each feature (or channel) of the rows to judge by
data.input.held.spread    | F       | 1      | standard deviation of each feature (or channel) of the rows to judge by
data.input.copies         | F       | 1      | position of the earlier feature that each many-valued feature of a flat input follows with a correlation of 0.999 or more, on a sample; -1 where there is none
data.input.condition      |         | 1      | condition number of the correlations of the features of a flat input that vary, on a sample: largest over smallest eigenvalue above rounding
data.input.not_finite     |         | values | prepared inputs that are NaN or infinite, all parts
data.raw.not_finite       | mapping | values | raw columns holding infinities, with how many
data.target.not_finite    |         | rows   | targets that are NaN or infinite
data.target.outside       |         | rows   | integer labels below 0 or not below the number of classes
data.target.mean          |         | target | mean of the training targets, in the target's own unit (regression)
data.target.spread        |         | target | standard deviation of the training targets (regression)
data.target.low           |         | target | minimum of the training targets (regression)
data.target.high          |         | target | maximum of the training targets (regression)
data.target.quantiles     | 101     | 1      | quantiles 0%, 1%, ... 100% of the prepared training targets, as the network must give them (regression)
data.shared.train_validation |      | rows   | validation rows whose inputs stand in the training part too
data.shared.train_test    |         | rows   | test rows whose inputs stand in the training part too
data.shared.expected      |         | rows   | shared rows (validation and test) that chance alone explains, as in coarse data
data.near.rows            |         | rows   | held-out rows (validation and test) whose nearest training row was looked for
data.near.held            |         | rows   | those of them whose nearest training row is no twin and much nearer than training rows usually are to each other
data.near.expected        |         | rows   | near ones that chance alone explains, by the dimension that the training rows fill
data.near.dimension       |         | 1      | dimension that the training rows fill, estimated from the distances to their two nearest rows
data.near.quantiles       | 101     | 1      | quantiles 0%, 1%, ... 100% of the distance of held-out rows to the nearest training row, over the median distance between nearest training rows
data.alone.score          | R       | 1      | how well one raw column (or input of a flat array) alone gives the target on held-out rows: 0 as the baseline, 1 exactly
data.alone.label          | words R | -      | label that each raw column alone tells best (several labels)
data.alone.rows           |         | rows   | rows data.alone.score was judged on, all outside the test part
network.layers            | words L | -      | paths of the sounded layers
network.kinds             | words L | -      | kind of each layer
network.activations       | words L | -      | activation of each layer; "linear" where there is none
network.shapes            | words L | -      | output shape of each layer, without the batch
network.parameters        | L       | 1      | parameters of each layer
network.extent            | L       | 1      | places of each layer's input along its smaller spatial axis; 0 for a layer whose input has none
network.window            | L       | 1      | places that each layer's kernel or pooling window reaches over, along the axis where it is largest; 0 for a layer without one
network.window.idle       | L       | share  | weights of each layer's kernel that meet only padding at every position; NaN for a layer that slides no kernel
network.field             | L       | 1      | places of the network's input, along its larger axis, that one output of each layer depends on, padding included; NaN where not known
network.parameters.total  |         | 1      | parameters of the network
network.output_activation | text    | -      | activation at the very end; "linear" where there is none
network.outputs           |         | 1      | number of scores
network.nonlinear         |         | 1      | 1 where a non-linearity stands between the first and last layer with weights
network.weight_layers     |         | 1      | number of layers with weights
task.kind                 | text    | -      | regression, binary, one_of_many or several_labels
task.loss                 | text    | -      | name of the loss
task.loss.usual           | text    | -      | loss that belongs to the task
task.link                 | text    | -      | softmax, sigmoid or identity
task.first_loss           |         | nats   | loss expected of a network that knows nothing yet: ln C
loss.name                 | text    | -      | what a loss computes, where a training is told as it was written: mse, mae, log_cosh, huber, binary_cross_entropy, cross_entropy, kl_divergence
loss.reads                | text    | -      | what it takes the outputs for: numbers, probabilities (it takes their logarithm) or scores (it applies softmax or sigmoid itself)
loss.labels               | text    | -      | what it takes the targets for: numbers, columns (one for each output) or codes of classes
loss.reduction            | text    | -      | mean or sum over the rows
loss.clip                 |         | 1      | how far it keeps probabilities from 0 and 1; 0 where it takes the logarithm of whatever comes
loss.normalizes           |         | 1      | 1 where it divides probabilities by their sum first
loss.expands              |         | 1      | 1 where targets of shape (B,) become (B, 1) before they meet the outputs; 0 where they broadcast as rows
loss.axis                 | text    | -      | what softmax and the sum over classes run over: classes or rows
target.form               | text    | -      | what the targets look like: yes_no, codes, one_hot, labels or numbers
target.columns            |         | 1      | columns of the targets as given
target.dimensions         |         | 1      | dimensions of the targets as given: 1 for shape (B,)
target.classes            |         | 1      | classes that the targets tell apart; 0 for numbers
target.low                |         | target | smallest target
target.high               |         | target | largest target
target.mean               |         | target | mean of all targets
target.spread             |         | target | standard deviation of all targets
target.distinct           |         | 1      | different values of the targets
target.sums               | 2       | target | smallest and largest sum of a row of targets
target.quantiles          | 101     | target | quantiles 0%, 1%, ... 100% of the targets as given
program.problem           | text    | -      | classification or regression: what is asked, told or read off the targets
program.updates           |         | 1      | steps of the whole training: epochs times batches of an epoch
program.batch             |         | rows   | rows of a step
program.threshold         |         | 1      | from which output on a single output answers the second class
program.look              | words   | -      | what could not be looked at, and why
start.outputs.spread      | U       | 1      | standard deviation of each output over the rows, before any step (mean of the seeds)
start.outputs.mean        | U       | 1      | mean of each output over the rows, before any step (mean of the seeds)
start.signal              | Q L     | 1      | standard deviation of each layer's outputs, before any step, by seed
start.size                | Q L     | 1      | root mean square of each layer's outputs, before any step, by seed
start.dead                | Q L     | share  | units of each layer that are 0 for every row, before any step, by seed
start.saturated           | Q L     | share  | outputs of each layer within 1% of a finite bound, before any step, by seed
start.equal               | Q L     | share  | neighboring units of each layer with the same weights after one step, by seed
start.gradient            | Q L     | 1      | norm of the gradient of each layer's parameters, before any step, by seed
start.gradient.zeros      | Q L     | share  | entries of that gradient that are exactly 0, by seed
start.ratio               | Q L     | 1      | norm of the first update over the norm of the parameters of each layer, by seed
start.augmented.shift     | Q       | 1      | how far the layers that change inputs only while training move the mean of the rows, in standard deviations of the rows in use, by seed
start.augmented.spread    | Q       | 1      | standard deviation of the rows behind these layers while training, over that in use, by seed
start.losses              | Q       | 1      | loss of a batch before any step, by seed
start.doubled             | Q       | 1      | loss of a batch with every row twice over the loss of the batch: 1 for a mean, 2 for a sum, by seed
start.slope               | Q       | 1      | cosine between the first update and the way down the gradient: 1 for plain gradient descent, below 0 where it goes up, by seed
probe.steps               |         | 1      | steps of a probe
probe.loss                | Q T     | 1      | loss of each step of the probe, by seed
probe.score               | Q       | 1      | accuracy or R squared on the rows to judge by, after the probe, by seed
probe.score.own           | Q       | 1      | the same on its own rows
probe.score.permuted      | Q       | 1      | accuracy or R squared on its own rows of the same training on permuted targets, by seed
probe.score.constant      |         | 1      | accuracy or R squared of always answering what is most frequent, or the mean
probe.score.linear        |         | 1      | accuracy or R squared of a linear model (least squares) on the rows to judge by
probe.score.within        | 3       | 1      | accuracy of a constant answer, a linear model and the 15 nearest rows on a third of the training rows
probe.score.near          |         | 1      | accuracy or R squared of the 15 nearest training rows, on the rows to judge by
probe.one_batch           | Q       | 1      | accuracy or R squared on one batch after a probe on that batch alone, by seed
probe.ratio               | Q L     | 1      | norm of the update over the norm of the parameters of each layer, median over the probe's second half, by seed
start.curvature           | Q       | 1      | learning rate times the largest curvature of the loss, before any step, by seed; plain gradient descent comes apart above 2
probe.loss.use            | Q       | 1      | loss of the rows of a batch in use, after the probe, by seed
probe.loss.training       | Q       | 1      | loss of the same rows as while training (batch statistics, dropout, noise), after the probe, by seed
probe.outputs.spread      | U       | 1      | standard deviation of each output over the rows after the probe (mean of the seeds)
start.loss                |         | nats   | data loss of the very first batch, before any step
start.rows                |         | rows   | rows that loss was measured on
start.gradient.norm       | L       | 1      | Euclidean norm of the loss gradient of the layer's parameters before any step
curve.loss.train          | E       | nats   | mean loss over the epoch's steps, while the weights moved
curve.loss.validation     | E       | nats   | mean loss over the validation part at the end of the epoch
curve.score.validation    | E       | 1      | accuracy, R squared or share of right labels on the validation part at the end of the epoch
curve.learning_rate       | E       | 1      | learning rate of the epoch's last step
curve.seconds             | E       | s      | wall time of the epoch
seconds.total             |         | s      | wall time of the training, compilation included
seconds.compile           |         | s      | wall time of compilation
stop.reason               | text    | -      | epochs, early stopping, not finite or interrupted
end.score.train           | 3       | 1      | the first score (accuracy, R squared, share of right labels) of the weights kept, on at most 1,000 training rows: value, lower and upper end of its 95% interval
stop.best_epoch           |         | 1      | epoch (from 1) whose weights were kept; 0 where the weights are the last ones
stop.not_finite_step      |         | 1      | step (from 1, over the whole run) whose loss was not finite; 0 where none
sounding.activation.mean  | S L     | 1      | mean of the layer's outputs
sounding.activation.spread | S L    | 1      | standard deviation of the layer's outputs
sounding.activation.zeros | S L     | share  | outputs that are exactly 0
sounding.activation.saturated | S L | share  | outputs within 1% of the activation's finite bounds; NaN where it has none
sounding.activation.dead  | S L     | share  | units that are 0 for every sounded row
sounding.gradient.norm    | S L     | 1      | Euclidean norm of the loss gradient of the layer's parameters, last step of the epoch
sounding.update.ratio     | S L     | 1      | norm of the last update over the norm of the parameters
sounding.weights.equal    | S L     | share  | neighboring units whose weights differ by at most 1 in 1,000 after the epoch; NaN where a layer has no two units with weights
sounding.rows             |         | rows   | rows the activations were sounded on
sounding.epochs           | S       | 1      | epochs (from 1) at whose end soundings were taken
plan.devices              |         | 1      | devices that shared each batch
plan.precision            | text    | -      | type the network computed in while it learned: float32 or bfloat16
plan.chunk                |         | rows   | training rows on the device at a time
plan.sounding_every       |         | 1      | epochs from one sounding to the next
plan.words                | words   | -      | what was decided about the loop, and why
"""


def _read(table: str) -> dict[str, Quantity]:
    rows = (line.split("|") for line in table.strip().splitlines())
    return {(q := Quantity(*(cell.strip() for cell in row))).name: q for row in rows}


VOCABULARY: dict[str, Quantity] = _read(_TABLE)
