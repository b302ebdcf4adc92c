"""Training text for requests outside the schema, and general words used as filler.

{b} {d} {t} {u} {n} {z} are as in phrases_train.py; {w} is a general word.
"""

WORDS = """
able about above across actor add afraid age agree almost alone along already also always amazing angry animal answer
apple arm army around arrive art aunt autumn away baby bad bag bake ball band bank basket bath beach bear beat
beautiful become bed beer before begin believe bell best better between big bill bird birthday black blanket blue
board boat body book bored boring born boss bottle bottom bowl box boy brain bread break breakfast bridge brother
brown brush build burger bus business busy butter buy cake call calm camera camp candle card careful carry cat catch
chair cheap cheese chicken child children chocolate city class clean clever climb cloud coat coffee come company cook
cookie corn correct cost cough count country cousin cow crazy cream cry cup dad dance dark daughter day dear decide
deep deer dentist desk dinner dirty do doctor dog doll dream dress drink drive dry duck early earth easy eat egg empty
enjoy enough evening every exam explain eye face fact fall family famous farm fast father feel few fight film find
fine finger fish flat floor flower fly food foot football forest forget fork forward free friend friends fruit full
fun funny game gas gift girl give glad glass go gold good grandfather grandmother grass great green grey ground group
grow guest guests guitar guy hair hand happy hard hat hate head hear heart heavy help here hide high hill holiday home
honest honey hope horse hospital hungry hurry husband ice idea ill imagine important insect invite island jacket jam
job join joke juice jump keen keep key kid kind king kiss knee knife know lady lake land language late laugh lazy
learn leg lemon lesson letter library life like lion list listen little live long look lose lost lots love lovely
lucky lunch magic mail man many map march market maybe meal mean meat meet meeting message milk mind mirror mom money
monkey moon mother mountain mouse mouth movie much mum name narrow near neck need neighbour nervous new news nice
noise nose now number nurse ocean often oil old onion orange order other paint pants paper parents park party pass pay
peace pen pencil people pepper perhaps person phone photo pick picture piece pig place plan plane plant plate play
pocket poem police polite poor potato prefer present pretty price prince print problem promise proud purple queen
question quick quiet quite rabbit race rain read ready real really red relax remember rent reply rest restaurant rice
rich ride right ring river road rock roof rose rule sad safe salad salt sand sauce say school sea season seat see sell
send serious shall shirt shoe shop short should shoulder show shower sick silly silver sing sister sit size skin skirt
sky sleep slow small smart smell smile smoke snake snow soap soccer sock soft son song soon sorry sound soup speak
special spend spoon sport spring stairs stand star station stay steal stone store storm story strange street strong
student sugar suit summer sun sunny supper sure sweet swim table tail tall taste tea teach teacher team tell tennis
terrible test thank thick thief thin thing think thirsty ticket tidy tiger tired today together tomato tooth top touch
town toy train travel tree trip trousers truck true trust try ugly umbrella uncle understand university use useful
usual vegetable very village visit visitors voice wait walk wall want wash watch water way weak wear weather wedding
welcome west wet white wide wife wild win wind wine winter wise wish woman wonder wonderful wood word work world worry
write wrong yellow young zebra zoo could would might somebody everyone he she they him her us them that which whether
moment favor schedule expect demand require grateful hoping please kindly preference level hands movie asleep freezing
eyes draft hurt dot internet circumstances touch notch clock visitors reach finger hardly grandma
""".split()

LATER = [
    "in (ten|five|20|15|two|three|thirty|sixty|a few|a couple of) minutes",
    "in (an|one|two|three|2|four) (hour|hours)", "in a (while|minute|moment)", "in {n} (minutes|seconds|hours)",
    "(a|one|two|five|ten|3) (minute|minutes|hour|hours|days) (later|from now)", "after {n} (minutes|seconds)",
    "tomorrow", "tomorrow {t}", "{t} tomorrow", "tomorrow (morning|evening|night)", "the day after tomorrow",
    "next (week|month|monday|sunday)", "on (monday|tuesday|wednesday|thursday|friday|saturday|sunday)",
    "on (monday|wednesday|friday|saturday) {t}", "every (day|monday|morning|evening|hour)", "every day {t}",
    "(on|at) weekends", "on the (first|second|tenth|twelfth) of (may|june|july|march)",
    "on (christmas|my birthday|new year)",
    "when (I|we|they|he|she) (get|come|leave|gets|comes|arrive) (home|here|back|)",
    "when it (rains|snows|gets dark|gets cold)", "at (sunset|sunrise|dawn|dusk|dinner|lunch|bedtime)",
    "for (ten|five|30|twenty|two|an) (minutes|hours|hour)", "for the next {n} minutes",
    "until (seven|8|noon|tomorrow|monday)", "as soon as (I|we) (leave|arrive|sleep)",
    "next (tuesday|thursday) {t}", "two days (ago|from now)", "for a (while|minute)",
    "when (my|his) (wife|husband|boss|mother) (comes|gets) (home|here)",
    "(when|after|once) the (rain|wind|storm) (stops|ends)", "on the (third|fourth|fifth) of (june|april)",
    "(in|after) (roughly|only|exactly|some|{w}) (ten|eleven|five|seven|twenty|thirty|15|90) (minutes|hours|seconds)",
    "(after|once|when) the {w} is {w}",
    "after the {w}", "(in|after) (an|a quarter of an|three quarters of an) hour", "when my {w} {w} {w}",
    "(three|four|ten) (hours|minutes) from now",
    "the day after tomorrow {t}", "the day after", "in half a minute", "next {w} {t}",
    "when my (brother|aunt|neighbour) (gets|comes|goes) {w}",
    "once the (game|film|party|rain|snow) is over", "after the (game|film|party|rain|meeting) is over",
    "when the (game|film|party) is over", "in (less|more) than {n} minutes",
    "in half a day", "in half a (minute|year)", "in three quarters of an hour", "for half an hour",
    "in nearly {n} minutes", "in (twelve|11|40|25) (minutes|hours)", "at the weekend",
    "next (friday|saturday|sunday) {t}", "the day after (christmas|the party)", "at noon tomorrow",
    "tomorrow at midnight", "three hours from now", "when my (mother|father|aunt|brother) (gets|comes) home",
]

# Requests that name a known device but cannot be expressed in the schema.
NEAR = [
    "{d}", "{d} please", "{d} {t}", "(is|are) {d} {z}", "(is|are) {d} {z} (now|yet|already|again)",
    "(was|were) {d} {z} (yesterday|last night|)", "why (is|are) {d} {z}", "why (is|are) {d} not {z}",
    "who (left|turned|put) {d} {z}", "did (you|I|they) {b} (yesterday|{t}|)", "(where|how|what) (is|are) {d}",
    "(don't|do not|never|please don't) {b}", "I (don't|do not) want (you to|to) {b}",
    "(you|we) (should not|must not|shouldn't|mustn't|can't|cannot) {b}", "I'd rather you (didn't|did not) {b}",
    "(no need to|not necessary to|stop trying to|avoid to) {b}", "{b} not", "{d} must not be {z}", "not {d}",
    "(I|we) (don't|didn't) {b}", "never ever {b}", "don't you dare {b}", "not {g}", "you never {b}",
    "nobody should {b}", "(I|we|they|he) {p} (yesterday|last night|last week|once|already)",
    "(buy|sell|paint|clean|repair|fix|break|wash|throw away|steal|carry|find|draw|describe|replace|install|remove|measure|order|return|hide) {d}",
    "I (bought|sold|broke|lost|like|hate|see|hear|painted|saw|cleaned) {d}",
    "(can you|please|could you|let's) (buy|sell|paint|clean|repair|fix|describe|replace|look at|inspect|find) {d}",
    "how does {d} work", "how do I {b}", "can I {b} myself", "when (did|will|does) {d} {i}",
    "what happens (when|if) you {b}", "tell me (about|the story of|more about) {d}",
    "do (you|I|we) (have|like|need) {d}", "where can I (buy|find|get) {d}",
    "I (read|know|heard|dream|think) (something|a lot|) about {d}", "do you know (if|why|how) {d} {be} {z}",
    "(explain|show|teach) (me|us) how (to {b}|{d} works)", "who is in charge of {d}",
    "(sell|paint|measure|repair|describe) {d} (for me|today|please)",
    "my (sister|father|friend) (bought|gave me|likes) {d}", "{d} (broke|stopped working|fell down)",
    "I (walked|ran|fell) into {d}", "what (colour|kind|model|size) (is|are) {d}",
    "how many (hours|days) did {d} {i}", "by no means {b}", "on no account {b}",
    "I'd prefer that you (didn't|did not|don't) {b}", "please explain {d}",
    "do you know (if|why|when) {d} {be} {z}", "tell me a (joke|poem) about {d}",
    "who (made|sold|owns|broke) {d}", "could you (explain|describe|tell me) how {d} works",
    "(in|with|for|at) no {w} {b}", "no {w} {b}", "what(ever|) {w} you {w}, (don't|do not) {b}",
    "I would {w} you did not {b}", "(I|we) would {w} {w} not {b}",
    "what (do|does|did) (you|they|he|she) {w} {w} {d}", "what do you {w} {w} {d}", "my {w} {w} me {d} for {w}",
    "how (often|long|much) (has|have|had|did) {d} {w}",
    "(since when|how often) (has|have) {d} been {z}", "how long (is|are|was) {d} {z}", "{w} me a {w} {w} {d}",
    "how many {w} {w} {d} {w}", "which {w} (is|are) {d}",
    "what {w} (is|are) {d}", "we should {w} {d} {w}", "(sell|paint|buy) {d} {w} the {w}",
    "do you {w} {w} {d} {be} {z}",
    "{w} me how {d} {w}",
    "under no condition {b}", "in no case {b}", "whatever happens, (don't|do not) {b}",
    "whatever you think, never {b}", "please tell me (why|when|if) {d} {be} {z}",
    "tell me how (much|old|big) {d} {be}", "what do you (say|know) about {d}", "what do they think about {d}",
    "tell me a (joke|tale|secret) about {d}", "which (model|colour|size) {be} {d}",
    "how (many|much) {w} does {d} (use|need|cost)", "how long did {d} {i}", "how long will {d} be {z}",
    "since when {be} {d} {z}", "who (bought|repaired|invented) {d}",
    "my (sister|mother|uncle) gave me {d} for {w}", "I (tripped|stumbled) over {d} yesterday",
    "we should (clean|sell|move|fix) {d} {w}", "(sell|buy|trade) {d} on the (market|street|radio)",
    "I would rather you never {p}", "what (did|will) you do with {d}",
    "(under|in) no {w} (should|may|must) you {b}", "under no {w} {b}",
    "(sell|buy|order|rent) {d} (on|in|over|from) the {w}", "sell {d} {w}",
    "(under|in|at) no {w} {b}", "under no {w} {b} {t}", "I (crashed|bounced|bumped) against {d} {w}",
    "he bumped his {w} on {d}", "she fell over {d} {w}",
    "sell {d} over the {w}", "sell {d} on the {w} market", "(sell|buy) {d} on the computer",
]

SENTENCES = [
    "what is (a|an|the) {w}", "who (is|was|are) (the|a|my|your) {w}",
    "who (wrote|made|invented|discovered|built|found|ate|{w}) the {w}", "where (is|are|was) (the|my|your) {w}",
    "when (is|was|does|did|will) the {w} {w}", "why (is|are|do|does|did) the {w} {w}",
    "how (do|can|did) (I|you|we|they) {w} (a|the|my) {w}", "how (many|much|old|far|big|tall|long|{w}) {w} {w}",
    "how (far|old|big|tall|long|deep|fast) (is|are) (the|a|your|my) {w}",
    "(tell|give|show|sing|read|teach|send|write|bring|cook|make) me (a|an|the|some|my) {w}",
    "(tell|give|show|sing|read|write) me (a|the) {w} about {w}",
    "(order|buy|get|cook|eat|bake|find|rent|sell|bring|book) (a|an|the|some|me|two|three) {w}",
    "(order|buy|get|book|rent|find) (a|some|two|three|the) {w} (for|from|with|in|to) {w}",
    "(call|text|phone|email|message|ask|meet|dial) (my|the|your) {w}",
    "(remind|tell|ask) (me|him|her|us) to {w} the {w}", "remind me {t}", "wake (me|us) {t}",
    "set (a|an|the) (alarm|timer|reminder) (for|to|of) {n} (minutes|seconds|hours)",
    "set (an alarm|the clock) {t}", "(I|you|we|they) {w} {w}", "(I|you|we|they) {w} (a|the|my|your) {w}",
    "(he|she|it|nobody) (is|was|has|had|can) {w} {w}", "my {w} is {w}", "the {w} {w} the {w}",
    "the {w} is {w} {t}", "{w}", "{w} {w}", "{w} {w} {w}", "{w} {w} {w} {w}", "{w} {w} {w} {w} {w}",
    "{w} {w} {w} {w} {w} {w}", "{w} {w} the {w} {w} {w} {w} {w}",
    "(hi|hello|hey|bye|goodbye|good morning|good night|good evening|thanks|thank you|sorry|yes|no|maybe|ok|fine|stop|cancel|help|wait|nothing|oops|wow|ha ha|please)",
    "(hello|hi) (there|{w}|you)", "how are you", "how (is|was) your {w}", "what's up",
    "what's your (name|age|{w})", "(can|could|would|will) you {w} (me|the|a|my) {w}",
    "(can|could|would) you {w}", "(can|do|does|should|will) (I|{w}|we) {w} {w}",
    "(is|are) (the|a|your|my) {w} {w}", "is it (raining|{w}|going to {w}) (today|tomorrow|)",
    "is there (a|any) {w} (in|on|at) {w}", "(do|did) you {w} (a|the|my|in) {w}", "are you (a|the|) {w}",
    "am I {w}", "what (time|day|date|year) is it", "what time does the {w} {w}",
    "what (day|year|{w}) (did|does|is) the {w} {w}", "what's (the|my|your) {w}", "what (do|did) {w} {w}",
    "what {w} with {w}", "what's the {w} of {w}", "what is {n} (plus|minus|times|divided by) {n}",
    "(add|multiply|divide|subtract) {n} (and|by|from|with) {n}", "{n} (plus|minus|times) {n}",
    "count (from|to) {n}", "convert {n} {w} to {w}", "{n} {w}", "{n}", "{u}", "{t}", "{w} {t}",
    "{w} the {w} {t}", "I will {w} {t}", "(see|meet) (you|me) {t}", "we {w} {t}", "let's {w} {t}",
    "book a {w} {t}", "the {w} starts {t}", "call (me|a {w}) {t}", "(he|she) {w} {w} {t}",
    "play (a|the|some|my) {w}", "translate {w} (to|into) {w}", "define {w}", "spell {w}",
    "(search|look|google) for {w}", "what does {w} mean", "(let's|we should) {w} (the|a) {w}",
    "add {w} to (the|my) {w} list", "turn (around|the {w}|left|right|back|into a {w}|your {w}|{w})",
    "(open|close|shut|lock|start|stop|raise|lower|move|set|dim|put|increase|drop|cut) (your|the|my|a|his) {w}",
    "(open|raise|close|lower) your (mouth|arm|eyes|hand|book|{w})",
    "(turn|switch) (it|that|this|everything|something|all|them|me) (on|off|up|down)",
    "(turn|switch|power) (on|off|up|down)", "turn (on|off) please", "(set|dim|put|change) it to {n}",
    "(lock|unlock|open|close|raise|lower|dim|start|stop) (it|them|that|everything|him|her|me)",
    "(on|off|up|down|louder|brighter|warmer|open|close|set|dim|lock|unlock|higher|lower|more|less)",
    "(make|get|keep) it (louder|brighter|{w}|{u}|darker)",
    "(increase|lower|raise|reduce|cut) (the|my|our) {w} by {n}", "(increase|reduce) {w} {w} by {n}",
    "put (on|down|up|away) (the|my|your) {w}", "set (the|a) {w} (for|to|at) {n}",
    "(a (bit|little)|much|far) (louder|brighter|higher|lower|warmer|colder)", "{r}", "the {r}",
    "the {r} please", "{r} {t}", "in the {r}", "{w} in the {r}", "{w} the {r}", "how big is the {r}",
    "who is in the {r}", "(I'm|we are|she is) in the {r}", "clean the {r}", "{w} {w} {w} the {r}",
    "the {w} in the {r} (is|was) {w}", "(turn|switch) (on|off) the {r}", "(make|get) the {r} {w}",
    "the {w} one in the {r}", "(meet|see) me in the {r} {t}", "{u} in the {r}", "(on|off) in the {r}",
    "the (one|other one|thing|{w}) in the {r}", "I (want|need|have|like|love|hate) (a|an|some|my|to) {w}",
    "(don't|never|always|please|just) {w}", "if {w} {w} then {w} {w}",
    "(one|two|three) {w} and (a|four|five) {w}", "once upon a time there was a {w}", "the {w} and the {w}",
    "(1 2 3|abc|a b c|qqq|lorem ipsum|test test|ehm|lalala|xxx|!!!|...|?|la la|zzz|qwertz)",
    "my {w} {w} my {w}", "{w} my {w} on {w}", "(happy|merry|good) {w}", "nice {w}",
    "(who|what|why|where|how|when)", "where {w} {w} {w} {w} {w}", "log (in|out|me in)",
]
