"""The words that the rules for articles go by: abbreviations, verbs of speech, people who speak, titles, bodies.

Tables only; `sentences`, `subjects`, `speakers` and `actors` hold the rules.
"""

from __future__ import annotations


def _words(*lines: str) -> frozenset[str]:
    """The words of some lines, as a set."""
    return frozenset(word for line in lines for word in line.split())


ABBREVIATIONS = _words(
    "lt vice reps govs cmdr arts h.r.h h.m h.h r.o.k gen.-maj lt.-gen d.p.r.k msgr gp flt sqn wg cdr rear adml",
    "adm gen brig maj capt col sgt amb rep sen sens gov hon rev dep asst min sec dir lt.-col maj.-gen brig.-gen",
    "nos art para paras res doc vol u.s u.n u.k e.u u.a.e a.u h.e st mt ft p.m a.m",
)
"""Ranks, titles, offices and states that nupunkt does not know, or not surely."""

VERBS = _words(
    "said says say saying told tells telling added adds adding stated stating noted notes noting announced announces",
    "announcing",
    "declared declares declaring asked asks asking replied replies replying argued argues arguing claimed claims claiming",
    "insisted insists insisting explained explains explaining remarked observed commented responded answered",
    "wrote writes writing tweeted posted reiterated reiterates reiterating stressed stresses stressing emphasised",
    "emphasized emphasising emphasizing",
    "underlined underlining underscored underscoring highlighted highlighting affirmed affirming reaffirmed reaffirming",
    "confirmed confirms confirming",
    "acknowledged acknowledges acknowledging admitted admits admitting conceded conceding recalled recalling concluded",
    "concluding continued",
    "suggested suggests suggesting alleged alleges alleging maintained maintains maintaining contended contending",
    "asserted asserts asserting",
    "warned warns warning cautioned cautions cautioning threatened threatens threatening vowed vows vowing pledged",
    "pledges pledging promised promises promising",
    "condemned condemns condemning denounced denounces denouncing deplored deplores deploring decried criticised",
    "criticized criticises criticizes criticising criticizing",
    "slammed blasted rebuked accused accuses accusing blamed blames blaming rejected rejects rejecting dismissed",
    "dismisses dismissing denied denies denying",
    "protested demanded demands demanding urged urges urging appealed appeals appealing implored called calls calling",
    "praised praises praising hailed hails hailing lauded lauding applauded welcomed welcomes welcoming commended",
    "commending thanked thanks thanking",
    "congratulated saluted apologised apologized apologising apologizing regretted lamented voiced voicing expressed",
    "expresses expressing",
    "quipped joked shouted cried whispered retorted countered testified reported reports proposed offered",
    "declined predicted complained disclosed revealed hinted indicated signalled signaled repeated assured reassured",
)
"""Forms that make their subject a speaker, speech acts (condemned, urged) included."""

NOUN_LIKE = _words(
    "claims demands calls reports notes promises threatens thanks offers warning posts appeals pledges vows reported reports "
    "continued repeated voiced called posted offered signaled signalled declined indicated regretted"
)
"""Forms that are as often a noun or an adjective: these need a sure subject."""

WEAK = {
    "called": r"\s+(?:on|upon|for|it|them|him|her|the|this|that|such|any|what|\x01)",
    "calls": r"\s+(?:on|upon|for|it|them|him|her|the|this|that)",
    "calling": r"\s+(?:on|upon|for|it|them|him|her|the|this|that|\x01)",
    "continued": r"[,:.]?\s*\x01|[.]$|,$",
    "reported": r"\s+(?:that|on|\x01)|[,.]",
    "reports": r"\s+that",
    "offered": r"\s+(?:to|his|her|its|their|condolences|support|mediation|help|thanks|an apology)",
    "posted": r"\s+(?:on|that|:)|[,:]",
    "voiced": r"\s+(?:concern|alarm|support|hope|regret|outrage|solidarity|dismay|anger|its|his|her|their|strong|deep|full)",
    "expressed": r"\s+(?!by\b)",
    "expresses": r"\s+(?!by\b)",
    "declined": r"\s+to\s+(?:say|comment|answer|elaborate|give|discuss|confirm|name|specify|explain|identify|speak)",
    "repeated": r"\s+(?:that|his|her|its|their|the|a|calls)",
    "indicated": r"\s+(?:that|it|he|she|they|to)|[,.]",
    "notes": r"\s+(?:that|with)",
    "claims": r"\s+(?:that|it|he|she|they|to|the)|[,.]|\s*\x01",
    "demands": r"\s+(?:that|the|an|a|to)",
    "answered": r"[,:.]?\s*\x01|\s+(?:that|a|the|questions)|[.,]",
    "observed": r"\s+that|[,:.]?\s*\x01|[,.]",
    "maintained": r"\s+(?:that|it|he|she|they|its)",
    "maintains": r"\s+(?:that|it|he|she|they|its)",
    "writes": r"[,:.]?\s*\x01|\s+that|[,.]",
    "writing": r"\s+(?:on|that|in)",
    "cried": r"[,:.]?\s*\x01|[,.]",
    "proposed": r"\s+(?:that|to|an?|the)",
    "signalled": r"\s+(?:that|to|it|its)",
    "signaled": r"\s+(?:that|to|it|its)",
    "confirmed": r"\s+(?!cases?\b|deaths?\b)",
    "dismissed": r"\s+(?!from\b)",
    "observes": r"\s+that",
}
"""Verbs that count only where this follows them."""

ROLES = _words(
    "adviser advisers advisor advisors activist activists admiral aide aides ambassador ambassadors analyst analysts "
    "army assembly attache "
    "authorities bishop board bureau cabinet campaigners candidate captain cardinal chair chairman chairperson "
    "chairwoman chancellor charity chief "
    "colonel command commander commanders commission commissioner committee commentators congressman congresswoman "
    "consul coordinator correspondent "
    "council councillor court critics delegate delegates delegation department deputy diplomat diplomats director "
    "economist editor "
    "embassy emir employee envoy envoys expert experts families father foundation general governor government governments "
    "group groups head heads "
    "historian imam inspector inspectors institute investigators journalist journalists judge judges king lawmaker "
    "lawmakers lawyer lawyers leader leaders "
    "leadership legislator lieutenant major manager mayor mediator mediators member members military minister ministers "
    "ministry mission monarch monitors mother "
    "moderator movement negotiator negotiators neighbour neighbours observers observer officer officers official "
    "officials opposition organisation organization panel "
    "parliament parliamentarian party patriarch police policeman pope prefect premier presidency president presidents "
    "priest prince princess principal professor prosecutor "
    "prosecutors protester protesters queen rapporteur rebels reporter reporters representative representatives "
    "researcher researchers resident residents "
    "scholar secretariat secretary senator senators sergeant sheikh soldier soldiers source sources speaker spokesman "
    "spokesmen spokesperson spokespersons spokespeople "
    "spokeswoman statement staff student students sultan supporters survivor survivors teacher troops undersecretary "
    "union veteran veterans vice-president "
    "victims villager villagers volunteer volunteers widow witness witnesses worker workers team watchdog agency "
    "alliance bloc campaign coalition company "
    "faction militia militants militant regime regulator administration communique communiqué report records documents "
    "document letter newspaper lobby "
    "navy force forces junta guard office palace chargé counterpart counterparts academic academics relatives fishermen "
    "skipper parents lawyer organisers organizers"
)
"""Nouns for people and bodies that speak."""

BODY_ROLES = _words(
    "army assembly authorities board bureau cabinet charity command commission committee council court delegation department embassy",
    "foundation government governments group groups institute leadership military ministry mission movement opposition organisation",
    "organization panel parliament party police presidency secretariat staff statement team union watchdog agency alliance bloc",
    "campaign coalition company faction militia militants regime regulator administration communique communiqué report records",
    "documents document letter newspaper lobby navy force forces junta office palace guard rebels",
)
"""Those of the nouns above that are no single person."""

TITLES = _words(
    "mr mrs ms miss dr prof professor sir dame lord lady hon h.e madam madame president vice-president vice prime "
    "minister premier chancellor secretary "
    "secretary-general undersecretary under-secretary-general general foreign defence defense interior finance "
    "trade deputy assistant acting ambassador representative "
    "envoy special permanent high commissioner senator sen rep reps congressman congresswoman governor gov mayor "
    "king queen prince princess emir "
    "sultan pope cardinal archbishop bishop patriarch imam ayatollah sheikh rabbi rev father col colonel gen maj "
    "major lt lieutenant capt captain adm "
    "admiral vice rear brig brigadier sgt sergeant marshal cmdr commander chief judge justice speaker spokesman "
    "spokeswoman spokesperson director director-general "
    "chairman chairwoman chairperson chair coordinator rapporteur head leader of state affairs for international "
    "attorney treasury chargé d'affaires consul "
    "former ex-president ex-minister counsellor adviser advisor national security press lord supreme army navy "
    "air politburo party opposition"
)
"""Words that stand before a name and are no part of it."""

BODIES = _words(
    "watch council ministry union nations department house office army party group bank court embassy agency force "
    "forces commission committee organization "
    "organisation states kingdom republic league alliance international press news times front movement authority "
    "navy guard corps command parliament congress "
    "senate kremlin secretariat mission foundation institute university emirates federation association society "
    "network center centre fund assembly bureau "
    "service company post journal herald telegraph tribune gazette agency radio television tv board chamber cabinet "
    "government administration police military "
    "brigade brigades resistance territories islands arabia korea zealand africa lanka faso leone verde rica salvador "
    "lucia coast africa sudan ocean "
    "sea gulf strait pact treaty initiative conference summit forum trust campaign amnesty initiative coalition"
)
"""Words that make a run of capitals a body, not a person."""

FEMALE = _words("mrs ms miss madam madame lady dame queen princess spokeswoman congresswoman chairwoman she her")
MALE = _words("mr sir lord king prince spokesman congressman chairman pope father imam bishop he his")

FUNCTION = _words(
    "the a an this that these those there here it its he she they his her their we our i my you your one some many "
    "most all no any each every both either neither "
    "and but or yet so nor if when while as since because although though after before until once where who what "
    "which how why whether in on at by for from to with "
    "without of about over under into amid among between despite during following against according also then now "
    "later earlier still however meanwhile instead "
    "moreover nevertheless nonetheless furthermore therefore thus hence indeed perhaps maybe yes not never nothing "
    "everyone nobody somebody someone everything "
    "monday tuesday wednesday thursday friday saturday sunday january february march april may june july august "
    "september october november december "
    "yesterday today tomorrow last next first second third asked speaking talking writing addressing responding "
    "replying commenting earlier such another other others "
    "only even just more less few several two three four five six seven eight nine ten"
)
"""Words that are no name where they are capitalised at the start of a sentence."""

NAMESAKES = _words(
    "jordan chad georgia monaco israel paris sydney florence austin carolina india kenya china washington london",
    "holland ireland england france",
    "lincoln berlin madison victoria dakota cuba roman vienna milan kingston nelson wellington stanley hamilton",
    "santiago salvador martin malta cyprus",
    "jamaica brazil denmark german britain francis romania valentina lourdes troy york dallas mali sofia alexandria rio lima",
)
"""Names of states and capitals that people are also called by."""

OFFICE = _words(
    "president prime minister foreign defence defense ministry ministers government parliament ambassador embassy",
    "envoy army navy state secretary",
    "deputy vice and or the in on of for to from with after as while national security police authority government’s",
    "forces air war border council",
    "committee union monday tuesday wednesday thursday friday saturday sunday",
)
"""Words that may follow the name of a state without making it a person's."""

QUALIFIERS = _words(
    "neighbouring neighboring southern northern eastern western central north south east west in on at for from",
    "with against to and but while when after",
    "before as if the a an of by both only since during despite like unlike between among ally mandatory modern",
    "today's even why how where what that whether",
    "although though because until meanwhile later yesterday earlier mr mrs president minister king queen ambassador",
    "pro anti non ex former greater",
    "says said told urges warns accuses tells asks blames thanks condemns versus vs via amid over into inside outside",
    "near around across toward towards",
)
"""Words that may stand, capitalised, before the name of a state without making it a person's."""

OTHER_THINGS = tuple(
    name
    for line in (
        "Washington Post|Washington Times|Washington Examiner|Washington State|Moscow Times|Jerusalem Post|Kyiv Post",
        "Kyiv Independent|Tehran Times|Japan Times|Times of Israel|Times of India|China Daily|Korea Herald|Korea Times",
        "Irish Times|Paris Agreement|Paris Accord|Paris Accords|Paris Club|Paris Climate|Vienna Convention|Vienna Conventions",
        "Warsaw Pact|Minsk Agreement|Minsk Agreements|Minsk Protocol|Oslo Accords|Oslo Accord|Helsinki Accords",
        "Helsinki Final Act|Rome Statute|Budapest Memorandum|Rome Treaty|Treaty of Rome|Treaty of Lisbon|Lisbon Treaty",
        "Algiers Accords|Doha Round|Air France|Bank of England|Bank of America|Panama Papers|guinea pig|guinea pigs",
        "Georgia Tech|Georgia State|Jordan River|River Jordan|Jordan Valley|National Security Council",
        "National Security Advisor|National Security Adviser|Dominican friar|Dominican order|Swiss cheese|French fries",
        "Monroe Doctrine|Stockholm syndrome|South China Morning Post|South China Sea|East China Sea|Sea of Japan|Indian Ocean",
        "Gulf of Mexico|English language|Persian Gulf|Bay of Bengal|Miss Universe|Russian roulette|West Bank",
    )
    for name in line.split("|")
)
"""Things whose names contain that of a state or body, and are neither."""

PARTICLES = _words("al el bin bint ben ibn abu van von der den de del della di da dos du la le ten ter zu af av")
"""Small words inside names."""

NOT_FINITE = _words(
    "united unnamed allied armed detained displaced senior-ranked retired elected so-called exiled jailed appointed "
    "combined besieged wounded injured occupied disputed sacred bereaved ousted deposed sacked named red"
)
"""Words that end in -ed and are adjectives before a noun."""

JOINS = _words(
    "the a an of for and to its his her senior foreign former deputy prime defence defense state top chief opposition "
    "government regional national"
)
"""Words between the names and roles of a noun phrase."""
