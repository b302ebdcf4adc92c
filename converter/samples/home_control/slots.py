"""Texts for numbers and clock times, shared by the training text and the held-out text."""

ONES = ("zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen "
        "fifteen sixteen seventeen eighteen nineteen").split()
TENS = "zero ten twenty thirty forty fifty sixty seventy eighty ninety".split()
PERCENT_NAMES = {25: ["a quarter"], 50: ["half"], 75: ["three quarters"],
                 100: ["full", "maximum", "max", "the maximum"]}


def in_words(number, hyphen="-"):
    if number < 20:
        return ONES[number]
    if number == 100:
        return "a hundred"
    tens, ones = divmod(number, 10)
    return TENS[tens] + (hyphen + ONES[ones] if ones else "")


def number_text(rng, number):
    if rng.random() < 0.5:
        return str(number)
    if number == 100 and rng.random() < 0.5:
        return "one hundred"
    return in_words(number, rng.choice("- "))


def pick_percent(rng):
    return rng.randrange(0, 101, 10)


def percent_text(rng, number, unit_needed, absolute):
    named = number in PERCENT_NAMES and (number == 100 or not unit_needed)
    if absolute and named and rng.random() < 0.4:
        return rng.choice(PERCENT_NAMES[number])
    if not unit_needed and rng.random() < 0.25:
        return number_text(rng, number)
    if rng.random() < 0.35:
        return f"{number}{rng.choice(['%', '%', ' %'])}"
    return f"{number_text(rng, number)} {rng.choice(['percent', 'percent', 'per cent'])}"


def degrees_text(rng, number, unit_needed):
    if not unit_needed and rng.random() < 0.3:
        return number_text(rng, number)
    if rng.random() < 0.25:
        return f"{number}{rng.choice(['°', '°C', ' °C'])}"
    unit = "degree" if number == 1 else "degrees"
    return f"{number_text(rng, number)} {unit}{rng.choice(['', '', ' celsius'])}"


def pick_value(rng, in_degrees, absolute):
    if not in_degrees:
        return pick_percent(rng) if absolute else max(1, pick_percent(rng))
    return rng.randint(10, 30) if absolute else rng.randint(1, 5)


def value_text(rng, number, in_degrees, unit_needed, absolute):
    if in_degrees:
        return degrees_text(rng, number, unit_needed)
    return percent_text(rng, number, unit_needed, absolute)


# ---- clock times: each function returns (text, "HH:MM") ----

def stamp(hour, minute):
    return f"{hour:02d}:{minute:02d}"


def pick_minute(rng):
    return rng.choice((0, 15, 30, 45))


def hour_text(rng, hour):
    return str(hour) if rng.random() < 0.4 else in_words(hour)


def to_twelve(hour):
    return (hour - 1) % 12 + 1


def digital_24(rng):
    hour, minute = rng.randint(0, 23), pick_minute(rng)
    shown = str(hour) if hour > 9 or rng.random() < 0.4 else f"{hour:02d}"
    return f"{shown}:{minute:02d}", stamp(hour, minute)


def minute_after_hour(rng, minute):
    if minute < 10:
        return f"oh {in_words(minute)}"
    return in_words(minute, rng.choice("- "))


def past_or_to(rng, hour, minute):
    """Spoken minutes before or after an hour (1 to 12): 'ten past six', 'quarter to nine'."""
    count, link, base = minute, rng.choice(["past", "past", "after"]), hour
    if minute > 30:
        count, link, base = 60 - minute, rng.choice(["to", "to", "before"]), hour % 12 + 1
    if count == 30:
        return f"half past {hour_text(rng, base)}"
    if count == 15:
        return f"{rng.choice(['', 'a '])}quarter {link} {hour_text(rng, base)}"
    minutes = number_text(rng, count)
    if count % 5 or rng.random() < 0.15:
        minutes += " minute" if count == 1 else " minutes"
    return f"{minutes} {link} {hour_text(rng, base)}"


def spoken(rng, hour, minute):
    """Text for a time on a 12-hour clock (hour 1 to 12)."""
    if minute == 0:
        return hour_text(rng, hour) + rng.choice(["", " o'clock"])
    if rng.random() < 0.7 and (minute % 5 == 0 or minute < 15 or minute > 45):
        return past_or_to(rng, hour, minute)
    return f"{in_words(hour)} {minute_after_hour(rng, minute)}"


def spoken_bare(rng):
    """A time without am or pm, taken literally; hours 1 to 12."""
    hour, minute = rng.randint(1, 12), pick_minute(rng)
    return spoken(rng, hour, minute), stamp(hour, minute)


def half_of_day(rng):
    """'7pm', '6:45 am', 'quarter past six p.m.'; 12 am is midnight, 12 pm is noon."""
    hour, minute = rng.randint(0, 23), pick_minute(rng)
    letter = "a" if hour < 12 else "p"
    suffix = rng.choice([f"{letter}m", f"{letter}m", f"{letter}.m.", f"{letter.upper()}M"])
    twelve = to_twelve(hour)
    style = rng.random()
    if style < 0.3 and not (twelve == 11 and minute > 30):
        return f"{spoken(rng, twelve, minute)} {suffix}", stamp(hour, minute)
    shown = str(twelve) if minute == 0 else f"{twelve}:{minute:02d}"
    return f"{shown}{rng.choice(['', ' '])}{suffix}", stamp(hour, minute)


DAY_PARTS = [("in the morning", 4, 11), ("this morning", 5, 11), ("in the afternoon", 13, 17),
             ("this afternoon", 13, 17), ("in the evening", 17, 22), ("this evening", 17, 22),
             ("tonight", 18, 23), ("at night", 20, 23)]


def part_of_day(rng, part_first=False):
    """'eight in the evening', or with part_first, 'this evening at eight'."""
    part, first, last = rng.choice(DAY_PARTS)
    hour, minute = rng.randint(first, last), pick_minute(rng)
    twelve = to_twelve(hour)
    text = spoken(rng, twelve, minute)
    if rng.random() < 0.3:
        text = f"{twelve}:{minute:02d}"
    return (f"{part} at {text}" if part_first else f"{text} {part}"), stamp(hour, minute)


def named(rng):
    return rng.choice([("noon", "12:00"), ("midday", "12:00"), ("midnight", "00:00")])


def clock(rng):
    """A clock time that follows a preposition."""
    style = rng.random()
    if style < 0.27:
        return digital_24(rng)
    if style < 0.47:
        return half_of_day(rng)
    if style < 0.73:
        return spoken_bare(rng)
    if style < 0.93:
        return part_of_day(rng)
    return named(rng)


def time_phrase(rng, carriers, after_value):
    """A whole time expression: 'at seven', 'this evening at 7', 'once it is 18:45', '7pm'.

    Next to a value it needs a preposition: 'to twenty eight pm' would be ambiguous.
    """
    style = rng.random()
    if style < 0.06:
        return part_of_day(rng, part_first=True)
    if style < 0.12 and not after_value:
        return half_of_day(rng)
    text, time = clock(rng)
    if style < 0.62:
        return f"at {text}", time
    return rng.choice(carriers).replace("{c}", text), time
