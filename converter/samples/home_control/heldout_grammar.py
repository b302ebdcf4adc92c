"""Makes the held-out requests from phrases_heldout.py, template by template."""

import random

import phrases_heldout as phrases
import schema
from grammar import (fill, foreign_device, foreign_place, known, later,
                     any_slots, pick_intent, unknown_text)

PER_FRAME, PER_NEAR, PER_LATER, PER_FOREIGN = 10, 3, 4, 2


class HeldOutWording:
    tidy = False
    typing_mistakes = 0.05
    openers, closers, carriers = phrases.OPENERS, phrases.CLOSERS, phrases.CARRIERS


def frames():
    for name, templates in phrases.FRAMES.items():
        action, _, device = name.partition(".")
        for template in templates:
            yield action, device or None, template


def random_frame(rng, timed=None):
    """An intent and a matching template; timed=False excludes templates with a time."""
    fitting = [entry for entry in frames() if timed is None or ("{t}" in entry[2]) == timed]
    action, device, template = rng.choice(fitting)
    intent = pick_intent(rng, action, device)
    return type(intent)(action, intent.device, intent.room, "{t}" in template), template


def inside(rng, wording, typist):
    for action, device, template in frames():
        for _ in range(PER_FRAME):
            drawn = pick_intent(rng, action, device)
            intent = type(drawn)(action, drawn.device, drawn.room, "{t}" in template)
            yield known(rng, wording, typist, intent, template)


def outside(rng, wording, typist):
    for sentence in phrases.SENTENCES:
        yield unknown_text(rng, wording, typist, sentence, sentence)
    for template in phrases.NEAR * PER_NEAR:
        yield unknown_text(rng, wording, typist, fill(rng, template, any_slots(rng, wording)), template)
    for when in phrases.LATER * PER_LATER:
        intent, template = random_frame(rng, timed=False)
        yield later(rng, wording, typist, intent, template, when)
    for word in schema.FOREIGN_DEVICES * PER_FOREIGN:
        yield foreign_device(rng, wording, typist, *random_frame(rng), word.replace("_", " "))
    for place in schema.FOREIGN_PLACES * PER_FOREIGN:
        yield foreign_place(rng, wording, typist, *random_frame(rng), place.replace("_", " "))


def held_out(seed, typist):
    """All held-out examples, without duplicate requests, shuffled."""
    rng, wording = random.Random(seed), HeldOutWording()
    drawn = [*inside(rng, wording, typist), *outside(rng, wording, typist)]
    unique = list({example.request: example for example in drawn}.values())
    rng.shuffle(unique)
    return unique
