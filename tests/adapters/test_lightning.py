from __future__ import annotations

import warnings
from types import ModuleType
from typing import Any

import numpy as np
import pytest

from leadline.adapters.torch_watch import watch_torch


@pytest.mark.filterwarnings("ignore")  # Lightning has much to say
def test_a_trainer_of_lightning(torch: ModuleType, lightning: ModuleType, tmp_path: Any) -> None:
    nn = torch.nn

    class Module(lightning.LightningModule):  # type: ignore[name-defined,misc]
        def __init__(self) -> None:
            super().__init__()
            self.net = nn.Sequential(nn.Linear(6, 16), nn.ReLU(), nn.Dropout(0.1), nn.Linear(16, 3))
            self.loss = nn.CrossEntropyLoss()

        def training_step(self, batch: Any, index: int) -> Any:
            return self.loss(self.net(batch[0]), batch[1])

        def validation_step(self, batch: Any, index: int) -> None:
            self.loss(self.net(batch[0]), batch[1])

        def configure_optimizers(self) -> Any:
            return torch.optim.Adam(self.parameters(), 0.01)

    torch.manual_seed(0)
    data = torch.utils.data.TensorDataset(torch.randn(256, 6), torch.arange(256) % 3)
    train, judge = torch.utils.data.DataLoader(data, 64), torch.utils.data.DataLoader(data, 64)
    module = Module()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        trainer = lightning.Trainer(
            max_epochs=3, accelerator="cpu", devices=1, logger=False, enable_checkpointing=False,
            enable_progress_bar=False, enable_model_summary=False, default_root_dir=tmp_path,
        )  # fmt: skip
        with watch_torch(
            module.net, None, module.loss, data=train, validation=judge, epochs=3, every=1
        ) as watch:
            trainer.fit(module, train, judge)
    run = watch.run
    assert run["program.look"] == ()
    assert (run.epochs, run["program.updates"], run["stop.reason"]) == (3, 12, "epochs")
    assert run["network.layers"] == ("0.dense", "2.dropout", "3.dense")
    assert len(run["curve.loss.validation"]) == len(run["curve.score.validation"]) == 3
    assert run["data.class_count.train"].tolist() == [86, 85, 85]
    assert np.isfinite(run["sounding.update.ratio"][:, [0, 2]]).all()
    assert np.isfinite(run["start.gradient.norm"][[0, 2]]).all()
    assert run["recipe"]["optimizer"] == {"name": "adam", "learning_rate": 0.01, "betas": [0.9, 0.999]}
