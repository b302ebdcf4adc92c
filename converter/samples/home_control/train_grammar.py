"""Builds training requests from the verb frames and wrappers of phrases_train.py."""

import re
import zlib

import phrases_train as phrases
import schema
import unknown_train as outside
from grammar import (Example, Intent, any_slots, choose, device_phrase, fill, foreign_device,
                     foreign_place, known, later, lookup, maybe_room, pick_intent,
                     unknown_text, with_phrase)

UNKNOWN_SHARE = 0.20
# Verbs without a natural passive.
NO_PASSIVE = {"let", "have", "make", "leave", "get", "run"}
SHAPES = {"base": 50, "gerund": 6, "past": 12, "passive": 4, "state": 16, "does": 8, "direct": 4}
UNKNOWN_KINDS = {"sentence": 34, "near": 18, "device": 17, "place": 16, "later": 12, "pronoun": 6}
PRONOUNS = ["it", "that", "this", "them", "everything", "something", "the thing", "that thing", "all of it"]
TIDY_WRAPPERS = {"base": ["{b}"], "gerund": ["would you mind {g}"], "past": ["what if you {p}"],
                 "passive": ["I want {v}"], "state": ["{d} {z}"], "does": ["let {d} {i}"]}


def part(entries, development):
    """About one entry in ten, selected by its checksum, is reserved for the development set."""
    chosen = [entry for entry in entries if (zlib.crc32(entry.encode()) % 10 == 0) == development]
    return chosen or entries


class TrainWording:
    tidy = False
    typing_mistakes = 0.08

    def __init__(self, development=False):
        def mine(entries):
            return part(entries, development)
        self.openers, self.closers = mine(phrases.OPENERS), mine(phrases.CLOSERS)
        self.carriers, self.later = mine(phrases.CARRIERS), mine(outside.LATER)
        self.near, self.sentences = mine(outside.NEAR), mine(outside.SENTENCES)
        self.wrappers = {"base": mine(phrases.BASE_WRAPPERS), "gerund": mine(phrases.GERUND_WRAPPERS),
                         "past": mine(phrases.PAST_WRAPPERS), "passive": mine(phrases.PASSIVE_WRAPPERS),
                         "state": mine(phrases.STATE_WRAPPERS), "does": mine(phrases.DOES_WRAPPERS)}


class TidyWording(TrainWording):
    """Short requests without filler words or mistakes, from which numbers and times are learned faster."""
    tidy = True

    def __init__(self, development=False):
        super().__init__(development)
        self.wrappers = TIDY_WRAPPERS


def verb_forms(frame):
    """Base, gerund, past and passive forms of a verb frame such as 'turn {d} on'."""
    verb, rest = frame.split(" ", 1)
    gerund, past = phrases.VERB_FORMS[verb]
    passive = None
    if verb not in NO_PASSIVE:
        participle = phrases.PASSIVE_FORMS.get(verb, past)
        passive = " ".join(["{d}", participle, *[word for word in rest.split() if word != "{d}"]])
    return {"b": frame, "g": f"{gerund} {rest}", "p": f"{past} {rest}", "v": passive}


def insert_forms(template, forms):
    return re.sub(r"\{([bgpvzi])\}", lambda match: forms[match.group(1)], template)


def frame_forms(rng, intent):
    """One verb frame in all its forms, a state ("on"), and what the device does ("go on")."""
    forms = verb_forms(rng.choice(lookup(phrases.VERBS, intent.action, intent.device)))
    forms["z"] = choose(rng, rng.choice(lookup(phrases.STATES, intent.action, intent.device)))
    forms["i"] = rng.choice(lookup(phrases.DOES, intent.action, intent.device))
    return forms


def time_in(rng, wrapper, forms):
    """Puts the time slot before, inside or after the sentence."""
    sentence = insert_forms(wrapper, forms)
    draw = rng.random()
    # "at seven thirty percent" would be ambiguous, so the value never follows the time.
    if re.match(r"\{[nu]\}", sentence) or re.search(r"\{d\},? \{[nu]\}", sentence):
        return sentence + " {t}"
    if draw < 0.25:
        return "{t}" + rng.choice([" ", ", "]) + sentence
    if draw < 0.35 and "{b}" in wrapper:
        return insert_forms(wrapper, {"b": "{t} " + forms["b"]})
    if draw < 0.40:
        return sentence.replace("{d}", "{d} {t}", 1)
    return sentence + rng.choice([" ", " ", " ", ", "]) + "{t}"


def train_skeleton(rng, wording, intent):
    shape = rng.choices(list(SHAPES), list(SHAPES.values()))[0]
    forms = frame_forms(rng, intent)
    direct = lookup(phrases.DIRECT, intent.action, intent.device)
    if shape == "direct" and not direct or shape == "passive" and not forms["v"]:
        shape = "base"
    wrapper = choose(rng, rng.choice(direct if shape == "direct" else wording.wrappers[shape]))
    return time_in(rng, wrapper, forms) if intent.timed else insert_forms(wrapper, forms)


# ---- requests outside the schema ----

def near_sentence(rng, wording):
    intent = pick_intent(rng)
    skeleton = insert_forms(choose(rng, rng.choice(wording.near)), frame_forms(rng, intent))
    phrase, plural = device_phrase(rng, intent, maybe_room(rng))
    return intent, skeleton, phrase, plural


def unknown(rng, wording, typist):
    kind = rng.choices(list(UNKNOWN_KINDS), list(UNKNOWN_KINDS.values()))[0]
    if kind == "sentence":
        skeleton = choose(rng, rng.choice(wording.sentences))
        return unknown_text(rng, wording, typist, fill(rng, skeleton, any_slots(rng, wording)), skeleton)
    if kind == "near":
        intent, skeleton, phrase, plural = near_sentence(rng, wording)
        return with_phrase(rng, wording, typist, intent, skeleton, phrase, plural)
    intent = pick_intent(rng)
    skeleton = train_skeleton(rng, wording, intent)
    if kind == "device":
        return foreign_device(rng, wording, typist, intent, skeleton, rng.choice(schema.FOREIGN_DEVICES).replace("_", " "))
    if kind == "place":
        return foreign_place(rng, wording, typist, intent, skeleton, rng.choice(schema.FOREIGN_PLACES).replace("_", " "))
    if kind == "later":
        intent = Intent(intent.action, intent.device, intent.room, False)
        skeleton = train_skeleton(rng, wording, intent)
        return later(rng, wording, typist, intent, skeleton, rng.choice(wording.later))
    return with_phrase(rng, wording, typist, intent, skeleton, rng.choice(PRONOUNS))


def example(rng, wording, typist) -> Example:
    if rng.random() < UNKNOWN_SHARE:
        return unknown(rng, wording, typist)
    intent = pick_intent(rng)
    return known(rng, wording, typist, intent, train_skeleton(rng, wording, intent))
