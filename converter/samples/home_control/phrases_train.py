"""Wording of the training requests. None of it may appear in phrases_heldout.py.

A training request is put together from verb frames and wrappers:
{b} base form ("turn the lamp on"), {g} gerund ("turning ..."), {p} past ("turned ..."),
{v} passive ("the lamp turned on"), {z} state ("on"), {i} what the device does ("go on"),
{d} device phrase, {be}/{s}/{es} its verb ending, {n} value, {u} value with its unit,
{w} any word. (a|b|) is a choice.
"""

VERB_FORMS = {
    "turn": ("turning", "turned"), "switch": ("switching", "switched"), "power": ("powering", "powered"),
    "start": ("starting", "started"), "activate": ("activating", "activated"),
    "enable": ("enabling", "enabled"), "put": ("putting", "put"), "fire": ("firing", "fired"),
    "get": ("getting", "got"), "bring": ("bringing", "brought"), "flip": ("flipping", "flipped"),
    "run": ("running", "run"), "shut": ("shutting", "shut"), "kill": ("killing", "killed"),
    "stop": ("stopping", "stopped"), "deactivate": ("deactivating", "deactivated"),
    "disable": ("disabling", "disabled"), "cut": ("cutting", "cut"), "set": ("setting", "set"),
    "adjust": ("adjusting", "adjusted"), "change": ("changing", "changed"), "take": ("taking", "took"),
    "move": ("moving", "moved"), "make": ("making", "made"), "dim": ("dimming", "dimmed"),
    "raise": ("raising", "raised"), "lower": ("lowering", "lowered"), "reduce": ("reducing", "reduced"),
    "increase": ("increasing", "increased"), "decrease": ("decreasing", "decreased"),
    "boost": ("boosting", "boosted"), "crank": ("cranking", "cranked"), "drop": ("dropping", "dropped"),
    "open": ("opening", "opened"), "close": ("closing", "closed"), "pull": ("pulling", "pulled"),
    "lock": ("locking", "locked"), "unlock": ("unlocking", "unlocked"), "bolt": ("bolting", "bolted"),
    "secure": ("securing", "secured"), "brighten": ("brightening", "brightened"),
    "leave": ("leaving", "left"), "let": ("letting", "let"), "have": ("having", "had"),
    "regulate": ("regulating", "regulated"), "bump": ("bumping", "bumped"), "warm": ("warming", "warmed"),
}

PASSIVE_FORMS = {"take": "taken"}

VERBS = {
    "on": [
        "turn on {d}", "turn {d} on", "switch on {d}", "switch {d} on", "power on {d}", "power {d} on",
        "power up {d}", "power {d} up", "start {d}", "start up {d}", "start {d} up", "activate {d}", "enable {d}",
        "put {d} on", "put on {d}", "fire up {d}", "get {d} going", "get {d} running", "bring {d} on", "flip {d} on",
        "flip on {d}", "run {d}", "set {d} running", "leave {d} on", "let {d} run", "have {d} on", "have {d} running",
    ],
    "off": [
        "turn off {d}", "turn {d} off", "switch off {d}", "switch {d} off", "power off {d}", "power {d} off",
        "power down {d}", "power {d} down", "shut off {d}", "shut {d} off", "shut down {d}", "shut {d} down",
        "kill {d}", "stop {d}", "deactivate {d}", "disable {d}", "cut {d}", "put {d} off", "cut {d} off",
        "flip {d} off", "flip off {d}", "leave {d} off", "have {d} off",
    ],
    "set": [
        "set {d} to {n}", "set {d} at {u}", "put {d} at {u}", "put {d} to {n}", "put {d} on {u}", "adjust {d} to {n}",
        "change {d} to {n}", "bring {d} to {n}", "take {d} to {n}", "move {d} to {n}", "turn {d} to {n}",
        "get {d} to {n}", "make {d} {u}", "set {d} {u}", "regulate {d} to {n}", "have {d} at {u}",
        "let {d} be at {u}", "switch {d} to {n}", "leave {d} at {u}", "set {d} on {u}", "make {d} go to {n}",
    ],
    "set.adjusted": [
        "turn {d} up to {n}", "turn up {d} to {n}", "turn {d} down to {n}", "turn down {d} to {n}",
        "raise {d} to {n}", "lower {d} to {n}", "reduce {d} to {n}", "increase {d} to {n}", "decrease {d} to {n}",
        "drop {d} to {n}", "crank {d} up to {n}", "bring {d} down to {n}", "bring {d} up to {n}",
    ],
    "set.lamp": ["dim {d} to {n}", "dim {d} to {n}", "dim {d} down to {n}", "brighten {d} to {n}", "dim {d} at {u}"],
    "set.heater": ["warm {d} up to {n}"],
    "set.blinds": [
        "open {d} to {n}", "close {d} to {n}", "raise {d} to {n}", "lower {d} to {n}", "pull {d} up to {n}",
        "pull {d} down to {n}",
    ],
    "up": [
        "turn up {d}", "turn {d} up", "turn {d} higher", "raise {d}", "increase {d}", "boost {d}", "crank up {d}",
        "crank {d} up", "bring up {d}", "bring {d} up", "bump up {d}", "set {d} higher", "make {d} go up",
        "put {d} up", "make {d} higher", "make {d} stronger",
    ],
    "up.lamp": ["brighten {d}", "brighten up {d}", "make {d} brighter", "get {d} brighter", "turn {d} brighter"],
    "up.heater": ["make {d} warmer", "make {d} hotter", "set {d} warmer", "warm {d} up"],
    "up.fan": ["make {d} faster", "set {d} faster"],
    "up.speaker": ["make {d} louder", "get {d} louder", "turn {d} louder"],
    "up.tv": ["make {d} louder", "get {d} louder", "turn {d} louder"],
    "upby": [
        "turn up {d} by {n}", "turn {d} up by {n}", "turn {d} up {u}", "raise {d} by {n}", "increase {d} by {n}",
        "boost {d} by {n}", "crank {d} up by {n}", "bring {d} up by {n}", "set {d} {u} higher", "make {d} {u} higher",
        "turn {d} {u} higher", "raise {d} {u}", "bump {d} up by {n}", "bump {d} by {n}", "increase {d} {u}",
        "put {d} up {u}",
    ],
    "upby.lamp": ["brighten {d} by {n}", "make {d} {u} brighter"],
    "upby.heater": ["make {d} {u} warmer", "make {d} {u} hotter", "set {d} {u} warmer"],
    "upby.speaker": ["make {d} {u} louder"],
    "down": [
        "turn down {d}", "turn {d} down", "turn {d} lower", "lower {d}", "reduce {d}", "decrease {d}",
        "bring {d} down", "bring down {d}", "set {d} lower", "make {d} lower", "drop {d}", "make {d} go down",
        "cut down {d}", "make {d} weaker", "put {d} down",
    ],
    "down.lamp": ["dim {d}", "dim {d}", "dim down {d}", "make {d} dimmer", "make {d} darker", "make {d} softer"],
    "down.heater": ["make {d} cooler", "make {d} colder", "make {d} less hot"],
    "down.fan": ["make {d} slower", "make {d} less strong"],
    "down.speaker": ["make {d} quieter", "make {d} softer", "get {d} quieter", "turn {d} quieter"],
    "down.tv": ["make {d} quieter", "make {d} less loud", "turn {d} quieter"],
    "downby": [
        "turn down {d} by {n}", "turn {d} down by {n}", "turn {d} down {u}", "lower {d} by {n}", "reduce {d} by {n}",
        "decrease {d} by {n}", "bring {d} down by {n}", "drop {d} by {n}", "set {d} {u} lower", "make {d} {u} lower",
        "turn {d} {u} lower", "lower {d} {u}", "reduce {d} {u}", "cut {d} by {n}", "put {d} down {u}",
    ],
    "downby.lamp": ["dim {d} by {n}", "dim {d} by {n}", "make {d} {u} darker", "dim {d} {u}"],
    "downby.heater": ["make {d} {u} cooler", "make {d} {u} colder"],
    "downby.speaker": ["make {d} {u} quieter"],
    "open": [
        "open {d}", "open {d}", "open up {d}", "open {d} up", "get {d} open", "pull {d} open", "make {d} open",
        "leave {d} open", "put {d} open", "have {d} open",
    ],
    "open.blinds": ["raise {d}", "pull up {d}", "pull {d} up"],
    "close": [
        "close {d}", "close {d}", "shut {d}", "shut {d}", "close up {d}", "close {d} up", "pull {d} shut",
        "get {d} closed", "leave {d} closed", "get {d} shut", "have {d} closed",
    ],
    "close.blinds": ["lower {d}", "pull down {d}", "pull {d} down"],
    "lock": [
        "lock {d}", "lock {d}", "lock {d} up", "lock up {d}", "bolt {d}", "secure {d}", "get {d} locked",
        "put {d} under lock", "leave {d} locked", "have {d} locked",
    ],
    "unlock": [
        "unlock {d}", "unlock {d}", "unlock {d}", "get {d} unlocked", "make {d} unlocked", "take the lock off {d}",
        "leave {d} unlocked", "have {d} unlocked",
    ],
}

STATES = {
    "on": ["on", "running", "active", "switched on", "turned on", "working", "powered up"],
    "off": ["off", "switched off", "turned off", "shut off", "stopped", "powered down"],
    "set": ["at {u}", "set to {n}", "on {u}", "{u}"],
    "up": ["higher", "up", "up a bit", "a (bit|little|tad|notch) higher", "turned up (some|a bit|a little|)"],
    "up.lamp": ["brighter", "a (bit|little) brighter"],
    "up.heater": ["warmer", "a (bit|little) warmer", "hotter"],
    "up.speaker": ["louder", "a (bit|little) louder"],
    "upby": ["{u} higher", "up by {n}", "up {u}", "turned up {u}"],
    "down": ["lower", "down", "down a bit", "a (bit|little|tad|notch) lower", "turned down (some|a bit|)"],
    "down.lamp": ["dimmer", "darker", "a (bit|little) darker"],
    "down.speaker": ["quieter", "a (bit|little) quieter", "less loud"],
    "downby": ["{u} lower", "down by {n}", "down {u}", "turned down {u}"],
    "open": ["open", "opened", "wide open"],
    "close": ["closed", "shut", "closed up"],
    "lock": ["locked", "locked up", "bolted"],
    "unlock": ["unlocked", "not locked anymore"],
}

DOES = {
    "on": ["come on", "go on", "turn on", "switch on", "start", "start running", "run", "power up"],
    "off": ["go off", "turn off", "switch off", "stop", "shut off", "shut down", "power down"],
    "set": ["go to {n}", "be at {u}", "switch to {n}", "change to {n}", "run at {u}", "be set to {n}"],
    "up": ["go up", "be higher", "go higher", "go up a bit"],
    "upby": ["go up by {n}", "go up {u}", "be {u} higher", "increase by {n}"],
    "down": ["go down", "be lower", "go lower", "go down a bit"],
    "downby": ["go down by {n}", "go down {u}", "be {u} lower", "decrease by {n}"],
    "open": ["open", "open up", "be open"],
    "close": ["close", "shut", "be closed", "be shut"],
    "lock": ["lock", "be locked"],
    "unlock": ["unlock", "be unlocked"],
}

# Whole requests that are not derived from a verb frame.
DIRECT = {
    "set": [
        "{u} (for|on) {d}", "(give me|I want|I'd like|I need|let's have|we need|how about) {u} (on|for) {d}",
        "{d}(,|:|) {u}", "{d} to {n}", "make it {u} (on|for) {d}", "{u} please (on|for) {d}",
        "(I like|I prefer|I love) {d} at {u}", "{u} (is fine|is good|is best|sounds good|will do) (for|on) {d}",
        "the (level|value|setting) (of|for) {d} (should|must) be {u}", "{d} (is|are) (best|nicest|good) at {u}",
        "my (choice|favourite|wish|setting) for {d} is {u}", "(go|switch|change) {d} to {u}",
        "{d} would be (nice|good|great|fine|better) at {u}", "(what|that) I (need|want) (for|on) {d} is {u}",
    ],
    "up": [
        "{d} (is|are) (too|way too) (low|weak)", 
        "{d} would be (better|nicer) a bit higher", "{d} could be (a little|a tad|) higher",
    ],
    "up.lamp": ["{d} (is|are) (too|way too) (dark|dim)", "more light from {d}", "{d} could be brighter"],
    "up.heater": ["it's (too|so) cold, turn up {d}", "{d} (is|are) (too|way too) (cold|cool)"],
    "up.speaker": ["{d} (is|are) (too|way too) quiet"],
    "up.tv": ["{d} (is|are) (too|way too) quiet"],
    "down": [
        "{d} (is|are) (too|way too) (high|strong)", "{d} would be (better|nicer) a bit lower",
        "{d} could be (a little|a tad|) lower",
    ],
    "down.lamp": ["{d} (is|are) (too|way too) bright", "less light from {d}", "{d} could be darker"],
    "down.heater": ["{d} (is|are) (too|way too) (hot|warm)"],
    "down.speaker": ["{d} (is|are) (too|way too) loud"],
    "down.tv": ["{d} (is|are) (too|way too) loud"],
    "upby": [
        "{u} more (for|from|please for) {d}", "(give|add) {u} (more|) to {d}", "add {u} on {d}", "{d} {u} up",
        "{d} should get {u} more", "{d} would be (better|nicer) {u} higher",
    ],
    "downby": [
        "{u} less (for|from|please for) {d}", "(take|remove) {u} from {d}", "{d} {u} down", "{d} should get {u} less",
        "{d} would be (better|nicer) {u} lower",
    ],
    "on": ["I (want|need) {d} now", "{d} should not be off anymore"],
    "off": [
        "no more {d}", "I don't need {d} (anymore|any longer|now)", "enough of {d}", "{d} should not be on anymore",
        "we don't need {d} (anymore|any longer), (turn it|turn them) off", "{d} (is|are) on, turn (it|them) off",
        "I left {d} on, turn (it|them) off",
    ],
    "open": ["we need (some|) fresh air, open {d}"],
    "close": ["it's (windy|cold|loud), close {d}"],
    "lock": ["I forgot to lock {d}", "{d} (is|are) not locked, lock (it|them)"],
    "unlock": ["I (want to get in|am outside), unlock {d}"],
}

BASE_WRAPPERS = [
    "{b}", "{b}", "{b}", "{b}", "please {b}", "{b} please", "(can|could|would|will) you {b}",
    "(can|could|would|will) you please {b}", "(can|could|would) you {b} (please|for me|for us)",
    "(can|could|might) we {b}", "I (want|need|would like|expect) you to {b}", "I'd (like|love|want) you to {b}",
    "I'd (like|love|want) to {b}", "I (want|need|would like|wish|have) to {b}",
    "we (want|need|have|would like) to {b}", "you (should|can|may|must|could) (now|) {b}",
    "(let's|let us|now|just|kindly|quickly|simply) {b}", "(go|come) (and|) {b}",
    "be (a dear|a darling|so kind|nice|good) and {b}", "be so (kind|nice|good) as to {b}",
    "is it (ok|fine|okay|alright) to {b}", "is there (any|a) way to {b}", "are you (able|ready|willing) to {b}",
    "I (wish|hope|think) you (would|could|can|should) {b}", "it would be (nice|great|good|lovely|best) to {b}",
    "it would be (nice|great|good|lovely) if you (could|would) {b}",
    "I'd (appreciate it|love it|be happy) if you (could|would) {b}", "it's (time|about time|necessary) to {b}",
    "(remember|be sure|make sure|try|take care) to {b}", "make sure you {b}", "(don't|do not) forget to {b}",
    "help me {b}", "I (beg|ask|told|order|command) you to {b}", "I'm asking you to {b}",
    "(someone|somebody) (should|must) {b}", "(may|can|could) I ask you to {b}",
    "we (should|must|could|ought to) {b}", "I must {b}", "you (need|have|ought) to {b}",
    "your (job|task) is to {b}", "I'm (trying|going|here) to {b}", "my (wish|request|idea) is to {b}", "do {b}",
    "you would (help|please) me if you {b}", "if you (can|could), {b}", "if possible, {b}",
    "time for you to {b}", "I forgot to {b}", "can it be arranged to {b}", "feel free to {b}",
    "what I want is to {b}", "please be quick and {b}",
    "I was (going to|about to|wondering if you could|thinking you could) {b}", "do you think you could {b}",
    "(set|program) the house to {b}", "would it be (ok|fine|too much) to {b}", "would you (like|care) to {b}",
    "why not {b}", "would it be (okay|fine) for you to {b}", "I was hoping to {b}",
    "would you be (ready|willing) to {b}", "(someone|anybody) could {b}", "{w} {b}", "{w} {w} {b}",
    "(you|I|we) {w} {b}", "{w} to {b}", "I {w} you to {b}", "please {w} and {b}", "(could|can|would) {w} {b}",
    "it is {w} to {b}", "I {w} that you {b}", "{w} of you to {b}", "the {w} is to {b}", "I'd be {w} if you {b}",
    "I {w} {w} to {b}", "go {w} and {b}", "why {w} you {b}",
]
GERUND_WRAPPERS = [
    "(would|do) you mind {g}", "(how|what) about {g}", "I (suggest|propose|vote for) {g}",
    "I'd (appreciate|love|suggest) {g}", "(thanks|thank you) for {g}", "(try|consider|start) {g}",
    "I (feel like|am for|insist on) {g}", "please consider {g}", "I was thinking of {g}", "are you up for {g}",
    "is {g} (possible|an option|ok)", "any way of {g}", "{g} would be (nice|great|good|lovely)",
    "we're for {g}", "your job is {g}", "{w} {g}", "{w} {w} {g}", "any {w} {g}", "the {w} of {g}",
]
PAST_WRAPPERS = [
    "(I'd|I would) (be happy|love it|like it|be glad|be pleased) if you {p}",
    "it would be (nice|great|lovely|best) if you {p}", "what if you {p}", "would it be ok if you {p}",
    "it's time you {p}", "I wish you {p}", "I'd prefer it if you {p}", "I'd rather you {p}",
    "I was wondering if you {p}", "I'd be (so|very|really) (happy|pleased|thankful) if you {p}",
    "would you be (so|) kind if you {p}", "I'd be {w} if you {p}", "{w} if you {p}",
]
PASSIVE_WRAPPERS = [
    "I (want|need|would like|expect) {v}", "I'd (like|love) {v}", "I'd like to (have|see) {v}",
    "(have|get) {v}", "(can|could|may) I (have|get) {v}", "(can|could|may) we (have|get) {v}",
    "we (want|need) {v}", "I (want|need) to have {v}", "it would be (nice|great) to have {v}",
    "please have {v}", "see {v}", "{w} {v}", "I {w} {v}", "I {w} to have {v}",
]
STATE_WRAPPERS = [
    "{d} {z}", "{d} {z}", "{d} {z} please", "{d}: {z}", "I (want|need|would like|prefer|expect) {d} {z}",
    "I'd (like|love) {d} {z}", "(make sure|ensure|check that|take care that) {d} {be} {z}",
    "make sure that {d} {be} {z}", "let {d} be {z}", "I want to see {d} {z}",
    "{d} (should|must|has to|have to|ought to|could|can|may) be {z}",
    "(I|we) (want|need|would like|expect) {d} to be {z}", "(can|could|may) (I|we) have {d} {z}",
    "(have|get) {d} {z}", "it would be (nice|great|best) to have {d} {z}", "I (like|love) {d} {z}",
    "I hope {d} {be} {z}", "{d} better be {z}", "is it possible to have {d} {z}",
    "{d} would be (good|nice) {z}", "can {d} be {z}", "(see|check|take care) that {d} {be} {z}",
    "{d} need{s} to (get|become) {z}", "I'd like to (see|have) {d} {z}", "my (wish|idea) is to have {d} {z}",
    "{d} {w} to be {z}", "{d} {w} {z}", "{w} {d} {z}", "I {w} {d} {z}", "{w} that {d} {be} {z}",
    "{w} {w} {d} {z}", "I {w} to {w} {d} {z}", "{w} {d} {w} {z}", "I could {w} {w} {d} {z}",
    "{w} to {w} that {d} {be} {z}",
]
DOES_WRAPPERS = [
    "(let|make|have) {d} {i}", "(tell|ask|get|command|order|program|want|allow) {d} to {i}",
    "{d} (should|must|can|may|has to|have to|could) {i}", "(I|we) (want|need|would like|expect) {d} to {i}",
    "I'd (like|love) {d} to {i}", "(plan|arrange|prepare|wait) for {d} to {i}", "{d} ought to {i}",
    "it's time for {d} to {i}", "make sure {d} {i}", "(can|could) {d} {i}", "set up {d} to {i}",
    "{d} (shall|will) {i}", "I think {d} should {i}", "{w} {d} to {i}", "{d} {w} to {i}", "I {w} {d} {w} {i}",
    "{w} for {d} to {i}", "{d} {w} {i}", "please {w} {d} to {i}",
]

OPENERS = [
    "hey,", "hi,", "hello,", "ok,", "okay", "hey house,", "computer,", "hello house,", "hey there,", "so",
    "well,", "now", "alright,", "um,", "uh", "yo", "good morning,", "good night,", "please,", "sorry,",
    "sorry but", "oh,", "oh,", "and", "also,", "then", "next,", "by the way,", "hey you,", "my friend,",
    "(assistant|robot|butler),", "attention:", "as usual,", "it's (late|early|dark|cold|hot),",
    "(I am|I'm|we are|he is|she is) (home|back|leaving|tired|busy|sleepy),", "first,", "finally,", "quickly,",
    "just so you know,", "once more,", "it's (late|early|dark|cold|hot|{w}),",
    "(I am|I'm|we are|he is|she is) (home|back|leaving|tired|busy|sleepy|{w}),", "{w},", "{w} {w},", "{w}:",
    "{w}!", "I have a {w},", "the {w} is {w},", "this is {w},", "for the {w},", "if you {w},",
    "when you {w} {w},", "oh {w},", "I'm {w} {w},", "please {w},", "one {w} {w},", "good {w},", "one {w}:",
]

CLOSERS = [
    ", please", " please", ", thanks", " thanks", ", thank you", ", ok", ", ok?", " for me", " for us", " now",
    " right now", " immediately", " quickly", " as soon as possible", ", will you", ", could you", ", can you",
    " if possible", " if you can", " again", " today", ", my dear", ", buddy",
    ", it's (dark|cold|hot|late|loud)", ", I'm (tired|sleepy)", ", that's all", ", would you please",
    ", got that?", ", quick", ", it's (dark|cold|hot|late|loud|{w})", " because it's {w}",
    ", I'm (tired|sleepy|{w})", " because I am {w}", " for my {w}", " for the {w}", ", the {w} is {w}",
    ", we are {w}", ", {w}", ", {w} {w}", ", that is {w}", " since the {w} is {w}", " so I can {w}",
    " so that we can {w}", ", I want to {w}", ", I need to {w}", " or I will {w}", " before we {w}",
    ", you {w}", ", we {w} {w}", " while I {w}", ", there is {w} {w}", ", I can {w}",
]

CARRIERS = [
    "at {c} sharp", "at exactly {c}", "exactly at {c}", "at about {c}", "around {c}", "about {c}", "from {c}",
    "from {c} on", "starting at {c}", "beginning at {c}", "starting from {c}", "once it is {c}",
    "once it's {c}", "when it is {c}", "when it's {c}", "as soon as it is {c}", "as soon as it's {c}",
    "when the clock (strikes|shows|hits) {c}", "no later than {c}", "not before {c}", "precisely at {c}",
    "punctually at {c}", "if it is {c}", "after {c}", "towards {c}", "(the time|time) is {c}", "time: {c}",
    "when {c} comes", "with the clock at {c}", "when we have {c}", "at {c} or so", "at roughly {c}",
    "at {c} at the latest", "at {c} today", "{w} at {c}", "{w} {c}", "when the {w} {w} {c}",
    "the {w} it {w} {c}", "at {c} {w}", "{w} {w} at {c}", "once {c} {w}", "as the clock {w} {c}",
    "at {c} on the {w}", "{w} of {c}",
]
