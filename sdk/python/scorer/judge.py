"""How easy is a text to read, by the length of its sentences and paragraphs?"""

import re

from assay import Dimension, InvalidConfig, SCORE_MAX, Scorecard, counted, quoted, scorecard


def score(task, delivery, config: dict) -> Scorecard:
    """Full marks up to the wanted length, none from twice of it."""
    words_per_sentence = setting(config, "words_per_sentence", 20)
    words_per_paragraph = setting(config, "words_per_paragraph", 120)
    sentences = parts(r"(?<=[.!?])\s+|\n\s*\n", delivery.content)
    paragraphs = parts(r"\n\s*\n", delivery.content)
    if not sentences:
        nothing = Dimension("text", 1, 0, "There is no text; write one.")
        return scorecard([nothing], "The delivery is empty.")
    sides = [
        dimension("sentences", 2, sentences, words_per_sentence),
        dimension("paragraphs", 1, paragraphs, words_per_paragraph),
    ]
    words = counted(len(delivery.content.split()), "word", "words")
    in_sentences = counted(len(sentences), "sentence", "sentences")
    in_paragraphs = counted(len(paragraphs), "paragraph", "paragraphs")
    return scorecard(sides, f"{words} in {in_sentences} and {in_paragraphs}.")


def dimension(name: str, weight: int, texts: list[str], words_max: int) -> Dimension:
    """The mean over the texts; the note is about the longest of them."""
    lengths = [len(text.split()) for text in texts]
    marks = sum(mark(length, words_max) for length in lengths) // len(lengths)
    longest = max(texts, key=lambda text: len(text.split()))
    if max(lengths) <= words_max:
        return Dimension(name, weight, marks)
    words = counted(max(lengths), "word", "words")
    note = f"The longest has {words}, at most {words_max} wanted; split {quoted(longest, 60)}."
    return Dimension(name, weight, marks, note)


def mark(length: int, words_max: int) -> int:
    """Falls in a straight line, in whole numbers so that it is the same everywhere."""
    over = min(max(length - words_max, 0), words_max)
    return SCORE_MAX - SCORE_MAX * over // words_max


def parts(separator: str, text: str) -> list[str]:
    return [part.strip() for part in re.split(separator, text) if part.strip()]


def setting(config: dict, name: str, default: int) -> int:
    value = config.get(name, default)
    if type(value) is not int or value < 1:
        raise InvalidConfig(f"{name}: is {value!r}; give a whole number of words, at least 1")
    return value
