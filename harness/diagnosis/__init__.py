"""Names the mistake in a layer from the values that it returned, never from the text that it was written in.

Each mistake is a hypothesis that predicts what the learner's method returns for every case. A name is given only when
the prediction holds on all of them and no other mistake predicts the same; otherwise the general one.
"""

from harness.diagnosis.codes import CODES, GENERAL, OF_A_FORMULA, Diagnosis
from harness.diagnosis.name import diagnose

__all__ = ["CODES", "GENERAL", "OF_A_FORMULA", "Diagnosis", "diagnose"]
