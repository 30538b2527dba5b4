"""Does each figure the poster names stand in the text?"""

import re

from assay import Finding, InvalidConfig, counted, failed, grouped, line_of, passed, quoted

# 1,212 and 3.5 are one number each; the full stop after a sentence belongs to none.
NUMBER = re.compile(r"\d+(?:[.,]\d+)*%?")


def verify(task, delivery, config: dict) -> list[Finding]:
    """One finding a figure, named by it."""
    wanted = config.get("figures", [])
    if not wanted:
        raise InvalidConfig('figures: is empty; name what must stand in the text, as in ["1,212", "42%"]')
    found = list(NUMBER.finditer(delivery.content))
    return [judged(figure, found, delivery.content) for figure in wanted]


def judged(figure: str, found: list[re.Match], text: str) -> Finding:
    """A figure is the same with and without its commas."""
    plain = figure.replace(",", "")
    places = [one for one in found if one.group().replace(",", "") == plain]
    if places:
        lines = ", ".join(grouped(line_of(text, one.start())) for one in places[:5])
        times = counted(len(places), "time", "times")
        return passed(figure, f"{quoted(figure)} stands in the text {times}, line {lines}")
    others = ", ".join(one.group() for one in found[:5]) or "none at all"
    numbers = counted(len(found), "number", "numbers")
    return failed(figure, f"{quoted(figure)} is not among the {numbers} of the text: {others}")
