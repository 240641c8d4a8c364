"""A counterexample as every format writes it: the inputs in one line, and the answers beside one another."""

from harness.language import ENGLISH, Language
from harness.records import Counterexample
from harness.render.numbers import cell

__all__ = ["answer_table", "inputs_line"]


def inputs_line(example: Counterexample, language: Language = ENGLISH) -> str:
    """Return the inputs and the upstream gradient; empty where there are none, and where whole calls are shown."""
    if example.calls:
        return ""
    inputs = [f"{name} = {cell(value, language)}" for name, value in example.inputs.items()]
    if example.dout is not None:
        inputs.append(f"dout = {cell(example.dout, language)}")
    return ", ".join(inputs)


def answer_table(example: Counterexample, language: Language) -> list[list[str]]:
    """Return a row of titles, the first one empty, and a row for each value; no row where there is no answer at all."""
    text = language.text
    answers = {text("yours"): example.got, text("expected"): example.expected, text("measured"): example.measured}
    there = {title: values for title, values in answers.items() if values}
    if not there:
        return []
    names = example.expected or example.got
    rows = [[name, *[cell(values.get(name, "-"), language) for values in there.values()]] for name in names]
    return [["", *there], *rows]
