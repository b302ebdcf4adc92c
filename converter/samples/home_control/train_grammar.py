"""Composes training requests from the verb frames and wrappers of phrases_train.py."""

import re
import zlib

import phrases_train as phrases
import schema
import unknown_train as outside
from grammar import (Example, Intent, any_slots, choose, device_phrase, fill, foreign_device,
                     foreign_place, invented_word, known, later, lookup, maybe_room, pick_intent,
                     unknown_text, with_phrase)

UNKNOWN_SHARE = 0.27
# Frames of these verbs have no natural passive.
NO_PASSIVE = {"let", "have", "make", "leave", "get", "run"}
SHAPES = {"base": 45, "gerund": 8, "past": 4, "passive": 9, "state": 13, "does": 9, "direct": 12}
UNKNOWN_KINDS = {"sentence": 34, "near": 16, "device": 14, "place": 10, "later": 10, "inapplicable": 6,
                 "pair": 5, "pronoun": 5}
PRONOUNS = ["it", "that", "this", "them", "everything", "something", "the thing", "that thing", "all of it"]


def part(entries, development):
    """Every tenth entry, picked by its checksum, is kept for the development set."""
    chosen = [entry for entry in entries if (zlib.crc32(entry.encode()) % 10 == 0) == development]
    return chosen or entries


class TrainWording:
    def __init__(self, development=False):
        def mine(entries):
            return part(entries, development)
        self.openers, self.closers = mine(phrases.OPENERS), mine(phrases.CLOSERS)
        self.carriers, self.later = mine(phrases.CARRIERS), mine(outside.LATER)
        self.near, self.sentences = mine(outside.NEAR), mine(outside.SENTENCES)
        self.devices, self.places = mine(outside.FOREIGN_DEVICES), mine(outside.FOREIGN_PLACES)
        self.wrappers = {"base": mine(phrases.BASE_WRAPPERS), "gerund": mine(phrases.GERUND_WRAPPERS),
                         "past": mine(phrases.PAST_WRAPPERS), "passive": mine(phrases.PASSIVE_WRAPPERS),
                         "state": mine(phrases.STATE_WRAPPERS), "does": mine(phrases.DOES_WRAPPERS)}


def verb_forms(frame):
    """Base, gerund, past and passive text of a verb frame such as 'turn {d} on'."""
    verb, rest = frame.split(" ", 1)
    gerund, past = phrases.VERB_FORMS[verb]
    passive = None
    if verb not in NO_PASSIVE:
        passive = "{d} " + " ".join([past, *[word for word in rest.split() if word != "{d}"]])
    return {"b": frame, "g": f"{gerund} {rest}", "p": f"{past} {rest}", "v": passive}


def insert_forms(template, forms):
    return re.sub(r"\{([bgpvzi])\}", lambda match: forms[match.group(1)], template)


def frame_forms(rng, intent):
    """One verb frame in all its forms, with a state and something the device does."""
    forms = verb_forms(rng.choice(lookup(phrases.VERBS, intent.action, intent.device)))
    forms["z"] = choose(rng, rng.choice(lookup(phrases.STATES, intent.action, intent.device)))
    forms["i"] = rng.choice(lookup(phrases.DOES, intent.action, intent.device))
    return forms


def time_in(rng, wrapper, forms):
    """Puts the time slot before, inside or behind the sentence."""
    sentence = insert_forms(wrapper, forms)
    draw = rng.random()
    # "at seven thirty percent" could be understood in two ways, so the value never follows the time.
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


# ---- requests outside of the schema ----

def inapplicable_intent(rng):
    """A real action on a real device that does not have it, such as locking the lamp."""
    while True:
        action = rng.choice([name for name in schema.ALLOWED if name not in ("up", "down")])
        device = rng.choice(list(schema.DEVICES))
        if device not in schema.ALLOWED[action] and not (device == "door" and action == "off"):
            return Intent(action, device, None, rng.random() < 0.3)


def pair_phrase(rng, intent):
    other = rng.choice([name for name in schema.DEVICES if name != intent.device])
    first, _ = device_phrase(rng, intent, maybe_room(rng))
    second, _ = device_phrase(rng, Intent("on", other, None, False), maybe_room(rng))
    return f"{first} {rng.choice(['and', 'and', 'and also', 'as well as', 'or'])} {second}"


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
    intent = inapplicable_intent(rng) if kind == "inapplicable" else pick_intent(rng)
    skeleton = train_skeleton(rng, wording, intent)
    if kind == "device":
        word = rng.choice(wording.devices) if rng.random() < 0.6 else invented_word(rng)
        return foreign_device(rng, wording, typist, intent, skeleton, word)
    if kind == "place":
        place = rng.choice(wording.places) if rng.random() < 0.6 else invented_word(rng)
        return foreign_place(rng, wording, typist, intent, skeleton, place)
    if kind == "later":
        intent = Intent(intent.action, intent.device, intent.room, False)
        skeleton = train_skeleton(rng, wording, intent)
        return later(rng, wording, typist, intent, skeleton, rng.choice(wording.later))
    phrase = rng.choice(PRONOUNS) if kind == "pronoun" else device_phrase(rng, intent, maybe_room(rng))[0]
    if kind == "pair":
        phrase = pair_phrase(rng, intent)
    return with_phrase(rng, wording, typist, intent, skeleton, phrase)


def example(rng, wording, typist) -> Example:
    if rng.random() < UNKNOWN_SHARE:
        return unknown(rng, wording, typist)
    intent = pick_intent(rng)
    return known(rng, wording, typist, intent, train_skeleton(rng, wording, intent))
