"""Wording of the held-out requests. It must not appear in phrases_train.py.

{d} device phrase, {be}/{s} its verb ending, {n} value, {u} value with its unit, {t} time phrase.
"""

OPENERS = [
    "excuse me,", "right,", "listen,", "good evening,", "dear house,", "if you don't mind,",
    "whenever you have a moment,", "one more thing:", "ah yes,", "actually,", "oh and", "quick request:",
]

CLOSERS = [
    ", much appreciated", ", would you", ", cheers mate", ", if that works for you", ", that'd be lovely",
    ", many thanks in advance", ", pal", ", got it?", ", it's a bit of a hurry", ", we have visitors",
    ", grandma is coming over", ", I can't reach it from here", ", my hands are full", ", before I forget",
]

CARRIERS = [
    "when the clock says {c}", "come {c}", "at {c} on the dot", "the moment it turns {c}", "as of {c}",
    "right at {c}", "somewhere around {c}", "let's say at {c}",
]

FRAMES = {
    "on": [
        "would it be possible to switch {d} on", "could somebody put {d} on", "go ahead and turn {d} on",
        "{d} need{s} to be on", "do me a favor and power up {d}", "would you be so good as to switch on {d}",
        "{t} {d} need{s} to come on", "see to it that {d} {be} on {t}",
        "I'd be grateful if you turned {d} on {t}", "{t} I want to find {d} switched on",
        "have {d} up and running {t}", "schedule {d} to turn on {t}", "would you be able to start {d} {t}",
        "I was hoping you'd switch {d} on {t}",
    ],
    "off": [
        "would it be possible to switch {d} off", "no one is using {d}, turn {d} off",
        "we're done with {d}, switch {d} off", "I think {d} can go off", "you might as well turn off {d}",
        "I forgot to switch off {d}, can you do it", "stop {d} for me, would you", "{d} need{s} to be off",
        "would you be so good as to shut {d} off", "see to it that {d} {be} off {t}",
        "I'd be grateful if you turned {d} off {t}", "{t} {d} need{s} to go off",
        "schedule {d} to switch off {t}", "I was hoping you'd power down {d} {t}",
        "would you be able to stop {d} {t}",
    ],
    "set": [
        "would it be possible to set {d} to {n}", "go ahead and put {d} at {u}",
        "see to it that {d} {be} at {u}", "would you be so good as to bring {d} to {n}",
        "could somebody adjust {d} to {n}", "my preference for {d} is {u}",
        "I'd be grateful if you changed {d} to {n}", "the right level for {d} is {u}",
        "{d} need{s} to be at {u} {t}", "{t} I want to find {d} at {u}", "schedule {d} for {u} {t}",
        "would you be able to set {d} to {n} {t}", "I was hoping you'd put {d} on {u} {t}",
    ],
    "set.lamp": [
        "would you be able to dim {d} to {n} {t}", "go ahead and dim {d} to {u}",
    ],
    "up": [
        "would it be possible to turn {d} up", "would you be so good as to turn up {d} a touch",
        "go ahead and raise {d}", "I'd be grateful if you increased {d}", "could somebody turn {d} up a notch",
        "see to it that {d} go{es} up {t}", "would you be able to increase {d} {t}",
        "I was hoping you'd raise {d} {t}",
    ],
    "up.lamp": [
        "I can hardly see, make {d} brighter",
    ],
    "up.heater": [
        "I'm freezing, make {d} warmer",
    ],
    "up.speaker": [
        "this is my favourite song, make {d} louder",
    ],
    "upby": [
        "would it be possible to turn {d} up by {n}", "go ahead and raise {d} by {n}",
        "{d} could go {u} higher", "would you be able to increase {d} by {n} {t}",
        "I was hoping you'd turn up {d} by {n} {t}",
    ],
    "down": [
        "would it be possible to turn {d} down", "would you be so good as to turn down {d} a touch",
        "go ahead and lower {d}", "I'd be grateful if you reduced {d}", "could somebody turn {d} down a notch",
        "see to it that {d} go{es} down {t}", "would you be able to reduce {d} {t}",
        "I was hoping you'd lower {d} {t}",
    ],
    "down.lamp": [
        "my eyes hurt, dim {d}", "it's movie night, dim {d} {t}",
    ],
    "down.speaker": [
        "the baby is asleep, make {d} quieter",
    ],
    "downby": [
        "would it be possible to turn {d} down by {n}", "go ahead and lower {d} by {n}",
        "{d} could go {u} lower", "would you be able to decrease {d} by {n} {t}",
        "I was hoping you'd turn down {d} by {n} {t}",
    ],
    "open": [
        "would it be possible to open {d}", "would you be so good as to open up {d}",
        "could somebody get {d} open", "I'd be grateful if you opened {d}", "it smells in here, open {d}",
        "{d} need{s} to be open", "go ahead and open {d} {t}", "see to it that {d} {be} open {t}",
        "I was hoping you'd open {d} {t}", "schedule {d} to open {t}", "{t} I want to find {d} open",
    ],
    "close": [
        "would it be possible to close {d}", "would you be so good as to shut {d}",
        "could somebody get {d} closed", "I'd be grateful if you closed {d}", "there's a draft, shut {d}",
        "{d} need{s} to be closed", "go ahead and close {d} {t}", "see to it that {d} {be} shut {t}",
        "I was hoping you'd close {d} {t}", "schedule {d} to close {t}", "{t} I want to find {d} closed",
    ],
    "lock": [
        "would it be possible to lock {d}", "would you be so good as to lock up {d}",
        "go ahead and lock {d} {t}", "see to it that {d} {be} locked {t}", "schedule {d} to lock {t}",
        "I'd be grateful if you locked {d} {t}",
    ],
    "unlock": [
        "would it be possible to unlock {d}", "would you be so good as to unlock {d}",
        "I lost my key, unlock {d}", "go ahead and unlock {d} {t}", "see to it that {d} {be} unlocked {t}",
        "schedule {d} to unlock {t}", "I'd be grateful if you unlocked {d} {t}",
    ],
}

# Requests that name a known device or action but cannot be expressed in the schema.
NEAR = [
    "which brand is {d}", "how many watts does {d} draw", "what do you think of {d}",
    "do you know whether {d} {be} on", "please tell me how {d} works", "who installed {d}",
    "tell me a story about {d}", "under no circumstances turn on {d}", "whatever you do, don't open {d}",
    "I would rather you did not switch off {d}", "sell {d} on the internet", "we should paint {d} blue",
    "how long has {d} been on", "what did you do with {d}", "my brother gave me {d} for christmas",
    "I bumped into {d} yesterday",
]

LATER = [
    "in about twelve minutes", "two hours from now", "the day after tomorrow at six", "next thursday at 8",
    "in half an hour", "for the next twenty minutes", "tomorrow at noon", "when my sister gets home",
    "after the storm is over",
]

SENTENCES = [
    "what is the capital of france", "order a pizza", "how tall is mount everest",
    "what's the weather going to be like", "translate good morning into spanish", "who won the world cup in 1998",
    "book a table for two", "how are you doing today", "remind me to call my mother", "set a timer for ten minutes",
    "wake me up at seven", "what is seventeen times four", "sing me a song", "I'm bored", "where did I leave my keys",
    "what time is it", "how do I get to the airport", "send an email to my boss", "add milk to the shopping list",
    "do you believe in ghosts", "what's the meaning of life", "call a taxi for half past eight",
    "how much is a flight to rome", "read me the headlines", "who painted the mona lisa", "define photosynthesis",
    "what's on my calendar this afternoon", "cancel the meeting at three", "are you a robot",
    "my dog ate my homework", "why is the sky blue", "flip a coin", "how many ounces are in a pound",
    "the quick brown fox jumps over the lazy dog", "find a recipe for lasagna", "when does the pharmacy close",
    "is it going to snow", "convert fifty dollars to euros", "what do penguins eat", "please water my plants for me",
    "turn left at the next corner", "raise your hand", "close your eyes", "open your mouth", "lock him up",
    "set the table for six", "turn the page", "put on your shoes", "start the engine", "shut up",
    "open a bank account", "increase my salary by ten percent", "switch seats with me", "I need a vacation",
    "let the cat out", "feed the goldfish at noon", "happy birthday", "nice to meet you", "see you at eight",
    "ok never mind", "forget it", "turn it on", "make it thirty percent", "switch everything", "a bit louder",
    "off now", "the one in the kitchen", "kitchen at seven", "fifty percent", "half past six",
    "how far away is the moon", "play chess with me", "who is the president of brazil", "what's your favourite color",
    "tell me something funny", "did the package arrive", "how old is the universe", "buy two tickets for the concert",
    "spell onomatopoeia", "I think therefore I am", "log me out of my account", "my back hurts",
    "write a poem about the sea", "the soup needs more salt", "charge my phone", "should I wear a jacket",
    "is there life on mars", "how long do eggs take to boil", "take a picture", "what rhymes with orange",
    "show me pictures of kittens", "who was the first man in space", "rent a bike for saturday",
    "where can I buy stamps", "count to one hundred", "dial my sister", "give me directions to the beach",
    "what year did the titanic sink", "can fish feel pain", "he went home at a quarter to nine", "seven plus eight",
    "asdf qwer", "hmm", "???", "blah blah blah",
]
