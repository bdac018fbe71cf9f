"""Networks for sequences from data to file: tokens with padding, sequences of numbers, and what is told on the way."""

import re

import numpy as np
import pytest
from sklearn.datasets import load_digits

import leadline as ll

WORDS, STEPS = 40, 6


@pytest.fixture(scope="module")
def sentences():
    """1 to 6 words before a padding of 0; the last word of a sentence decides, wherever it stands."""
    rng = np.random.default_rng(0)
    tokens, lengths = rng.integers(1, WORDS, (2000, STEPS)), rng.integers(1, STEPS + 1, 2000)
    tokens[np.arange(STEPS) >= lengths[:, None]] = 0
    return tokens, (tokens[np.arange(2000), lengths - 1] > WORDS // 2).astype(int)


@pytest.fixture(scope="module")
def result(sentences):
    network = ll.Sequential([ll.Embedding(WORDS, 8, padding=0), ll.LSTM(16), ll.Dense(1)])
    data = ll.data.arrays(*sentences, scale=False)
    return ll.fit(network, data, optimizer=ll.adam(1e-2), epochs=12, batch_size=100, progress=False)


def test_an_lstm_learns_from_sequences_of_any_length(result):  # N14
    assert result.evaluation["accuracy"].value > 0.95
    assert not result.findings


def test_every_layer_is_sounded(result):
    assert list(result.run["network.layers"]) == ["0.embedding", "1.lstm", "2.dense"]
    assert list(result.run["network.activations"]) == ["linear", "tanh", "linear"]
    assert list(result.run["network.parameters"]) == [WORDS * 8, 4 * 16 * (8 + 16 + 1), 17]
    for name in ("sounding.gradient.norm", "sounding.activation.spread"):
        assert (np.asarray(result.run[name]) > 0).all()
    assert np.isfinite(np.asarray(result.run["sounding.activation.saturated"])[:, 1]).all()


def test_the_file_gives_the_same_and_padding_does_not_learn(result, sentences, tmp_path):
    tokens, _ = sentences
    again = ll.load(result.model.save(tmp_path / "sentences.leadline"))
    assert again.network == result.model.network
    np.testing.assert_array_equal(again.scores(tokens), result.model.scores(tokens))
    assert not np.any(again.params[0]["vectors"][0])
    assert "1.lstm" in re.sub(r"\s+", " ", result.report(tmp_path / "report.html").read_text())


def test_steps_of_an_image_and_attention(tmp_path):  # N14, N19
    digits = load_digits()
    data = ll.data.arrays(digits.images / 16, digits.target, kind="array", scale=False)
    network = ll.Sequential([
        ll.Masking(),
        ll.GRU(16, sequence=True, both=True),
        ll.Positions(),
        ll.Residual([ll.LayerNorm(), ll.Attention(4, dropout=0.1)]),
        ll.GlobalAveragePool(),
        ll.Dense(data.classes),
    ])  # fmt: skip
    result = ll.fit(network, data, optimizer=ll.adam(2e-2), epochs=6, progress=False)
    assert result.evaluation["accuracy"].value > 0.85
    again = ll.load(result.model.save(tmp_path / "rows.leadline"))
    np.testing.assert_array_equal(again.scores(digits.images / 16), result.model.scores(digits.images / 16))


def test_scaled_tokens_are_refused_before_training(sentences):
    network = ll.Sequential([ll.Embedding(WORDS, 4), ll.LSTM(4), ll.Dense(1)])
    told = rf"0\.embedding .*whole numbers from 0 to {WORDS - 1} – got .* in row \d+, step 0\n\nhint: scale=False"
    with pytest.raises(ll.NetworkError, match=told):
        ll.fit(network, ll.data.arrays(*sentences), progress=False)


def test_a_token_outside_is_named_by_its_row(sentences):
    tokens, targets = sentences
    tokens = tokens.copy()
    tokens[1234, 5] = WORDS
    network = ll.Sequential([ll.Embedding(WORDS, 4), ll.LSTM(4), ll.Dense(1)])
    with pytest.raises(ll.NetworkError, match=f"got {WORDS} in row 1234, step 5"):
        ll.fit(network, ll.data.arrays(tokens, targets, scale=False), progress=False)


def test_a_sequence_is_no_row_of_scores():
    data = ll.data.arrays(np.zeros((40, 5, 2)), np.arange(40) % 2)
    with pytest.raises(ll.NetworkError, match="flat row of scores"):
        ll.fit(ll.Sequential([ll.GRU(4, sequence=True), ll.Dense(1)]), data, progress=False)
