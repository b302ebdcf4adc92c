"""Turns phrase lists into (request, JSON line) pairs. One seeded rng makes all choices."""

import re
from dataclasses import dataclass
from typing import Optional

import schema
import slots
from noise import rough
from unknown_train import WORDS

ACTION_WEIGHTS = {"on": 5, "off": 5, "set": 6, "up": 1.5, "upby": 2, "down": 1.5, "downby": 2,
                  "open": 2, "close": 2, "lock": 1.3, "unlock": 1.3}
# "upby" and "downby" are "up" and "down" with a value.
SCHEMA_ACTION = {"upby": "up", "downby": "down"}
VALUED = {"set", "upby", "downby"}


@dataclass(frozen=True)
class Intent:
    action: str
    device: str
    room: Optional[str]
    timed: bool


@dataclass
class Example:
    request: str
    line: str
    skeleton: str


def choose(rng, template):
    """Replaces each (a|b|c) by one of its alternatives."""
    while "(" in template:
        template = re.sub(r"\(([^()]*)\)", lambda m: rng.choice(m.group(1).split("|")), template)
    return template


def skeleton_key(template):
    return " ".join(re.sub(r"[^a-z{} ]", " ", template.lower()).split())


def lookup(table, action, device):
    entries = list(table.get(action, [])) + list(table.get(f"{action}.{device}", []))
    if device in schema.ADJUSTED:
        entries += table.get(f"{action}.adjusted", [])
    return entries


def pick_intent(rng, action=None, device=None):
    action = action or rng.choices(list(ACTION_WEIGHTS), list(ACTION_WEIGHTS.values()))[0]
    device = device or rng.choice(schema.ALLOWED[SCHEMA_ACTION.get(action, action)])
    draw = rng.random()
    room = None if draw < 0.3 else "all" if draw < 0.36 else rng.choice(list(schema.ROOMS))
    return Intent(action, device, room, rng.random() < 0.5)


# ---- device phrases ----

def device_word(rng, device):
    one, several = schema.DEVICES[device]
    plural = bool(several) and rng.random() < 0.4
    return rng.choice(several if plural else one), plural


def everywhere_phrase(rng, device):
    several = schema.DEVICES[device][1]
    if several and rng.random() < 0.7:
        word = rng.choice(several)
        form = rng.choice(["all the {0}", "all {0}", "all of the {0}", "the {0} {1}", "all my {0}",
                           "all the {0} {1}"])
        return form.format(word, rng.choice(schema.EVERYWHERE)), True
    return f"the {rng.choice(schema.DEVICES[device][0])} {rng.choice(schema.EVERYWHERE)}", False


def named_phrase(rng, word, plural, room_word):
    """A device with at most one room; word and room_word may be outside the schema."""
    owner = rng.choice(["the", "the", "the", "the", "the", "my", "our", "that" if not plural else "those", ""])
    if room_word is None:
        return f"{owner} {word}".strip()
    style = rng.random()
    if style < 0.45:
        return f"{owner} {room_word} {word}".strip()
    if style < 0.50:
        return f"the {room_word}'s {word}"
    if plural and style < 0.57:
        return f"all the {word} in the {room_word}"
    place = rng.choice(["in", "in", "in", "in", "in", "of", "from", "over in"])
    return f"{owner or 'the'} {word} {place} {rng.choice(['the', 'the', 'the', 'my', 'our'])} {room_word}"


def with_attribute(rng, phrase, device):
    names = schema.ATTRIBUTES.get(device)
    if not names or rng.random() > 0.15:
        return phrase, False
    name = rng.choice(names)
    return rng.choice([f"the {name} of {phrase}", f"the {name} on {phrase}", f"{phrase} {name}"]), True


def device_phrase(rng, intent, room_word):
    if intent.room == "all":
        phrase, plural = everywhere_phrase(rng, intent.device)
    else:
        word, plural = device_word(rng, intent.device)
        phrase = named_phrase(rng, word, plural, room_word)
    if SCHEMA_ACTION.get(intent.action, intent.action) in ("set", "up", "down"):
        phrase, attributed = with_attribute(rng, phrase, intent.device)
        plural = plural and not attributed
    return phrase, plural


def place_room(rng, skeleton, room_word):
    """Sometimes moves the room to the start or the end of the sentence."""
    draw = rng.random()
    if draw < 0.13:
        return f"{skeleton} in the {room_word}", None
    if draw < 0.20:
        return f"in the {room_word}, {skeleton}", None
    return skeleton, room_word


# ---- filling a skeleton ----

def fill(rng, skeleton, values):
    def one(match):
        name = match.group(1)
        return rng.choice(WORDS) if name == "w" else values[name]
    return re.sub(r"\{(\w+)\}", one, skeleton)


def agreement(plural):
    return {"be": "are" if plural else "is", "s": "" if plural else "s", "es": "" if plural else "es"}


def slot_values(rng, intent, carriers):
    """Texts for {n}, {u} and {t}, and their value and time."""
    in_degrees, absolute = intent.device in schema.IN_DEGREES, intent.action == "set"
    value = slots.pick_value(rng, in_degrees, absolute)
    texts = {"n": slots.value_text(rng, value, in_degrees, False, absolute),
             "u": slots.value_text(rng, value, in_degrees, True, absolute)}
    phrase, time = slots.time_phrase(rng, carriers, intent.action in VALUED)
    texts["t"] = fill(rng, choose(rng, phrase), {})
    return texts, value, time


def decorate(rng, wording, text):
    if wording.tidy:
        return fill(rng, text, {})
    if rng.random() < 0.3:
        text = f"{choose(rng, rng.choice(wording.openers))} {text}"
    if rng.random() < 0.25:
        text = text + choose(rng, rng.choice(wording.closers))
    return fill(rng, text, {})


def known(rng, wording, typist, intent, skeleton):
    """Makes a request inside the schema from an expanded skeleton."""
    texts, value, time = slot_values(rng, intent, wording.carriers)
    room_word, body = None, skeleton
    if intent.room not in (None, "all"):
        body, room_word = place_room(rng, skeleton, rng.choice(schema.ROOMS[intent.room]))
    texts["d"], plural = device_phrase(rng, intent, room_word)
    text = decorate(rng, wording, fill(rng, body, {**texts, **agreement(plural)}))
    line = schema.json_line(intent.device, intent.room, SCHEMA_ACTION.get(intent.action, intent.action),
                            value if intent.action in VALUED else None, time if intent.timed else None)
    return Example(rough(rng, text, typist, wording), line, skeleton_key(skeleton))


# ---- requests outside the schema ----

def unknown_text(rng, wording, typist, text, skeleton):
    request = rough(rng, decorate(rng, wording, text), typist, wording)
    return Example(request, schema.UNKNOWN, skeleton_key(skeleton))


def maybe_room(rng):
    return rng.choice(rng.choice(list(schema.ROOMS.values()))) if rng.random() < 0.5 else None


def any_slots(rng, wording):
    """Texts for all slots of a sentence without a particular intent."""
    intent = pick_intent(rng)
    texts, _, _ = slot_values(rng, intent, wording.carriers)
    phrase, plural = device_phrase(rng, intent, maybe_room(rng))
    room = rng.choice(rng.choice(list(schema.ROOMS.values())))
    return {**texts, "d": phrase, "r": room, **agreement(plural)}


def with_phrase(rng, wording, typist, intent, skeleton, phrase, plural=False):
    texts, _, _ = slot_values(rng, intent, wording.carriers)
    text = fill(rng, skeleton, {**texts, "d": phrase, **agreement(plural)})
    return unknown_text(rng, wording, typist, text, skeleton)


def foreign_device(rng, wording, typist, intent, skeleton, word):
    phrase = named_phrase(rng, word, False, maybe_room(rng))
    return with_phrase(rng, wording, typist, intent, skeleton, phrase)


def foreign_place(rng, wording, typist, intent, skeleton, place):
    word, plural = device_word(rng, intent.device)
    if rng.random() < 0.25:
        skeleton_here, phrase = f"{skeleton} in the {place}", named_phrase(rng, word, plural, None)
    else:
        skeleton_here, phrase = skeleton, named_phrase(rng, word, plural, place)
    return with_phrase(rng, wording, typist, intent, skeleton_here, phrase, plural)


def later(rng, wording, typist, intent, skeleton, when):
    """A request with a time that the schema cannot express: relative, on another day, or tied to an event."""
    phrase, plural = device_phrase(rng, intent, maybe_room(rng))
    when = fill(rng, choose(rng, when), any_slots(rng, wording))
    joined = f"{skeleton} {when}" if rng.random() < 0.75 else f"{when}, {skeleton}"
    return with_phrase(rng, wording, typist, intent, joined, phrase, plural)
