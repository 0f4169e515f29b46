"""Train the shipped model: `python train.py` is the same as `stance train`.

The steps, each a function in the package:
  1. read and validate data/sentences.csv ............ stance.dataset.read_labelled, refuse_leakage
  2. count every feature once ........................ stance.training.count_features
  3. cross-validate by document over a small grid .... stance.training.cross_validate
  4. calibrate by temperature ........................ stance.training.fit_temperature
  5. score the frozen test split ..................... stance.training.fit_and_score
  6. fit on everything, fold, save, check ............ stance.training.fit_pipeline, stance.model.StanceModel.save
  7. write metrics, report and model card ............ stance.report.write_reports
  8. tag the sample article .......................... stance.tag
"""

import sys

from stance.cli import main

if __name__ == "__main__":
    sys.exit(main(["train", *sys.argv[1:]]))
