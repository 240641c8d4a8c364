"""Are the gradients the reference's, on plain numbers, and linear in the upstream gradient bit for bit?"""

from harness.answers import Returned
from harness.assignment import CheckSpec
from harness.checks.evidence import Evidence, Exhibit, Finding, returned
from harness.records import Verdict
from harness.sentence import Sentence

__all__ = ["check_backward"]


def check_backward(evidence: Evidence, spec: CheckSpec) -> Finding | None:
    """Return the first number case whose gradients are wrong, or None."""
    if evidence.found[spec.layer].name is None:
        waiting = evidence.blocked(spec.layer, "forward")
        if waiting:
            return waiting
    absent = evidence.absent(spec, "backward")
    if absent:
        return absent
    exhibits = evidence.group(f"{spec.layer}/numbers")
    for exhibit in exhibits:
        if not isinstance(exhibit.calls[1], Returned):
            waiting = evidence.blocked(spec.layer, "forward")
            if waiting:
                return waiting
        finding = evidence.judge(exhibit, 2)
        if finding:
            return finding
    for exhibit in exhibits:
        if exhibit.case.relation:
            base, scale = exhibit.case.relation
            finding = _homogeneous(evidence, spec, exhibits[base], exhibit, scale)
            if finding:
                return finding
    return None


def _homogeneous(evidence: Evidence, spec: CheckSpec, base: Exhibit, scaled: Exhibit, scale: int) -> Finding | None:
    """Hold B(s d) against s B(d): for s = -1, 4 and 0 they are equal to the last bit, whatever rounding happened."""
    layer = evidence.layer(spec.layer)
    first, second = base.calls[2], scaled.calls[2]
    if not isinstance(first, Returned) or not isinstance(second, Returned):
        return None
    one, other = returned(first, layer, base.expected[2]), returned(second, layer, scaled.expected[2])
    for name, single, multiple in zip(layer.gradients, one, other, strict=True):
        if isinstance(single, (int, float)) and isinstance(multiple, (int, float)) and single * scale != multiple:
            return Finding(
                verdict=Verdict.WRONG,
                message=Sentence(
                    "{layer}.backward is not proportional to dout: {name} = {single}, "
                    "and with dout times {scale} {name} = {multiple}, but {expected} was expected.",
                    layer=layer.name,
                    name=name,
                    single=repr(single),
                    scale=scale,
                    multiple=repr(multiple),
                    expected=repr(single * scale),
                ),
                layer=layer.name,
                method="backward",
                counterexample=evidence.example(scaled, 2),
            )
    return None
