"""The schema: devices, rooms, the actions that each device allows, and the JSON line."""

import json

# canonical name -> (words for one, words for several)
DEVICES = {
    "lamp": (["lamp", "light"], ["lights", "lamps"]),
    "heater": (["heater", "heating", "radiator", "thermostat"], ["radiators"]),
    "ac": (["ac", "air conditioner", "air conditioning"], []),
    "fan": (["fan", "ceiling fan", "ventilator"], ["fans"]),
    "blinds": (["blind"], ["blinds", "shutters", "shades", "curtains"]),
    "speaker": (["speaker", "stereo", "music"], ["speakers"]),
    "tv": (["tv", "television", "telly"], []),
    "door": (["door"], ["doors"]),
    "window": (["window"], ["windows"]),
    "kettle": (["kettle"], []),
    "vacuum": (["vacuum", "vacuum cleaner", "robot vacuum", "hoover"], []),
    "sprinkler": (["sprinkler"], ["sprinklers"]),
}

ROOMS = {
    "kitchen": ["kitchen"],
    "living_room": ["living room", "lounge", "sitting room"],
    "bedroom": ["bedroom"],
    "bathroom": ["bathroom"],
    "office": ["office", "study"],
    "hallway": ["hallway", "hall", "corridor"],
    "garage": ["garage"],
    "garden": ["garden", "backyard", "yard"],
    "nursery": ["nursery", "kids room", "children's room"],
    "dining_room": ["dining room"],
    "basement": ["basement", "cellar"],
    "attic": ["attic", "loft"],
}

# Phrases for the room "all", placed after a device: "the lamps in the whole house".
EVERYWHERE = ["everywhere", "in the whole house", "in every room", "in all rooms",
              "all over the house", "throughout the house", "in all the rooms"]

SWITCHED = ["lamp", "heater", "ac", "fan", "speaker", "tv", "kettle", "vacuum", "sprinkler"]
ADJUSTED = ["lamp", "heater", "ac", "fan", "speaker", "tv"]
ALLOWED = {
    "on": SWITCHED,
    "off": SWITCHED,
    "set": ADJUSTED + ["blinds"],
    "up": ADJUSTED,
    "down": ADJUSTED,
    "open": ["blinds", "door", "window"],
    "close": ["blinds", "door", "window"],
    "lock": ["door", "window"],
    "unlock": ["door", "window"],
}

# Devices with values in degrees Celsius; all other values are percentages.
IN_DEGREES = {"heater", "ac"}

# Words that may appear in "set the ... of the lamp" without changing the meaning.
ATTRIBUTES = {
    "lamp": ["brightness"],
    "heater": ["temperature"],
    "ac": ["temperature"],
    "fan": ["speed"],
    "speaker": ["volume"],
    "tv": ["volume"],
}

# Devices and places outside the schema. Like the words above, they occur in the training text and the held-out text.
FOREIGN_DEVICES = """oven stove toaster microwave dishwasher fridge freezer computer laptop phone printer camera clock bed sofa
piano guitar bicycle car gate fence pool pump drill projector coffee_machine washing_machine hair_dryer alarm_clock blender router
scooter doorbell""".split()
FOREIGN_PLACES = """school hospital restaurant bank hotel airport library church supermarket museum castle barn helicopter train
swimming_pool greenhouse""".split()

KEYS = ("device", "room", "action", "value", "time")


def json_line(device, room=None, action=None, value=None, time=None):
    fields = dict(zip(KEYS, (device, room, action, value, time)))
    return json.dumps(fields, separators=(",", ":"))


UNKNOWN = json_line("unknown")
