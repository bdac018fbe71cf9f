"""How good a model is: scores with intervals beside baselines, classes, calibration, the worst rows."""

from leadline.evaluation.evaluate import judge, judge_rows

__all__ = ["judge", "judge_rows"]
